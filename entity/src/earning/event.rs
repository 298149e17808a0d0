//! Something a member did besides buying.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::amount::Points;
use crate::ids::{EntryId, EventId, MemberId, PartnerId, ProgrammeId, WalletId};
use crate::purchases::purchase::Granted;

/// What rules gave for an event, in the order in which they were asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Grants(pub Vec<Granted>);

/// Immutable.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EventId,
    pub type_code: String,
    pub member_id: MemberId,
    pub wallet_id: WalletId,
    /// Who reported it; none is an operator.
    pub partner_id: Option<PartnerId>,
    pub attributes: Json,
    pub entry_id: EntryId,
    pub points: Points,
    pub granted: Grants,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! A card number that names a member at the till.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{CardId, MemberId, ProgrammeId};

/// `(programme_id, number)` is unique, blocked cards included: a number never changes hands.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "card")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CardId,
    pub programme_id: ProgrammeId,
    pub member_id: MemberId,
    pub number: String,
    /// Set when lost or stolen: it names nobody any more.
    pub blocked_at: Option<DateTime<Utc>>,
    pub linked_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! A partner's own customer number for a member.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{MemberId, PartnerId, ProgrammeId};

/// One member per partner and reference.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_reference")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: PartnerId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub reference: String,
    pub member_id: MemberId,
    pub linked_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

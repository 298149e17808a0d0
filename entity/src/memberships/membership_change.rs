//! One change of a membership.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use super::membership::MembershipStatus;
use crate::day::Day;
use crate::ids::{MembershipId, ProgrammeId};

/// How the membership was from its `version` on. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub membership_id: MembershipId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    pub status: MembershipStatus,
    pub period_from: Day,
    pub period_to: Day,
    pub at: DateTime<Utc>,
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}

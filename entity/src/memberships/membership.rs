//! A member's paid membership in one plan.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{MemberId, MembershipId, MembershipPlanId, PartnerId, ProgrammeId};
use crate::text_enum::text_enum;

text_enum! {
    /// Where a paid membership stands.
    MembershipStatus {
        /// It is paid for and brings what its plan says.
        Active "ACTIVE",
        /// It isn't to be renewed, and brings all that to the end of its period.
        Cancelled "CANCELLED",
        /// Its period is over.
        Lapsed "LAPSED",
        /// Its money went back, and it ended at once.
        Refunded "REFUNDED",
    }
}

/// `(programme_id, member_id, plan_id)` is unique: who pays again after the end takes it up again.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MembershipId,
    pub programme_id: ProgrammeId,
    pub member_id: MemberId,
    pub plan_id: MembershipPlanId,
    /// The partner that reported the last payment; none if an operator did.
    pub partner_id: Option<PartnerId>,
    pub status: MembershipStatus,
    /// The first day of what runs without a gap, and the last that is paid for.
    pub period_from: Day,
    pub period_to: Day,
    pub version: i32,
    pub started_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! Settlement cycles: one after the other, for the whole programme.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{OperatorId, ProgrammeId, SettlementCycleId};
use crate::text_enum::text_enum;

text_enum! {
    /// How far the settlement of a cycle has come.
    CycleStatus {
        /// It runs, or has ended and isn't calculated.
        Open "OPEN",
        /// Its statements are worked out, as drafts.
        Calculated "CALCULATED",
        /// An operator looks at them.
        InReview "IN_REVIEW",
        /// A second operator agreed: statements are issued, payments are due.
        Approved "APPROVED",
        /// All that was due is paid.
        Settled "SETTLED",
    }
}

/// A cycle owns what was recorded before `end_day` and followed up to `until_position`, and isn't an earlier
/// one's: what is followed later falls into the next cycle that is still open.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settlement_cycle")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub first_day: Day,
    pub id: SettlementCycleId,
    /// The first day after it.
    pub end_day: Day,
    /// The last fact that is in it: none while facts fall into it.
    pub until_position: Option<i64>,
    pub status: CycleStatus,
    /// How often it was calculated.
    pub calculation: i32,
    /// The hash of what was calculated last.
    pub digest: Option<String>,
    /// Who asked for a calculation that isn't done yet, and when.
    pub asked_by: Option<OperatorId>,
    pub asked_at: Option<DateTime<Utc>>,
    pub calculated_by: Option<OperatorId>,
    pub calculated_at: Option<DateTime<Utc>>,
    pub reviewed_by: Option<OperatorId>,
    pub reviewed_at: Option<DateTime<Utc>>,
    pub approved_by: Option<OperatorId>,
    pub approved_at: Option<DateTime<Utc>>,
    pub settled_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}

//! An operator's change of a balance, which above the programme's limit a second one approves.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{AdjustmentId, EntryId, MemberId, OperatorId, ProgrammeId};
use crate::text_enum::text_enum;

text_enum! {
    /// An adjustment's life.
    AdjustmentStatus {
        /// It waits for a second operator.
        Proposed "PROPOSED",
        /// It is in the books.
        Applied "APPLIED",
        /// A second operator said no.
        Rejected "REJECTED",
    }
}

/// `points` is signed: above zero gives, below takes.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "adjustment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AdjustmentId,
    pub programme_id: ProgrammeId,
    pub member_id: MemberId,
    pub points: i64,
    pub reason: String,
    pub status: AdjustmentStatus,
    pub proposed_by: OperatorId,
    pub proposed_at: DateTime<Utc>,
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<DateTime<Utc>>,
    pub entry_id: Option<EntryId>,
}

impl ActiveModelBehavior for ActiveModel {}

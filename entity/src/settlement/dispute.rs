//! What partners dispute on their statements.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use super::money_posting::LineKind;
use crate::day::Day;
use crate::ids::{DisputeId, OperatorId, PartnerId, ProgrammeId, SettlementStatementId};
use crate::text_enum::text_enum;

text_enum! {
    /// How a dispute stands.
    DisputeStatus {
        /// It waits for an operator.
        Open "OPEN",
        /// The partner was right, wholly or in part: an adjustment says so.
        Accepted "ACCEPTED",
        /// It wasn't.
        Rejected "REJECTED",
        /// The partner took it back.
        Withdrawn "WITHDRAWN",
    }
}

/// About a line of a statement, or named entries of it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dispute")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DisputeId,
    pub partner_id: PartnerId,
    pub statement_id: SettlementStatementId,
    /// The first day of the statement's cycle.
    pub cycle: Day,
    pub line: LineKind,
    /// By how much the line is wrong to the partner's cost, in minor units.
    pub amount_minor: i64,
    pub reason: String,
    pub evidence: Option<String>,
    pub status: DisputeStatus,
    /// Who raised it, as in the audit trail.
    pub raised_by: String,
    pub raised_at: DateTime<Utc>,
    /// How much of it was accepted.
    pub accepted_minor: Option<i64>,
    pub resolution: Option<String>,
    pub resolved_by: Option<OperatorId>,
    pub resolved_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}

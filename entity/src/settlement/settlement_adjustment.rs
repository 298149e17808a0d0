//! What corrects partners' accounts, on the statement of a cycle that is still open.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use super::money_posting::LineKind;
use crate::day::Day;
use crate::ids::{DisputeId, OperatorId, PartnerId, ProgrammeId, SettlementAdjustmentId};

/// Never changed. The other side is the programme's margin.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settlement_adjustment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SettlementAdjustmentId,
    pub partner_id: PartnerId,
    /// The first day of the cycle on whose statement it is.
    pub cycle: Day,
    /// `ADJUSTMENT` or `DISPUTE`.
    pub kind: LineKind,
    /// Above zero the partner owes more.
    pub amount_minor: i64,
    /// The first day of the cycle that it corrects.
    pub refers_to: Option<Day>,
    /// The line there.
    pub refers_to_line: Option<LineKind>,
    pub dispute_id: Option<DisputeId>,
    pub reason: String,
    pub made_by: OperatorId,
    pub made_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

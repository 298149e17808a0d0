//! Payouts that go to the bank in one file.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::Currency;
use crate::ids::{OperatorId, PayoutRunId, ProgrammeId, ProposalId};

/// All that its file says beside its payouts; nothing of it changes.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutRunId,
    pub payouts: i32,
    pub total_minor: i64,
    pub currency: Currency,
    /// Who pays, as the programme's settings said.
    pub debtor_name: String,
    pub debtor_iban: String,
    pub debtor_bic: Option<String>,
    /// The day on which the bank is to pay: `2026-03-02`.
    pub executes_on: String,
    pub made_by: OperatorId,
    pub made_at: DateTime<Utc>,
    /// What a second operator approved; none where one did it alone.
    pub proposal_id: Option<ProposalId>,
}

impl ActiveModelBehavior for ActiveModel {}

//! What one operator wishes and a second one decides.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{OperatorId, ProgrammeId, ProposalId};
use crate::text_enum::text_enum;

text_enum! {
    /// What a proposal is about.
    ProposalKind {
        /// The programme's settings change.
        AmendProgramme "AMEND_PROGRAMME",
        /// Members may sign in with accounts of an OpenID provider.
        RegisterIdentityProvider "REGISTER_IDENTITY_PROVIDER",
        /// Launch a campaign that gives much, or give it another budget.
        ChangeCampaign "CHANGE_CAMPAIGN",
        /// Cashback is paid out that comes to much.
        RunPayouts "RUN_PAYOUTS",
        /// A partner is paid elsewhere, or money is fetched from there.
        SetPartnerBankAccount "SET_PARTNER_BANK_ACCOUNT",
        /// A partner's account is corrected, on its next statement.
        AdjustSettlement "ADJUST_SETTLEMENT",
    }
}

text_enum! {
    /// A proposal's life.
    ProposalStatus {
        /// It waits for a second operator.
        Proposed "PROPOSED",
        /// A second operator said yes, and it is done.
        Applied "APPLIED",
        /// A second operator said no.
        Rejected "REJECTED",
    }
}

/// `wish` says what is wanted, in the form of its `kind`, and never changes.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "proposal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProposalId,
    pub programme_id: ProgrammeId,
    pub kind: ProposalKind,
    pub wish: Json,
    pub status: ProposalStatus,
    pub proposed_by: OperatorId,
    pub proposed_at: DateTime<Utc>,
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}

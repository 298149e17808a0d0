//! What happened to a claim, step by step, for the member to see. Never edited.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use super::reward_claim::ClaimStatus;
use crate::ids::{ProgrammeId, RewardClaimId};

/// Where the claim stood from a moment on.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reward_claim_step")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub claim_id: RewardClaimId,
    /// Counts the steps, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i32,
    pub status: ClaimStatus,
    /// Who did it, as in the audit trail.
    pub made_by: String,
    /// In the words of who did it.
    pub note: Option<String>,
    pub made_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

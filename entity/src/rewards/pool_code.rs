//! One code of a pool. Nobody can read it at rest, and nobody gets it twice.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{CodePoolId, ProgrammeId, RewardClaimId};

/// `(programme_id, code_hash)` is unique.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pool_code")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub pool_id: CodePoolId,
    /// What it is found by, as a voucher's.
    pub code_hash: Vec<u8>,
    /// Sealed under the master key.
    pub code_sealed: Vec<u8>,
    /// Who has got it.
    pub claim_id: Option<RewardClaimId>,
    pub added_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

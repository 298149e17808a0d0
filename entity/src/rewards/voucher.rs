//! What a member shows to have what it claimed: a code, which nobody can read at rest.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{PartnerId, ProgrammeId, RewardClaimId, VoucherId};

/// One voucher. `(programme_id, code_hash)` is unique.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "voucher")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VoucherId,
    pub claim_id: RewardClaimId,
    /// Where it is taken; wherever points are if nothing is said.
    pub partner_id: Option<PartnerId>,
    /// What the code is found by: its HMAC-SHA-256 under a key that is derived from the master key.
    pub code_hash: Vec<u8>,
    /// The code, sealed under the master key.
    pub code_sealed: Vec<u8>,
    /// The pool's code that it is; drawn for the claim if none.
    pub pool_code_id: Option<Uuid>,
    /// How often it can be used.
    pub uses_max: i32,
    /// How often it was, or is about to be.
    pub uses: i32,
    pub expires_at: Option<DateTime<Utc>>,
    pub issued_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! Money that one part of a purchase gave back: the lot of cashback.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::amount::BasisPoints;
use crate::ids::{PartnerId, ProgrammeId, PurchaseId, WalletId};

/// Who pays for an accrual: parts that sum to 10,000.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Shares(pub Vec<Share>);

/// One funder's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// `None` is the programme itself.
    pub partner: Option<PartnerId>,
    /// Its part of the whole.
    pub share_bp: BasisPoints,
}

/// `amount = ⌊basis × bp / 10,000⌋`; `remaining` is the same of what hasn't come back of the basis.
/// What is paid out stays counted here: only a return lowers it. `wallet_id` follows the money when
/// wallets are pooled.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accrual")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub purchase_id: PurchaseId,
    /// Counts what one purchase accrues under different rules, from 0: the partner's default.
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    pub wallet_id: WalletId,
    /// Where it was bought.
    pub partner_id: PartnerId,
    pub shares: Shares,
    /// What it was reckoned on, in minor units.
    pub basis_minor: i64,
    /// The rate in force at the time.
    pub bp: BasisPoints,
    pub amount_minor: i64,
    pub remaining_minor: i64,
    /// Whether it waits for the return window to close.
    pub is_pending: bool,
    pub confirms_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

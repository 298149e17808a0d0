//! Points of one earning that share issuer, funding, prices and dates.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::amount::{BasisPoints, Points};
use crate::ids::{ContractId, EntryId, LotId, PartnerId, ProgrammeId, PurchaseId, WalletId};
use crate::partners::contract::Funding;

/// Who pays for a lot, and how. The prices are those of the day it was earned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Terms {
    /// One share a funder, summing to 10,000; none where nobody is billed.
    pub shares: Vec<Share>,
}

/// One funder's part of a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// `None` is the programme itself.
    pub partner: Option<PartnerId>,
    /// The version of its contract that was in force.
    pub contract: Option<ContractId>,
    /// Its part of the whole lot.
    pub share_bp: BasisPoints,
    /// When it pays.
    pub funding: Funding,
    /// How much of its part is due at issue.
    pub issue_share_bp: BasisPoints,
    /// Micro-units of settlement currency a point.
    pub issue_price_micros: i64,
    /// The programme's fee on the value it issues.
    pub service_fee_bp: BasisPoints,
}

/// `quantity = remaining + what allocations took, less what they gave back`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lot")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LotId,
    /// The entry that made it.
    pub entry_id: EntryId,
    pub purchase_id: Option<PurchaseId>,
    /// The lot it was moved from, in another wallet.
    pub origin_lot_id: Option<LotId>,
    /// `None` is the programme itself.
    pub issuer_id: Option<PartnerId>,
    /// Which part of its purchase's points, counted from 0: the parts differ in who pays.
    pub part: i32,
    pub quantity: Points,
    pub remaining: Points,
    /// How much of it has expired.
    pub expired: Points,
    pub is_pending: bool,
    pub earned_at: DateTime<Utc>,
    pub available_at: DateTime<Utc>,
    /// `None` under expiry by inactivity, which the wallet keeps.
    pub expires_at: Option<DateTime<Utc>>,
    pub terms: Terms,
}

impl ActiveModelBehavior for ActiveModel {}

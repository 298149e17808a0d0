//! The cashback of a wallet: what its postings come to, account by account.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{ProgrammeId, WalletId};

/// Made by a wallet's first accrual, under that wallet's id. Each balance is at least zero; `owed` is
/// the negative of its account.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cashback_wallet")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WalletId,
    pub pending: i64,
    pub available: i64,
    pub in_payout: i64,
    pub paid: i64,
    pub converted: i64,
    pub owed: i64,
    /// The number of the wallet's last entry.
    pub seq: i64,
    /// When an accrual is next confirmed.
    pub next_due_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}

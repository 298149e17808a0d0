//! What the archived entries of a wallet add up to: its balances are these and the postings kept.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{ProgrammeId, WalletId};

/// One a wallet with archived history.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "opening")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    /// How many entries went.
    pub entries: i64,
    /// How many of these earned for a receipt.
    pub receipts: i64,
    pub available: i64,
    pub pending: i64,
    pub held: i64,
    /// As the wallet keeps it: what was owed.
    pub debt: i64,
    /// Of what was recorded from then on, nothing went.
    pub complete_since: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

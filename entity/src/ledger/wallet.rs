//! What holds a member's points, or a household's. The only row with a balance.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::Points;
use crate::ids::{ProgrammeId, WalletId};

/// Balances are the sums of the wallet's postings, each at least zero.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wallet")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WalletId,
    pub available: Points,
    pub pending: Points,
    pub held: Points,
    /// What the member owes.
    pub debt: Points,
    /// The number of the wallet's last entry.
    pub seq: i64,
    /// The last time that it earned or spent; expiry by inactivity counts from here.
    pub last_active_at: DateTime<Utc>,
    /// When something next matures, expires or lapses.
    pub next_due_at: Option<DateTime<Utc>>,
    /// The wallet that its points were pooled into; it holds nothing any more.
    pub successor_id: Option<WalletId>,
    pub opened_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

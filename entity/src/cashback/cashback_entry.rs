//! One immutable event of a cashback wallet.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{CashbackEntryId, PartnerId, PayoutId, ProgrammeId, PurchaseId, WalletId};
use crate::text_enum::text_enum;

text_enum! {
    /// What happened in a cashback wallet.
    CashbackKind {
        /// A purchase gave money back, pending.
        Accrued "ACCRUED",
        /// The return window closed: pending money became available.
        Confirmed "CONFIRMED",
        /// Goods came back, and what they had given back went with them.
        Returned "RETURNED",
        /// Money was asked for and set aside.
        Requested "REQUESTED",
        /// The request was taken back before it ran.
        Cancelled "CANCELLED",
        /// The bank confirmed the payment.
        Paid "PAID",
        /// The payment didn't arrive, or came back: the money is in the wallet again.
        Failed "FAILED",
        /// Money became points, as the member asked.
        Converted "CONVERTED",
        /// All money went into a household's wallet.
        PooledOut "POOLED_OUT",
        /// A member who joined the household brought this.
        PooledIn "POOLED_IN",
    }
}

/// Numbered within its wallet, with the balances as they were after it. Each is a fact in the outbox.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cashback_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CashbackEntryId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    pub seq: i64,
    pub kind: CashbackKind,
    /// How much it is about, in minor units.
    pub amount_minor: i64,
    pub partner_id: Option<PartnerId>,
    pub purchase_id: Option<PurchaseId>,
    /// Which of the purchase's accruals.
    pub part: Option<i32>,
    pub payout_id: Option<PayoutId>,
    /// Why, as data.
    pub reason: Json,
    pub actor: String,
    pub origin: String,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub pending_after: i64,
    pub available_after: i64,
    pub in_payout_after: i64,
    pub paid_after: i64,
    pub converted_after: i64,
    pub owed_after: i64,
}

impl ActiveModelBehavior for ActiveModel {}

//! Money on its way to a member's bank account.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{MemberId, PayoutId, PayoutRunId, ProgrammeId, WalletId};
use crate::secret::SecretBytes;
use crate::text_enum::text_enum;

text_enum! {
    /// Where a payout stands.
    PayoutStatus {
        /// Asked for; the member can still take it back.
        Requested "REQUESTED",
        /// In a file for the bank.
        InRun "IN_RUN",
        /// Confirmed by the bank.
        Paid "PAID",
        /// Turned down by the bank, or come back: the money is in the wallet again.
        Failed "FAILED",
        /// Taken back by the member.
        Cancelled "CANCELLED",
    }
}

/// The bank account is as it was when the payout was asked for. `wallet_id` follows the money when
/// wallets are pooled.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutId,
    pub member_id: MemberId,
    pub wallet_id: WalletId,
    pub amount_minor: i64,
    pub status: PayoutStatus,
    /// Nonce and AES-256-GCM ciphertext of IBAN and holder, bound to programme, member and payout.
    pub sealed: SecretBytes,
    /// What may be shown of the account.
    pub masked: String,
    pub run_id: Option<PayoutRunId>,
    /// What the bank said, if it failed.
    pub failure: Option<String>,
    pub requested_at: DateTime<Utc>,
    /// When it was paid, failed or cancelled, whichever came last.
    pub closed_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}

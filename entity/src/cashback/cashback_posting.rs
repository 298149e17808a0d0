//! An amount of money above zero moved from one account to another.

use sea_orm::entity::prelude::*;

use crate::ids::{CashbackEntryId, ProgrammeId, WalletId};
use crate::text_enum::text_enum;

text_enum! {
    /// The kinds of cashback account. All but the last belong to wallets, the last to whoever funds.
    CashbackAccount {
        /// What waits for the return window to close.
        Pending "PENDING",
        /// What can be paid out or converted.
        Available "AVAILABLE",
        /// What was asked for and isn't confirmed as paid.
        InPayout "IN_PAYOUT",
        /// What was paid out.
        Paid "PAID",
        /// What became points.
        Converted "CONVERTED",
        /// What returns couldn't take back; its balance is at most zero.
        Owed "OWED",
        /// What a partner, or the programme, has given.
        Funded "FUNDED",
    }
}

/// One movement. `wallet_id` is its entry's wallet; the sides name their own owners.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cashback_posting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: CashbackEntryId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i32,
    pub from_account: CashbackAccount,
    /// A wallet's, partner's or programme's id.
    pub from_owner: Uuid,
    pub to_account: CashbackAccount,
    pub to_owner: Uuid,
    pub amount_minor: i64,
}

impl ActiveModelBehavior for ActiveModel {}

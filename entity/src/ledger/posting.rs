//! An amount above zero moved from one account to another: an unbalanced entry can't be written.

use sea_orm::entity::prelude::*;

use crate::amount::Points;
use crate::ids::{EntryId, ProgrammeId, WalletId};
use crate::text_enum::text_enum;

text_enum! {
    /// The kinds of account. The first four belong to wallets, two to partners, the rest to the
    /// programme.
    Account {
        /// A wallet's points that can be spent.
        Available "AVAILABLE",
        /// A wallet's points that wait for the return window to close.
        Pending "PENDING",
        /// A wallet's points set aside for a payment.
        Held "HELD",
        /// What a wallet's member owes; its balance is at most zero.
        Debt "DEBT",
        /// What a partner has issued.
        Issued "ISSUED",
        /// What members have spent at a partner.
        Accepted "ACCEPTED",
        /// What has expired.
        Expired "EXPIRED",
        /// What operators have added or taken.
        Adjusted "ADJUSTED",
    }
}

/// One movement. `wallet_id` is its entry's wallet; the sides name their own owners.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "posting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: EntryId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i32,
    pub from_account: Account,
    /// A wallet's, partner's or programme's id.
    pub from_owner: Uuid,
    pub to_account: Account,
    pub to_owner: Uuid,
    pub points: Points,
}

impl ActiveModelBehavior for ActiveModel {}

//! Facts that are committed and not yet in the sequence.
//!
//! Neither a serial nor a transaction id gives an order that readers can trust. Each fact carries
//! its stream's own number, given under that stream's lock; the sequencer moves facts from here to
//! `fact`, so a row that isn't seen yet simply waits for the next round and none can be skipped. A stream
//! belongs to its kind: the points and the cashback of one wallet are two, numbered apart.

use sea_orm::entity::prelude::*;

use crate::ids::ProgrammeId;
use crate::text_enum::text_enum;

text_enum! {
    /// What a fact is about.
    FactKind {
        /// A ledger entry; its stream is the wallet.
        Entry "ENTRY",
        /// A receipt kept without a member; its stream is the purchase.
        PurchaseKept "PURCHASE_KEPT",
        /// A cashback entry; its stream is the wallet.
        CashbackEntry "CASHBACK_ENTRY",
    }
}

/// One fact waiting for its position.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub stream_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub stream_seq: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: FactKind,
    pub subject_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}

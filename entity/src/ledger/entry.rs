//! One immutable ledger event: the fact, its reason and its audit row in one.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::Points;
use crate::ids::{EntryId, HoldId, PartnerId, ProgrammeId, PurchaseId, StoreId, WalletId};
use crate::text_enum::text_enum;

text_enum! {
    /// What happened.
    EntryKind {
        /// A purchase earned points.
        Earned "EARNED",
        /// Something else that a member did earned points.
        EventEarned "EVENT_EARNED",
        /// Goods came back and their points with them.
        Returned "RETURNED",
        /// Pending points became available.
        Matured "MATURED",
        /// Points were set aside.
        Held "HELD",
        /// A hold became a payment.
        Captured "CAPTURED",
        /// A hold was given back.
        Released "RELEASED",
        /// A hold ran out of time.
        Lapsed "LAPSED",
        /// Points paid at a partner, in one step.
        Paid "PAID",
        /// A payment was undone.
        Reversed "REVERSED",
        /// Points went to another wallet.
        TransferredOut "TRANSFERRED_OUT",
        /// Points came from another wallet.
        TransferredIn "TRANSFERRED_IN",
        /// The wallet was pooled into a household's.
        PooledOut "POOLED_OUT",
        /// A member's wallet was pooled into this one.
        PooledIn "POOLED_IN",
        /// Points expired.
        Expired "EXPIRED",
        /// An operator changed the balance.
        Adjusted "ADJUSTED",
        /// An operator let a debt go.
        WrittenOff "WRITTEN_OFF",
    }
}

text_enum! {
    /// Why something happened by itself.
    DueRule {
        /// The pending days after a purchase are over.
        ReturnWindowClosed "RETURN_WINDOW_CLOSED",
        /// The lot's expiry date has come.
        ExpiryDate "EXPIRY_DATE",
        /// The wallet was inactive for the programme's months.
        Inactivity "INACTIVITY",
        /// The hold wasn't captured in time.
        HoldTimeOver "HOLD_TIME_OVER",
    }
}

/// `(programme_id, wallet_id, seq)` is unique and gapless.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EntryId,
    pub seq: i64,
    pub kind: EntryKind,
    /// How many points it is about; 0 where a purchase earned none.
    pub points: Points,
    pub partner_id: Option<PartnerId>,
    pub store_id: Option<StoreId>,
    pub purchase_id: Option<PurchaseId>,
    pub hold_id: Option<HoldId>,
    /// The payment that a reversal undoes, or the other side of a transfer.
    pub related_entry_id: Option<EntryId>,
    /// The other wallet of a transfer or pooling.
    pub related_wallet_id: Option<WalletId>,
    /// When it happened at the till.
    pub occurred_at: DateTime<Utc>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Who did it, as in the audit trail.
    pub actor: String,
    /// The request's id.
    pub origin: String,
    /// Why: rates, lines and rounding, as `service::ledger::Reason` writes it.
    pub reason: Json,
    /// The wallet's balances once it had happened.
    pub available_after: Points,
    pub pending_after: Points,
    pub held_after: Points,
    pub debt_after: Points,
}

impl ActiveModelBehavior for ActiveModel {}

//! Receipts: recorded alone or by the hundred, quoted, returned, claimed, read.
//!
//! A receipt's natural key is its partner and number within the partner's scope. Sent again with
//! the same content it answers as the first time; with other content it is refused.

mod claim;
mod earn;
mod quote;
mod read;
pub(crate) mod record;
pub(crate) mod returns;
mod rules;
mod store;

use chrono::{DateTime, Utc};
use entity::amount::{Currency, Points};
use entity::ids::{EntryId, PartnerId};
use entity::purchases::purchase::{self, Channel, Line};
use std::sync::Arc;

pub use self::claim::{Claim, Claimed};
pub use self::quote::Quote;
pub use self::read::{PurchaseRef, Purchases as Filter};
pub use self::returns::{Return, Returned, WishedLine};

pub(crate) use self::record::{Answer, Receipts};
pub(crate) use self::returns::TakeBack;
pub(crate) use self::rules::scope as receipt_scope;
pub(crate) use self::store::{ReceiptName, known_receipts};

use crate::clock::Clock;
use crate::coupons::CouponRef;
use crate::db::Db;
use crate::earning::ask::Ask;
use crate::ledger::Ledger;
use crate::members::MemberRef;
use crate::writes::Writes;

/// The most receipts in one batch.
pub const BATCH_MAX: usize = 500;

/// The use cases.
pub struct Purchases {
    db: Db,
    clock: Clock,
    ask: Ask,
    ledger: Arc<Ledger>,
    writes: Arc<Writes>,
}

/// A receipt as a till sends it.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Whose till.
    pub partner: PartnerId,
    /// Which of its stores, by the partner's own code; needed unless its numbers are unique in the
    /// whole partner.
    pub store_code: Option<String>,
    /// The number that the till printed.
    pub receipt_number: String,
    /// Who bought, if the till knows. An unknown card is kept for a later claim.
    pub member: Option<MemberRef>,
    /// Where it was sold.
    pub channel: Channel,
    /// When it was sold.
    pub occurred_at: DateTime<Utc>,
    /// Of all amounts: the programme's settlement currency.
    pub currency: Currency,
    /// What was paid, in minor units.
    pub total_minor: i64,
    /// What was bought, net amounts that add up to the total.
    pub lines: Vec<Line>,
    /// The coupons that the buyer had, at most ten.
    pub coupons: Vec<CouponRef>,
    /// What they took off each line besides, in minor units, before the amount that was paid; empty where that
    /// is nothing.
    pub coupon_minor: Vec<i64>,
}

impl Receipt {
    /// The lines at the prices before coupons.
    pub(crate) fn before_coupons(&self) -> Vec<Line> {
        let off = self.coupon_minor.iter().copied().chain(std::iter::repeat(0));
        let lines = self.lines.iter().cloned().zip(off);
        lines.map(|(line, off)| Line { amount_minor: line.amount_minor + off, ..line }).collect()
    }
}

/// When a receipt counts as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Now.
    Live,
    /// When it occurred: history that an operator brings in, in the order of time. What was due
    /// before a batch (points that matured, expired) is settled first, in all wallets.
    Backfill,
}

/// What recording did.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The receipt.
    pub purchase: purchase::Model,
    /// The ledger's entry; none while the receipt has no member.
    pub entry: Option<EntryId>,
    /// Points that it earned; none yet while it has no member.
    pub points: Points,
    /// Whether it had been recorded before.
    pub is_replay: bool,
}

impl Purchases {
    /// The use cases over this database.
    pub(crate) fn new(
        db: Db,
        clock: Clock,
        ask: Ask,
        ledger: Arc<Ledger>,
        writes: Arc<Writes>,
    ) -> Self {
        Self { db, clock, ask, ledger, writes }
    }
}

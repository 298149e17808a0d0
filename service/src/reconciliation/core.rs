//! A partner's record read, and compared with the books. Pure: what the books hold comes in.
//!
//! **What is one thing.** A sale is its receipt, by number within the partner's receipt scope, whenever it is
//! said to have happened. A return is one of its receipt's returns: those of one receipt are paired with
//! the record's, first where moment and amount agree, then where the amount does, then in order of time among
//! those of the period. A payment is what the line's `payment` names: the idempotency key that it was made
//! under, in one step or by a capture; else the id that Florin answered with; else the partner's own
//! reference, if exactly one payment of the period bears it.
//!
//! **What is in the books** is what they hold now: a receipt's points are those that it has earned, 0 while it
//! waits for its buyer, returns not taken off; a payment that was undone has 0 points, and isn't missing
//! from a record that leaves it out.

mod cells;
mod compare;
#[cfg(test)]
mod properties;
mod record;
#[cfg(test)]
mod tests;
mod totals;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use entity::amount::{Currency, Points};
use entity::ids::{EntryId, PurchaseId, ReturnId, StoreId};
use entity::partners::partner::ReceiptScope;
use entity::reconciliation::reconciliation_item::{ReconciliationKind, ReconciliationOutcome};

pub(super) use self::compare::compare;
pub(super) use self::record::{LINES_MAX, read};
pub(super) use self::totals::totals;

use crate::purchases::ReceiptName;
use crate::refusal::{Code, Refusal};

/// The longest period, in days: a quarter.
const PERIOD_DAYS_MAX: i64 = 92;

/// A part of time: from a moment, until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

impl Period {
    /// One that can be compared: it is over, and no longer than a quarter.
    pub(super) fn past(
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let wrong = |message: String, at: &str| {
            Err(Refusal::new(Code::PeriodInvalid).because(message).at(at))
        };
        if until <= from {
            return wrong(format!("The period would end at {until:?}, before it begins."), "until");
        }
        if until > now {
            return wrong(format!("The period isn't over at {until:?}; it is {now:?}."), "until");
        }
        if until - from > TimeDelta::days(PERIOD_DAYS_MAX) {
            return wrong(format!("A period lasts at most {PERIOD_DAYS_MAX} days."), "from");
        }
        Ok(Self { from, until })
    }

    pub(super) fn contains(self, at: DateTime<Utc>) -> bool {
        (self.from..self.until).contains(&at)
    }
}

/// What a record's lines have to fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) period: Period,
    pub(super) scope: ReceiptScope,
    pub(super) currency: Currency,
}

/// One line of a record, each column as it is to be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins in the file; the header is at 1.
    pub(super) number: i32,
    pub(super) kind: ReconciliationKind,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) receipt_number: Option<String>,
    pub(super) store_code: Option<String>,
    /// The day of the sale that goods are returned of.
    pub(super) sold_on: Option<NaiveDate>,
    pub(super) payment: Option<String>,
    pub(super) amount_minor: Option<i64>,
    pub(super) points: Option<Points>,
    pub(super) card_number: Option<String>,
    pub(super) customer_number: Option<String>,
}

impl Line {
    /// A moment of the day of its receipt: the sale's, or that of the sale that goods are returned of.
    pub(super) fn sold_at(&self, zone: Tz) -> DateTime<Utc> {
        let noon = self.sold_on.and_then(|day| day.and_hms_opt(12, 0, 0));
        let noon = noon.and_then(|noon| zone.from_local_datetime(&noon).earliest());
        noon.map_or(self.occurred_at, |noon| noon.with_timezone(&Utc))
    }
}

/// A line with what its receipt is known by, if it is about one.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) line: Line,
    pub(super) receipt: Option<ReceiptName>,
}

/// What the books know of what a record names, and of its period.
#[derive(Clone, Debug, Default)]
pub(super) struct Books {
    pub(super) receipts: HashMap<ReceiptName, PurchaseId>,
    /// Payments by the idempotency key that they were made under.
    pub(super) keys: HashMap<String, EntryId>,
    pub(super) sales: BTreeMap<PurchaseId, Here>,
    pub(super) returns: BTreeMap<ReturnId, Here>,
    pub(super) payments: BTreeMap<EntryId, Here>,
}

/// One thing in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Here {
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) receipt_number: Option<String>,
    pub(super) store: Option<StoreId>,
    /// The partner's own reference of a payment.
    pub(super) reference: Option<String>,
    pub(super) amount_minor: Option<i64>,
    pub(super) points: Points,
    pub(super) purchase: Option<PurchaseId>,
    pub(super) purchase_return: Option<ReturnId>,
    pub(super) entry: Option<EntryId>,
}

impl Here {
    pub(super) fn kind(&self) -> ReconciliationKind {
        match (self.purchase, self.purchase_return) {
            (None, _) => ReconciliationKind::Payment,
            (Some(_), None) => ReconciliationKind::Sale,
            (Some(_), Some(_)) => ReconciliationKind::Return,
        }
    }
}

/// How record and books agree on one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: ReconciliationKind,
    pub(super) outcome: ReconciliationOutcome,
    pub(super) line: Option<Line>,
    /// The earlier line that is about the same.
    pub(super) repeats: Option<i32>,
    pub(super) here: Option<Here>,
}

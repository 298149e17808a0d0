//! Cohorts: the points that an issuer gave in a month, and what became of them, day by day. Pure.
//!
//! A lot that moves to another wallet keeps its issuer and when it was earned, and so its cohort: what is moved
//! changes none. Nor does a hold, until it is captured; what it has taken is still out. What is recorded on a
//! day stays that day's, whenever it happened: a day that is over is never told otherwise later.

use std::collections::BTreeMap;

use chrono::Datelike;
use chrono_tz::Tz;
use entity::day::Day;
use entity::ids::PartnerId;
use entity::ledger::allocation::AllocationKind;
use entity::ledger::entry::EntryKind;
use entity::ledger::lot;

use super::happened::Happened;
use super::money::Price;
use super::sides::due_for;
use crate::refusal::{Code, Refusal};

/// Points that an issuer gave in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cohort {
    /// The first day of the month in which they were earned.
    pub month: Day,
    /// Who gave them; none where it is the programme itself.
    pub issuer: Option<PartnerId>,
}

/// What became of points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// How many were given.
    pub issued: i64,
    /// Burned.
    pub burned: i64,
    /// Of these, what was undone.
    pub restored: i64,
    /// Expired.
    pub expired: i64,
    /// Taken because goods came back.
    pub returned: i64,
    /// Taken to fill what a wallet owed.
    pub filled: i64,
    /// Taken by an operator.
    pub adjusted: i64,
}

/// Who pays when points are burned, and how much a point; nobody is the programme itself.
pub(crate) type Payer = (Option<PartnerId>, Price);

/// What happened to cohorts, by day.
#[derive(Debug)]
pub(crate) struct Cohorts {
    zone: Tz,
    /// What became of their points.
    pub(crate) days: BTreeMap<(Cohort, Day), Flow>,
    /// How many more are out, or fewer, for which something is due when they are burned.
    pub(crate) due: BTreeMap<(Cohort, Day, Payer), i64>,
}

impl Cohort {
    /// The one that a lot belongs to.
    pub(crate) fn of(lot: &lot::Model, zone: &Tz) -> Self {
        Self { month: month_of(Day::of(lot.earned_at, zone)), issuer: lot.issuer_id }
    }

    /// How many months after its own a day is. What is recorded before midnight of what happens after it is of
    /// its own month.
    pub(crate) fn age_on(&self, day: Day) -> i32 {
        (month_number(day) - month_number(self.month)).max(0)
    }
}

/// The first day of a day's month.
pub(crate) fn month_of(day: Day) -> Day {
    day.plus(1 - i32::try_from(day.date().day()).unwrap_or(1))
}

/// Months, counted: one later is one more.
pub(crate) fn month_number(day: Day) -> i32 {
    let date = day.date();
    date.year() * 12 + i32::try_from(date.month0()).unwrap_or(0)
}

impl Flow {
    /// How many points are still out.
    pub fn out(&self) -> i64 {
        self.issued - self.used() - self.expired - self.returned - self.adjusted
    }

    /// How many were used: burned and not undone, or taken to fill a debt, which is of points that were
    /// burned before.
    pub fn used(&self) -> i64 {
        self.burned - self.restored + self.filled
    }

    /// Both together.
    pub fn plus(&self, other: &Self) -> Result<Self, Refusal> {
        let sum = |one: i64, more: i64| one.checked_add(more).ok_or(Refusal::new(Code::Overflow));
        Ok(Self {
            issued: sum(self.issued, other.issued)?,
            burned: sum(self.burned, other.burned)?,
            restored: sum(self.restored, other.restored)?,
            expired: sum(self.expired, other.expired)?,
            returned: sum(self.returned, other.returned)?,
            filled: sum(self.filled, other.filled)?,
            adjusted: sum(self.adjusted, other.adjusted)?,
        })
    }
}

impl Cohorts {
    /// Of a programme in this time zone.
    pub(crate) fn new(zone: Tz) -> Self {
        Self { zone, days: BTreeMap::new(), due: BTreeMap::new() }
    }

    /// Goes on by an entry that was recorded on a day.
    pub(crate) fn follow(&mut self, happened: &Happened<'_>, day: Day) -> Result<(), Refusal> {
        self.issued(happened.made, day)?;
        for part in &happened.parts {
            let points = part.points.get();
            let Some(flow) = flow(happened, part.kind, points) else { continue };
            self.add(part.lot, day, &flow)?;
        }
        Ok(())
    }

    /// What making these lots changes.
    pub(crate) fn issued(&mut self, lots: &[lot::Model], day: Day) -> Result<(), Refusal> {
        for lot in lots {
            let flow = Flow { issued: lot.quantity.get(), ..Flow::default() };
            self.add(lot, day, &flow)?;
        }
        Ok(())
    }

    fn add(&mut self, lot: &lot::Model, day: Day, flow: &Flow) -> Result<(), Refusal> {
        let cohort = Cohort::of(lot, &self.zone);
        let sum = self.days.entry((cohort, day)).or_default();
        *sum = sum.plus(flow)?;
        for payer in due_for(&lot.terms) {
            let sum = self.due.entry((cohort, day, payer)).or_default();
            *sum = sum.checked_add(flow.out()).ok_or(Refusal::new(Code::Overflow))?;
        }
        Ok(())
    }
}

/// What a part of an entry in a lot is to the lot's cohort; none where it is nothing.
fn flow(happened: &Happened<'_>, kind: AllocationKind, points: i64) -> Option<Flow> {
    use AllocationKind::{Captured, GivenBack, Taken};
    let none = Flow::default();
    Some(match (happened.entry.kind, kind) {
        // Moved, or set aside.
        (EntryKind::Held | EntryKind::TransferredOut | EntryKind::PooledOut, _) => return None,
        (EntryKind::Paid, Taken) | (EntryKind::Captured, Captured) => {
            Flow { burned: points, ..none }
        }
        (EntryKind::Reversed, GivenBack) => Flow { restored: points, ..none },
        (EntryKind::Expired, Taken) => Flow { expired: points, ..none },
        (EntryKind::Returned, Taken) => Flow { returned: points, ..none },
        (EntryKind::Adjusted, Taken) if happened.made.is_empty() => {
            Flow { adjusted: points, ..none }
        }
        (_, Taken) => Flow { filled: points, ..none },
        // What a hold gives back had been out all the time.
        (_, GivenBack | Captured) => return None,
    })
}

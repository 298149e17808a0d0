//! Clearing and settlement: what each partner owes and is owed for a month, worked out from the ledger's
//! entries and from nothing else, and from the first one on, so that anybody who does it again comes to the
//! same.
//!
//! The programme is the counterparty of all: partners owe it and are owed by it, never each other. Which
//! month an entry belongs to is decided by when it was recorded, in the programme's time zone. This only
//! reads; it books nothing and pays nobody.

pub mod core;
mod replay;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use entity::amount::Currency;
use entity::ids::PartnerId;

use self::core::{Account, Accrual, Book, Exact, Happened, Matrix, Position, matrix, positions};
use self::replay::Replay;
use crate::actor::{Actor, Scope, Who};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ledger::expiry::to_utc;
use crate::programmes::Programmes;

/// A month of the programme's calendar: `2026-03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// Which year.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
}

impl Month {
    fn of(at: DateTime<Utc>, zone: Tz) -> Self {
        let day = at.with_timezone(&zone).date_naive();
        Self { year: day.year(), month: day.month() }
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A month's settlement.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Which month.
    pub month: Month,
    /// What the amounts are in.
    pub currency: Currency,
    /// Each partner's statement.
    pub positions: BTreeMap<PartnerId, Position>,
    /// Whose points were spent where.
    pub matrix: Matrix,
    /// What the programme's own accounts hold at the month's end.
    pub accounts: BTreeMap<Account, Exact>,
}

impl Settled {
    /// What partners owe and are owed, and what the programme holds: nothing together.
    pub fn is_balanced(&self) -> bool {
        Book { accounts: self.accounts.clone(), ..Book::default() }.sum().is_zero()
    }
}

/// The use cases.
pub struct Settlement {
    db: Db,
    programmes: Arc<Programmes>,
}

impl Settlement {
    /// The use cases over this database.
    pub(crate) fn new(db: Db, programmes: Arc<Programmes>) -> Self {
        Self { db, programmes }
    }

    /// Settles every month in which something was recorded, oldest first; what was recorded on `until` or
    /// later is left out. For operators, and for the command line: it reads all entries.
    pub async fn months(&self, actor: &Actor, until: Option<NaiveDate>) -> Result<Vec<Settled>> {
        let programme = match actor.who() {
            Who::System => actor.programme()?,
            _ => actor.operator(Scope::LedgerApprove)?.0,
        };
        let rules = self.programmes.rules(programme).await?;
        let until = until.map(|day| to_utc(day.and_time(NaiveTime::MIN), rules.zone));
        let tx = self.db.snapshot().await?;
        if replay::is_archived(&tx, programme).await? {
            let message = "Entries were archived; what they came to can't be worked out any more.";
            return Err(Error::bad_input("until", message));
        }
        let contracts = replay::contracts(&tx, programme).await?;
        let mut accrual = Accrual::new(&contracts);
        let mut months: BTreeMap<Month, Book> = BTreeMap::new();
        let mut replay = Replay::new(&tx, programme);
        while let Some(page) = replay.next().await? {
            let is_before =
                |own: &Happened<'_>| until.is_none_or(|until| own.entry.recorded_at < until);
            for happened in page.happened().filter(is_before) {
                let month = Month::of(happened.entry.recorded_at, rules.zone);
                accrual.book = months.remove(&month).unwrap_or_default();
                accrual.follow(&happened)?;
                months.insert(month, std::mem::take(&mut accrual.book));
            }
        }
        let mut accounts: BTreeMap<Account, Exact> = BTreeMap::new();
        let currency = rules.programme.currency;
        let settled = months.into_iter().map(|(month, book)| {
            for (account, change) in &book.accounts {
                let balance = accounts.entry(*account).or_default();
                *balance = [*balance, *change].into_iter().sum();
            }
            let positions = positions(&book, currency.minor_per_unit());
            Settled {
                month,
                currency,
                positions,
                matrix: matrix(&book),
                accounts: accounts.clone(),
            }
        });
        let settled = settled.collect();
        tx.commit(settled).await
    }
}

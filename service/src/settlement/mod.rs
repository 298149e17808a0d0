//! Clearing and settlement: what each partner owes and is owed, worked out from the ledger's entries and
//! from nothing else, so that anybody who does it again comes to the same.
//!
//! The programme is the counterparty of all: partners owe it and are owed by it, never each other. The money
//! books [`follow`] the sequence of facts. A cycle has what was recorded in its days; once it is closed, what
//! comes late falls into the next. Nothing here changes the ledger.

pub(crate) mod adjust;
mod ageing;
mod attribution;
mod banking;
mod calculate;
mod check;
mod check_cohorts;
mod check_statements;
mod cohorts;
pub mod core;
pub(crate) mod credit;
mod cycles;
mod disputes;
mod draft;
mod evidence;
mod export;
mod exposure;
mod fates;
mod files;
mod follow;
mod general_ledger;
mod liability;
mod open;
pub mod paper;
mod payments;
mod replay;
mod rows;
mod simulate;
mod statements;
mod taxes;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use entity::amount::Currency;
use entity::day::Day;
use entity::ids::PartnerId;
use entity::settlement::settlement_cycle;

pub use self::adjust::{Adjust, Adjusting};
pub use self::ageing::Age;
pub use self::banking::{Assign, Assigned, Decision, ImportStatement, Imported};
pub(crate) use self::check::unlike_the_ledger;
pub(crate) use self::check_statements::unlike_the_books;
pub use self::cohorts::Due as DueAtBurn;
use self::core::{Account, Book, Exact, Matrix, Position, matrix, positions, sum};
pub use self::cycles::Progress;
pub use self::disputes::{Raise, Raised, Resolution};
pub use self::evidence::Evidence;
pub use self::exposure::Exposure;
pub use self::general_ledger::GeneralLedger;
pub use self::liability::{Liability, Part};
pub(crate) use self::open::closed_until;
pub use self::payments::{Due, RecordPayment, RecordedPayment};
pub use self::simulate::SimulateContract;
pub use self::statements::{StatementFilter, content, owed_exactly};
pub use self::taxes::SetTaxRate;
use crate::actor::{Actor, Scope, Who};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::programmes::Programmes;

/// A cycle's settlement.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Which cycle.
    pub cycle: settlement_cycle::Model,
    /// What the amounts are in.
    pub currency: Currency,
    /// Each partner's statement.
    pub positions: BTreeMap<PartnerId, Position>,
    /// Whose points were spent where.
    pub matrix: Matrix,
    /// What the accounts hold at the cycle's end.
    pub accounts: BTreeMap<Account, Exact>,
    /// The hash of all its statements, issued or as they would be by now.
    pub digest: String,
}

impl Settled {
    /// What the cycle is called: `2026-03`, `2026-W10`.
    pub fn name(&self) -> String {
        cycle_name(&self.cycle)
    }

    /// What partners owe and are owed, and what the programme holds: nothing together.
    pub fn is_balanced(&self) -> bool {
        sum(&self.accounts).is_zero()
    }
}

/// The use cases.
pub struct Settlement {
    db: Db,
    clock: Clock,
    programmes: Arc<Programmes>,
}

impl Settlement {
    /// The use cases over this database.
    pub(crate) fn new(db: Db, clock: Clock, programmes: Arc<Programmes>) -> Self {
        Self { db, clock, programmes }
    }

    /// What each cycle comes to that ends by `until`, oldest first. For operators, and for the command line.
    pub async fn cycles_until(
        &self,
        actor: &Actor,
        until: Option<NaiveDate>,
    ) -> Result<Vec<Settled>> {
        let programme = match actor.who() {
            Who::System => actor.programme()?,
            _ => actor.operator(Scope::SettlementRead)?.0,
        };
        let rules = self.programmes.rules(programme).await?;
        let tx = self.db.snapshot().await?;
        let (mut settled, mut book) = (Vec::new(), Book::default());
        let mut chain = draft::issued(&tx, programme).await?;
        for cycle in rows::cycles(&tx, programme).await? {
            if until.is_some_and(|until| cycle.end_day > Day::from_date(until)) {
                break;
            }
            let digest = match (cycle.approved_at, &cycle.digest) {
                (Some(_), Some(digest)) => digest.clone(),
                _ => {
                    let drafts = draft::statements_after(&tx, &rules, &cycle, &chain).await?;
                    chain = draft::with(chain, &drafts);
                    draft::digest(&drafts)
                }
            };
            let day = cycle.first_day;
            let own = rows::book(tx.connection(), programme, (day, day)).await?;
            for (key, points) in &own.0 {
                book.add(*key, *points)?;
            }
            let currency = rules.programme.currency;
            settled.push(Settled {
                positions: positions(&own, currency.minor_per_unit())?,
                matrix: matrix(&own)?,
                accounts: book.accounts()?,
                cycle,
                currency,
                digest,
            });
        }
        tx.commit(settled).await
    }
}

/// What a cycle is called: a month `2026-03`, a week `2026-W10` (ISO 8601), and what lies between the two by
/// its first day and its last, `2026-05-01/2026-05-03`.
pub fn cycle_name(cycle: &settlement_cycle::Model) -> String {
    core::name(cycle.first_day, cycle.end_day)
}

fn not_for_members() -> Error {
    Error::Forbidden("only operators and partners see settlement".to_owned())
}

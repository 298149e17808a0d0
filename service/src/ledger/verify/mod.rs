//! The books, checked: the invariants of the ledger and of what stands beside it, recomputed from what was
//! written.
//!
//! Every check, nearly, is a statement that tells what it looked at and what of it is wrong, over one
//! unchanging state of the database. It changes nothing, asks no clock, and prints the same for the same
//! books.

mod activity;
mod budgets;
mod cashback;
mod claims;
mod counters;
mod coupons;
mod dialect;
mod entries;
mod lots;
mod memberships;
mod money;
mod names;
mod rewards;
mod seals;
mod statements;
mod tiers;
mod wallets;

use entity::ids::{EntryId, LotId, PartnerId, ProgrammeId, WalletId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use uuid::Uuid;

use self::dialect::Dialect;
use super::Ledger;
use crate::error::{Error, Result};
use crate::tx::Tx;

/// How many of what is wrong is named.
pub const NAMED_MAX: usize = 10;

/// One invariant and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What must hold.
    pub name: &'static str,
    /// How many were looked at.
    pub checked: i64,
    /// Of what.
    pub unit: &'static str,
    /// How many don't hold.
    pub faults: i64,
    /// The ids of the first of these, at most [`NAMED_MAX`].
    pub faulty: Vec<String>,
}

/// A programme's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Every invariant.
    pub checks: Vec<Check>,
}

impl Verdict {
    /// Whether all hold.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.faults == 0)
    }
}

impl Ledger {
    /// Checks a programme's books. For the command line and the tests: it reads everything.
    pub async fn verify(&self, programme: ProgrammeId) -> Result<Verdict> {
        let tx = self.db.snapshot().await?;
        if tx.backend() == DbBackend::Postgres {
            tx.connection().execute_unprepared("set local statement_timeout = 0").await?;
        }
        let mut checks = Vec::new();
        let dialect = Dialect::of(&tx, programme).await?;
        for invariant in invariants() {
            checks.push(invariant.check(&tx, programme, &dialect).await?);
        }
        checks.push(tiers::check(&tx, programme).await?);
        checks.extend(money::checks(&tx, programme).await?);
        checks.extend(statements::checks(&tx, programme).await?);
        tx.commit(Verdict { checks }).await
    }
}

fn invariants() -> impl Iterator<Item = &'static Invariant> {
    let ledger = wallets::INVARIANTS.iter().chain(&entries::INVARIANTS).chain(&lots::INVARIANTS);
    let ledger = ledger.chain(&names::INVARIANTS).chain(&seals::INVARIANTS);
    let ledger = ledger.chain(&activity::INVARIANTS).chain(&cashback::INVARIANTS);
    let rules = counters::INVARIANTS.iter().chain(&budgets::INVARIANTS);
    ledger
        .chain(rules)
        .chain(&tiers::INVARIANTS)
        .chain(&memberships::INVARIANTS)
        .chain(&rewards::INVARIANTS)
        .chain(&claims::INVARIANTS)
        .chain(&coupons::INVARIANTS)
        .chain(&money::INVARIANTS)
        .chain(&statements::INVARIANTS)
}

/// How what was looked at is named.
enum Named {
    /// By an id of this kind.
    Id(fn(Uuid) -> String),
    /// By the id of whose account it is, a partner or the programme itself.
    Owner,
    /// By a text that the statement makes.
    Text,
}

struct Invariant {
    name: &'static str,
    unit: &'static str,
    named: Named,
    /// Answers a row for each that was looked at: `id`, and `fault`, which is 1 if it is wrong and else 0.
    /// `$1` is the programme; what stands in braces, [`dialect`] tells.
    sql: &'static str,
}

impl Invariant {
    async fn check(&self, tx: &Tx, programme: ProgrammeId, dialect: &Dialect) -> Result<Check> {
        let sum =
            format!("select count(*), coalesce(sum(fault), 0) from ({}) as looked_at", self.sql);
        let rows = tx.connection().query_all_raw(dialect.statement(&sum)).await?;
        let row = rows.first().ok_or_else(|| Error::internal("a check answered nothing"))?;
        let (checked, faults) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let faulty =
            if faults == 0 { Vec::new() } else { self.faulty(tx, programme, dialect).await? };
        Ok(Check { name: self.name, unit: self.unit, checked, faults, faulty })
    }

    async fn faulty(
        &self,
        tx: &Tx,
        programme: ProgrammeId,
        dialect: &Dialect,
    ) -> Result<Vec<String>> {
        let first = format!(
            "select distinct id from ({}) as looked_at where fault > 0 order by id limit {NAMED_MAX}",
            self.sql
        );
        let rows = tx.connection().query_all_raw(dialect.statement(&first)).await?;
        let name = |row: &QueryResult| match self.named {
            Named::Id(name) => Ok(name(row.try_get_by_index(0)?)),
            Named::Owner => Ok(owner(programme, row.try_get_by_index(0)?)),
            Named::Text => Ok(row.try_get_by_index(0)?),
        };
        rows.iter().map(name).collect()
    }
}

fn owner(programme: ProgrammeId, id: Uuid) -> String {
    if id == programme.uuid() {
        programme.to_string()
    } else {
        PartnerId::from_uuid(id).to_string()
    }
}

fn programme(id: Uuid) -> String {
    ProgrammeId::from_uuid(id).to_string()
}

fn wallet(id: Uuid) -> String {
    WalletId::from_uuid(id).to_string()
}

fn partner(id: Uuid) -> String {
    PartnerId::from_uuid(id).to_string()
}

fn entry(id: Uuid) -> String {
    EntryId::from_uuid(id).to_string()
}

fn lot(id: Uuid) -> String {
    LotId::from_uuid(id).to_string()
}

//! The books, checked: the invariants of the ledger, and of cashback beside it, recomputed from what was written.
//!
//! Every check is a statement that tells what it looked at and what of it is wrong, over one
//! unchanging state of the database. It changes nothing and prints the same for the same books.

mod activity;
mod cashback;
mod entries;
mod lots;
mod names;
mod seals;
mod wallets;

use entity::ids::{EntryId, LotId, PartnerId, ProgrammeId, WalletId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use uuid::Uuid;

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
        let zone = activity::zone(&tx, programme).await?;
        for invariant in invariants() {
            checks.push(invariant.check(&tx, programme, &zone).await?);
        }
        tx.commit(Verdict { checks }).await
    }
}

fn invariants() -> impl Iterator<Item = &'static Invariant> {
    let ledger = wallets::INVARIANTS.iter().chain(&entries::INVARIANTS).chain(&lots::INVARIANTS);
    let ledger = ledger.chain(&names::INVARIANTS).chain(&seals::INVARIANTS);
    ledger.chain(&activity::INVARIANTS).chain(&cashback::INVARIANTS)
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
    /// `$1` is the programme; `{zone}` its time zone, `{epoch}` when a purchase `p` was made.
    sql: &'static str,
}

impl Invariant {
    async fn check(&self, tx: &Tx, programme: ProgrammeId, zone: &str) -> Result<Check> {
        let looked_at = self.sql.replace("{zone}", zone);
        let looked_at = looked_at.replace("{epoch}", activity::epoch(tx.backend()));
        let sql =
            format!("select count(*), coalesce(sum(fault), 0) from ({looked_at}) as looked_at");
        let rows = rows(tx, sql, programme).await?;
        let row = rows.first().ok_or_else(|| Error::internal("a check answered nothing"))?;
        let (checked, faults) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let faulty =
            if faults == 0 { Vec::new() } else { self.faulty(tx, programme, &looked_at).await? };
        Ok(Check { name: self.name, unit: self.unit, checked, faults, faulty })
    }

    async fn faulty(
        &self,
        tx: &Tx,
        programme: ProgrammeId,
        looked_at: &str,
    ) -> Result<Vec<String>> {
        let sql = format!(
            "select distinct id from ({looked_at}) as looked_at where fault > 0 order by id limit {NAMED_MAX}"
        );
        let rows = rows(tx, sql, programme).await?;
        let name = |row: &QueryResult| match self.named {
            Named::Id(name) => Ok(name(row.try_get_by_index(0)?)),
            Named::Owner => Ok(owner(programme, row.try_get_by_index(0)?)),
            Named::Text => Ok(row.try_get_by_index(0)?),
        };
        rows.iter().map(name).collect()
    }
}

async fn rows(tx: &Tx, sql: String, programme: ProgrammeId) -> Result<Vec<QueryResult>> {
    let statement = Statement::from_sql_and_values(tx.backend(), sql, [programme.uuid().into()]);
    Ok(tx.connection().query_all_raw(statement).await?)
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

fn entry(id: Uuid) -> String {
    EntryId::from_uuid(id).to_string()
}

fn lot(id: Uuid) -> String {
    LotId::from_uuid(id).to_string()
}

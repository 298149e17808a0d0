//! The points ledger. Everything that moves points goes through one gate, [`apply`]: it loads what
//! a batch of commands needs, folds them in the pure [`core`], and stores what they wrote, each in
//! a fixed number of statements whatever the number of commands.
//!
//! Nothing else may write to the ledger's tables, but for a new, empty wallet; [`archive`] deletes from
//! them behind a seal, and [`checkpoints`] keep their sums.

mod adjust;
mod allowance;
pub mod archive;
#[cfg(test)]
mod batches;
pub(crate) mod checkpoints;
pub mod core;
pub mod expiry;
mod find;
mod load;
mod read;
pub mod reason;
mod save;
mod settle;
mod totals;
mod transfer;
pub mod verify;

use std::collections::HashMap;
use std::sync::Arc;

use entity::ids::{EntryId, HoldId};
use entity::ledger::{entry, hold};

pub use self::adjust::{Adjust, Adjusted, WriteOff};
pub use self::read::{HistoryFilter, LotUse};
pub use self::totals::{Occasion, Outstanding, PartnerTotals};
pub use self::transfer::{Transfer, Transferred};
pub use reason::Reason;

pub(crate) use find::{current_wallets, find_entry, find_hold};

use self::core::{Book, Command, Receipt, Rules, Verdict, decide};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::programmes::Programmes;
use crate::tx::Tx;
use crate::writes::Writes;

/// The use cases.
pub struct Ledger {
    db: Db,
    clock: Clock,
    programmes: Arc<Programmes>,
    writes: Arc<Writes>,
}

impl Ledger {
    /// The use cases over this database.
    pub(crate) fn new(
        db: Db,
        clock: Clock,
        programmes: Arc<Programmes>,
        writes: Arc<Writes>,
    ) -> Self {
        Self { db, clock, programmes, writes }
    }
}

/// What a batch of commands came to.
#[derive(Default)]
pub(crate) struct Applied {
    /// One a command, in order.
    pub(crate) verdicts: Vec<Verdict>,
    /// The entries that were made.
    pub(crate) entries: HashMap<EntryId, entry::Model>,
    /// The holds that were looked at, as they are now.
    pub(crate) holds: HashMap<HoldId, hold::Model>,
}

/// Decides all commands in order and stores what they wrote. A refused one has no effect; the
/// others go on. Durable once the transaction commits.
pub(crate) async fn apply(tx: &Tx, rules: Rules, commands: &[Command]) -> Result<Vec<Verdict>> {
    Ok(apply_all(tx, rules, commands).await?.verdicts)
}

/// The same, with what was written, so that nobody has to read it again.
pub(crate) async fn apply_all(tx: &Tx, rules: Rules, commands: &[Command]) -> Result<Applied> {
    open(tx, rules, commands).await?.apply(tx, commands).await
}

/// Reads what the commands need, and locks their wallets: what is read of these wallets elsewhere after
/// that can't change before the commands are applied. Until then what a purchase earns may still be
/// filled in.
pub(crate) async fn open(tx: &Tx, rules: Rules, commands: &[Command]) -> Result<Opened> {
    if commands.is_empty() {
        return Ok(Opened(Book::new(rules)));
    }
    Ok(Opened(load::book(tx, rules, commands).await?))
}

/// Wallets that are locked, with what their commands need.
pub(crate) struct Opened(Book);

impl Opened {
    /// Whether the command's key was used before: it will be answered as then.
    pub(crate) fn is_known(&self, command: &Command) -> bool {
        command.key.as_ref().is_some_and(|key| self.0.keys.contains_key(&key.identity()))
    }

    /// Decides all commands in order and stores what they wrote.
    pub(crate) async fn apply(self, tx: &Tx, commands: &[Command]) -> Result<Applied> {
        let Self(book) = self;
        if commands.is_empty() {
            return Ok(Applied::default());
        }
        applied(tx, book, commands).await
    }
}

async fn applied(tx: &Tx, mut book: Book, commands: &[Command]) -> Result<Applied> {
    let verdicts = commands.iter().map(|command| decide(&mut book, command)).collect();
    save::book(tx, &book).await?;
    let entries = book.journal.entries.into_iter().map(|entry| (entry.id, entry)).collect();
    let holds = book.wallets.into_values().flat_map(|wallet| wallet.holds.into_values());
    let holds = holds.map(|hold| (hold.row.id, hold.row)).collect();
    Ok(Applied { verdicts, entries, holds })
}

/// Decides one command, in a transaction that may write more beside it.
pub(crate) async fn apply_one(tx: &Tx, rules: Rules, command: Command) -> Result<Receipt> {
    let mut verdicts = apply(tx, rules, &[command]).await?;
    Ok(verdicts.pop().ok_or_else(|| Error::internal("a command without a verdict"))??)
}

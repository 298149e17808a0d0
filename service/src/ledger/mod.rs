//! The points ledger. Everything that moves points goes through one gate, [`apply`]: it loads what
//! a batch of commands needs, folds them in the pure [`core`], and stores what they wrote, each in
//! a fixed number of statements whatever the number of commands.
//!
//! Nothing else may write to the ledger's tables, but for a new, empty wallet.

mod adjust;
mod allowance;
#[cfg(test)]
mod batches;
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

use std::sync::Arc;

pub use self::adjust::{Adjust, Adjusted, WriteOff};
pub use self::read::{HistoryFilter, LotUse};
pub use self::totals::{Occasion, Outstanding, PartnerTotals};
pub use self::transfer::{Transfer, Transferred};
pub use reason::Reason;

pub(crate) use find::{current_wallet, find_entry};

use self::core::{Command, Receipt, Rules, Verdict, decide};
use crate::clock::Clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::programmes::Programmes;
use crate::tx::Tx;

/// The use cases.
pub struct Ledger {
    db: Db,
    clock: Clock,
    programmes: Arc<Programmes>,
}

impl Ledger {
    /// The use cases over this database.
    pub fn new(db: Db, clock: Clock, programmes: Arc<Programmes>) -> Self {
        Self { db, clock, programmes }
    }
}

/// Decides all commands in order and stores what they wrote. A refused one has no effect; the
/// others go on. Durable once the transaction commits.
pub(crate) async fn apply(tx: &Tx, rules: Rules, commands: &[Command]) -> Result<Vec<Verdict>> {
    if commands.is_empty() {
        return Ok(Vec::new());
    }
    let mut book = load::book(tx, rules, commands).await?;
    let verdicts = commands.iter().map(|command| decide(&mut book, command)).collect();
    save::book(tx, book).await?;
    Ok(verdicts)
}

/// Decides one command, in a transaction that may write more beside it.
pub(crate) async fn apply_one(tx: &Tx, rules: Rules, command: Command) -> Result<Receipt> {
    let mut verdicts = apply(tx, rules, &[command]).await?;
    Ok(verdicts.pop().ok_or_else(|| Error::internal("a command without a verdict"))??)
}

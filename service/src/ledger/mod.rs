//! The points ledger. Everything that moves points goes through one gate, [`apply`]: it loads what
//! a batch of commands needs, folds them in the pure [`core`], and stores what they wrote, each in
//! a fixed number of statements whatever the number of commands.
//!
//! Nothing else may write to the ledger's tables.

pub mod core;
pub mod expiry;
mod find;
mod load;
pub mod reason;
mod save;

pub(crate) use find::{current_wallet, find_entry};
pub use reason::Reason;

use self::core::{Command, Rules, Verdict, decide};
use crate::error::Result;
use crate::tx::Tx;

/// Decides all commands in order and stores what they wrote. A refused one has no effect; the
/// others go on. Durable once the transaction commits.
pub(crate) async fn apply(tx: &Tx, rules: Rules, commands: &[Command]) -> Result<Vec<Verdict>> {
    let mut book = load::book(tx, rules, commands).await?;
    let verdicts = commands.iter().map(|command| decide(&mut book, command)).collect();
    save::book(tx, book).await?;
    Ok(verdicts)
}

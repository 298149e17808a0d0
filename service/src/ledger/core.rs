//! The points ledger, pure: commands folded over state.
//!
//! No I/O, no clock, no randomness, no logging: ids and times come in with the command. Each
//! command gets its own verdict; a refused one leaves the state as it was and the others go on.
//! What a command writes is recorded in a [`Journal`], which `ledger::save` makes durable.
//!
//! Before a command acts on a wallet, whatever was due there by then is settled: points mature,
//! expire, holds lapse. So a balance is right at any moment, whether or not a background task has
//! come by, and running that task late, twice or on two gateways changes nothing.

mod book;
mod command;
mod draft;
mod due;
mod earn;
mod holds;
mod lots;
mod moves;
mod returns;
mod spend;

#[cfg(test)]
pub(crate) mod properties;
#[cfg(test)]
pub(crate) mod tests;

pub use book::{Book, Burn, Expiry, Known, OpenHold, Rules, Wallet};
pub use command::{Acceptance, Action, Command, Key, NewLot, Receipt, ReturnedPart};
pub use draft::Journal;

pub(super) use book::spending_order;

use crate::refusal::{Code, Refusal};
use draft::Draft;

/// What became of a command.
pub type Verdict = Result<Receipt, Refusal>;

/// Folds one command over the book: all of it, or nothing and a refusal.
pub fn decide(book: &mut Book, command: &Command) -> Verdict {
    if let Some(key) = &command.key
        && let Some(known) = book.keys.get(&key.identity())
    {
        return known.replay(key);
    }
    let mut draft = Draft::new(book, command);
    for wallet in command.wallets() {
        draft.settle(wallet)?;
    }
    in_order(&mut draft)?;
    act(&mut draft)?;
    let (wallets, journal) = draft.finish()?;
    let receipt = Receipt {
        entry: command.entry,
        wallet: command.wallet,
        subject: command.subject(),
        is_replay: false,
    };
    book.absorb(wallets, journal, command, &receipt);
    Ok(receipt)
}

fn act(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    match &draft.command.action {
        Action::Settle => Ok(()),
        Action::Refused(refusal) => Err(refusal.clone()),
        Action::Earn { lots } => draft.earn(lots),
        Action::Return { issuer, parts } => draft.give_back(*issuer, parts),
        Action::Hold { hold, member, points, lapses_at } => {
            draft.hold(*hold, *member, *points, *lapses_at)
        }
        Action::Capture { hold, points, acceptance } => draft.capture(*hold, *points, acceptance),
        Action::Release { hold } => draft.release(*hold),
        Action::Pay { points, acceptance } => draft.pay(*points, acceptance),
        Action::Reverse { payment } => draft.reverse(*payment),
        Action::Transfer { to, points } => draft.transfer(*to, *points),
        Action::Pool { into } => draft.pool(*into),
        Action::Credit { lot } => draft.credit(lot),
        Action::Debit { points } => draft.debit(*points),
        Action::WriteOff { points } => draft.write_off(*points),
    }
}

/// History that would slip in behind what the wallet has done since is refused.
fn in_order(draft: &mut Draft<'_>) -> Result<(), Refusal> {
    let command = draft.command;
    let row = &draft.wallet(command.wallet)?.row;
    if command.is_history && row.seq > 0 && command.recorded_at < row.last_active_at {
        let message =
            format!("It occurred at {:?}, before the wallet's last activity.", command.recorded_at);
        return Err(Refusal::new(Code::BackfillOutOfOrder).because(message).at("occurredAt"));
    }
    Ok(())
}

/// A sum that left its range.
fn overflow(_: entity::amount::OutOfRange) -> Refusal {
    Refusal::new(Code::Overflow)
}

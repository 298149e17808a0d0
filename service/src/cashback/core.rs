//! The books of cashback, pure: commands folded over state, in the manner of the points ledger's core.
//!
//! No I/O, no clock, no randomness, no logging. Each command gets its own verdict; a refused one leaves
//! the state as it was. Before a command acts on a wallet, what was due there by then is confirmed, so
//! a balance is right whether or not a background task has come by.
//!
//! A purchase accrues `⌊basis × bp / 10,000⌋`. Whatever comes back, and in whatever parts, what stays is
//! the same of what is left of the basis: all of it back is as if it had never been bought. A return takes
//! a pending accrual's own money; of a confirmed one what is available, and the rest is owed. Whatever
//! becomes available fills that first.

mod book;
mod command;
mod cut;
mod draft;
mod payouts;
mod shares;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use book::{AccrualKey, Book, Journal};
pub use command::{Accrue, Action, Command, Reason, Request, Rest};
pub use shares::{cashback_of, split};

use draft::Draft;
use entity::cashback::cashback_entry::CashbackKind;
use entity::cashback::cashback_posting::CashbackAccount as Account;
use entity::ids::{CashbackEntryId, WalletId};

use crate::refusal::{Code, Refusal};
use draft::{About, Side};

/// What became of a command: the entry that it was to make.
pub type Verdict = Result<CashbackEntryId, Refusal>;

/// Folds one command over the book: all of it, or nothing and a refusal.
pub fn decide(book: &mut Book, command: &Command) -> Verdict {
    let mut draft = Draft::new(book, command);
    for wallet in book.wallets_of(command) {
        draft.confirm_due(wallet)?;
    }
    match &command.action {
        Action::Settle => {}
        Action::Accrue(accrue) => draft.accrue(accrue)?,
        Action::Cut { purchase, return_id, rest } => draft.cut(*purchase, *return_id, rest)?,
        Action::Request(request) => draft.request(request)?,
        Action::Cancel { payout } => draft.cancel(*payout)?,
        Action::Pay { payout } => draft.pay(*payout)?,
        Action::Fail { payout, failure } => draft.fail(*payout, failure)?,
        Action::Convert { amount_minor, points } => draft.convert(*amount_minor, *points)?,
        Action::Pool { into, household } => draft.pool(*into, *household)?,
    }
    let done = draft.finish();
    book.absorb(done);
    Ok(command.entry)
}

impl Draft<'_> {
    /// Pending money of accruals whose return window has closed becomes available.
    fn confirm_due(&mut self, wallet: WalletId) -> Result<(), Refusal> {
        let until = self.command.recorded_at;
        let is_due = |row: &&entity::cashback::accrual::Model| {
            row.wallet_id == wallet && row.is_pending && row.confirms_at <= until
        };
        let due: Vec<AccrualKey> =
            self.book.accruals.values().filter(is_due).map(Book::key).collect();
        if self
            .book
            .wallets
            .get(&wallet)
            .is_none_or(|row| row.next_due_at.is_none_or(|at| at > until))
        {
            return Ok(());
        }
        for key in due {
            self.confirm(key)?;
        }
        let pending =
            self.book.accruals.iter().map(|(key, row)| self.accruals.get(key).unwrap_or(row));
        let pending = pending.filter(|row| row.wallet_id == wallet && row.is_pending);
        let next = pending.map(|row| row.confirms_at).min();
        self.wallet(wallet).next_due_at = next;
        Ok(())
    }

    fn confirm(&mut self, key: AccrualKey) -> Result<(), Refusal> {
        let Some(mut row) = self.accrual(key) else { return Ok(()) };
        let (wallet, amount) = (row.wallet_id, row.remaining_minor);
        if amount > 0 {
            let at = self.next_entry(wallet);
            self.make_available(at, Account::Pending, amount)?;
            let about = About::accrual(&row);
            self.write(at, CashbackKind::Confirmed, amount, about, row.confirms_at)?;
        }
        row.is_pending = false;
        self.accruals.insert(key, row);
        Ok(())
    }

    fn accrue(&mut self, wish: &Accrue) -> Result<(), Refusal> {
        let key = (wish.purchase, wish.part);
        if wish.amount_minor == 0 || self.accrual(key).is_some() {
            return Ok(());
        }
        if wish.amount_minor < 0 || wish.part < 0 || !shares::are_whole(&wish.shares) {
            return Err(Refusal::new(Code::ValueOutOfRange));
        }
        let row = wish.row(self.book.programme);
        let at = self.main_entry(wish.wallet);
        for (owner, amount) in self.funders(&row.shares, row.amount_minor)? {
            let to = Side::of(Account::Pending, wish.wallet);
            self.post(at, Side(Account::Funded, owner), to, amount)?;
        }
        let mut about = About::accrual(&row);
        about.reason = Reason::of_accrual(wish);
        self.write(at, CashbackKind::Accrued, row.amount_minor, about, self.command.occurred_at)?;
        self.made_accruals.push(key);
        let confirms_at = row.confirms_at;
        self.accruals.insert(key, row);
        if confirms_at <= self.command.recorded_at {
            return self.confirm(key);
        }
        let wallet = self.wallet(wish.wallet);
        wallet.next_due_at = wallet.next_due_at.into_iter().chain([confirms_at]).min();
        Ok(())
    }

    /// Money becomes available, once what is owed is filled.
    fn make_available(&mut self, at: draft::At, from: Account, amount: i64) -> Result<(), Refusal> {
        let owed = self.wallet(at.wallet).owed.min(amount);
        let (from, of) = (Side::of(from, at.wallet), |account| Side::of(account, at.wallet));
        self.post(at, from, of(Account::Owed), owed)?;
        self.post(at, from, of(Account::Available), amount - owed)
    }
}

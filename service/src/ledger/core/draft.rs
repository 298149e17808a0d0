//! One command's work in progress: copies of the wallets that it touches, and what it writes.
//!
//! Every movement of points goes through [`Draft::post`], which changes both sides or neither;
//! dropping a draft leaves the book as it was.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, HoldId, LotId, WalletId, nth};
use entity::ledger::allocation;
use entity::ledger::entry::{self, EntryKind};
use entity::ledger::idempotency_key::Outcome;
use entity::ledger::lot;
use entity::ledger::posting::{self, Account};
use uuid::Uuid;

use super::book::{Book, Wallet};
use super::command::{Command, Key};
use super::{due, overflow};
use crate::ledger::reason::{Cause, Figures, Reason};
use crate::refusal::{Code, Refusal};

/// What was written, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// New entries.
    pub entries: Vec<entry::Model>,
    /// Their postings.
    pub postings: Vec<posting::Model>,
    /// Their allocations.
    pub allocations: Vec<allocation::Model>,
    /// Lots that are new.
    pub made_lots: Vec<(WalletId, LotId)>,
    /// Lots that were there and changed.
    pub changed_lots: Vec<(WalletId, LotId)>,
    /// Holds that are new.
    pub made_holds: Vec<(WalletId, HoldId)>,
    /// Holds that were there and closed.
    pub closed_holds: Vec<(WalletId, HoldId)>,
    /// Wallets whose row changed.
    pub changed_wallets: Vec<WalletId>,
    /// Payments that were undone.
    pub reversed: Vec<EntryId>,
    /// Keys that were used, with what they made.
    pub keys: Vec<(Key, Outcome, DateTime<Utc>)>,
}

impl Journal {
    pub(super) fn append(&mut self, mut other: Self) {
        self.entries.append(&mut other.entries);
        self.postings.append(&mut other.postings);
        self.allocations.append(&mut other.allocations);
        self.made_lots.append(&mut other.made_lots);
        self.changed_lots.append(&mut other.changed_lots);
        self.made_holds.append(&mut other.made_holds);
        self.closed_holds.append(&mut other.closed_holds);
        self.changed_wallets.append(&mut other.changed_wallets);
        self.reversed.append(&mut other.reversed);
    }
}

/// One side of a posting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side(pub(super) Account, pub(super) Uuid);

impl Side {
    pub(super) fn of(account: Account, wallet: WalletId) -> Self {
        Self(account, wallet.uuid())
    }
}

/// Where a command's entry is being written.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) entry: EntryId,
    pub(super) wallet: WalletId,
}

pub(super) struct Draft<'a> {
    pub(super) book: &'a Book,
    pub(super) command: &'a Command,
    pub(super) journal: Journal,
    wallets: BTreeMap<WalletId, Wallet>,
    derived: u32,
    sealed: usize,
}

impl<'a> Draft<'a> {
    pub(super) fn new(book: &'a Book, command: &'a Command) -> Self {
        Self {
            book,
            command,
            journal: Journal::default(),
            wallets: BTreeMap::new(),
            derived: 0,
            sealed: 0,
        }
    }

    /// The wallet as this command has left it so far.
    pub(super) fn wallet(&mut self, id: WalletId) -> Result<&mut Wallet, Refusal> {
        if !self.wallets.contains_key(&id) {
            let wallet = self.book.wallets.get(&id).ok_or(Refusal::new(Code::MemberNotFound))?;
            self.wallets.insert(id, wallet.clone());
        }
        self.wallets.get_mut(&id).ok_or(Refusal::new(Code::MemberNotFound))
    }

    pub(super) fn lot(&mut self, wallet: WalletId, lot: LotId) -> Result<&mut lot::Model, Refusal> {
        self.wallet(wallet)?.lots.get_mut(&lot).ok_or(Refusal::new(Code::InsufficientPoints))
    }

    /// A further id, the same each time that the command is decided.
    pub(super) fn derive(&mut self) -> Uuid {
        self.derived += 1;
        nth(self.command.entry.uuid(), self.derived)
    }

    /// Opens the command's own entry.
    pub(super) fn main_entry(&mut self, kind: EntryKind, points: Points) -> Result<At, Refusal> {
        let command = self.command;
        self.entry(
            command.entry,
            command.wallet,
            kind,
            points,
            command.occurred_at,
            command.cause.clone(),
        )
    }

    /// Opens an entry; its balances are filled in by [`Self::seal`].
    pub(super) fn entry(
        &mut self,
        id: EntryId,
        wallet_id: WalletId,
        kind: EntryKind,
        points: Points,
        occurred_at: DateTime<Utc>,
        cause: Cause,
    ) -> Result<At, Refusal> {
        let command = self.command;
        let is_own = !matches!(cause, Cause::Due { .. });
        let row = &mut self.wallet(wallet_id)?.row;
        row.seq += 1;
        let entry = entry::Model {
            programme_id: row.programme_id,
            wallet_id,
            id,
            seq: row.seq,
            kind,
            points,
            partner_id: command.partner.filter(|_| is_own),
            store_id: command.store.filter(|_| is_own),
            purchase_id: command.purchase.filter(|_| is_own),
            hold_id: None,
            related_entry_id: None,
            related_wallet_id: None,
            occurred_at,
            recorded_at: command.recorded_at,
            actor: if is_own { command.actor.clone() } else { "system".to_owned() },
            origin: command.origin.clone(),
            reason: Reason { cause, figures: Figures::default() }.to_json(),
            available_after: Points::ZERO,
            pending_after: Points::ZERO,
            held_after: Points::ZERO,
            debt_after: Points::ZERO,
        };
        self.journal.entries.push(entry);
        self.journal.changed_wallets.push(wallet_id);
        Ok(At { entry: id, wallet: wallet_id })
    }

    /// The entry opened last.
    pub(super) fn last_entry(&mut self) -> Option<&mut entry::Model> {
        self.journal.entries.last_mut()
    }

    /// Adds the core's own figures to the reason of the entry opened last.
    pub(super) fn explain(&mut self, figures: &Figures) {
        if let Some(entry) = self.journal.entries.last_mut() {
            entry.reason = Reason::with_figures(&entry.reason, figures);
        }
    }

    /// Writes the balances into the entries opened since the last seal.
    pub(super) fn seal(&mut self) {
        for entry in self.journal.entries.iter_mut().skip(self.sealed) {
            if let Some(wallet) = self.wallets.get(&entry.wallet_id) {
                entry.available_after = wallet.row.available;
                entry.pending_after = wallet.row.pending;
                entry.held_after = wallet.row.held;
                entry.debt_after = wallet.row.debt;
            }
        }
        self.sealed = self.journal.entries.len();
    }

    /// Moves points from one account to another; nothing to move writes nothing.
    pub(super) fn post(
        &mut self,
        at: At,
        from: Side,
        to: Side,
        points: Points,
    ) -> Result<(), Refusal> {
        if points.is_zero() {
            return Ok(());
        }
        self.change(from, points, false)?;
        self.change(to, points, true)?;
        let line = self.journal.postings.iter().filter(|p| p.entry_id == at.entry).count();
        self.journal.postings.push(posting::Model {
            programme_id: self.book.rules.programme,
            wallet_id: at.wallet,
            entry_id: at.entry,
            line: i32::try_from(line).map_err(|_| Refusal::new(Code::Overflow))?,
            from_account: from.0,
            from_owner: from.1,
            to_account: to.0,
            to_owner: to.1,
            points,
        });
        Ok(())
    }

    /// One side of a posting, where it is a wallet's. Debt is kept as what is owed, so it runs the
    /// other way.
    fn change(&mut self, side: Side, points: Points, is_gain: bool) -> Result<(), Refusal> {
        let Side(account, owner) = side;
        let id = WalletId::from_uuid(owner);
        let row = match account {
            Account::Available | Account::Pending | Account::Held | Account::Debt => {
                &mut self.wallet(id)?.row
            }
            Account::Issued | Account::Accepted | Account::Expired | Account::Adjusted => {
                return Ok(());
            }
        };
        let (balance, grows) = match account {
            Account::Available => (&mut row.available, is_gain),
            Account::Pending => (&mut row.pending, is_gain),
            Account::Held => (&mut row.held, is_gain),
            _ => (&mut row.debt, !is_gain),
        };
        *balance = if grows {
            balance.plus(points).map_err(overflow)?
        } else {
            balance.minus(points).map_err(|_| Refusal::new(Code::InsufficientPoints))?
        };
        Ok(())
    }

    /// Marks the wallet as active: expiry by inactivity starts anew.
    pub(super) fn touch(&mut self, wallet: WalletId) -> Result<(), Refusal> {
        let occurred_at = self.command.occurred_at;
        let row = &mut self.wallet(wallet)?.row;
        row.last_active_at =
            if row.seq == 1 { occurred_at } else { row.last_active_at.max(occurred_at) };
        Ok(())
    }

    /// Seals what is open, sets when each wallet is due next, and lets the work go.
    pub(super) fn finish(mut self) -> Result<(BTreeMap<WalletId, Wallet>, Journal), Refusal> {
        self.seal();
        // What a wallet holds in all is bounded like each balance: else points that mature or come back
        // could find no room, and everything that is due in the wallet would stop.
        for wallet in self.wallets.values() {
            let row = &wallet.row;
            let held = row.available.plus(row.pending).and_then(|sum| sum.plus(row.held));
            held.map_err(overflow)?;
        }
        let rules = &self.book.rules;
        for (id, wallet) in &mut self.wallets {
            let next = due::next(wallet, rules).into_iter().chain(wallet.unloaded_due_at).min();
            if wallet.row.next_due_at != next {
                wallet.row.next_due_at = next;
                self.journal.changed_wallets.push(*id);
            }
        }
        Ok((self.wallets, self.journal))
    }

    pub(super) fn programme(&self, account: Account) -> Side {
        Side(account, self.book.rules.programme.uuid())
    }
}

//! One command's work in progress: copies of what it touches, and what it writes.
//!
//! Every movement of money goes through [`Draft::post`], which changes both sides or neither; dropping a
//! draft leaves the book as it was.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::cashback::cashback_entry::{self, CashbackKind};
use entity::cashback::cashback_posting::{self, CashbackAccount as Account};
use entity::cashback::{accrual, cashback_wallet, payout};
use entity::ids::{CashbackEntryId, PartnerId, PayoutId, PurchaseId, WalletId, nth};
use uuid::Uuid;

use super::book::{AccrualKey, Book, Journal};
use super::command::{Command, Reason};
use super::shares::split;
use crate::refusal::{Code, Refusal};

/// One side of a posting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side(pub(super) Account, pub(super) Uuid);

impl Side {
    pub(super) fn of(account: Account, wallet: WalletId) -> Self {
        Self(account, wallet.uuid())
    }
}

/// Where an entry is being written.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) entry: CashbackEntryId,
    pub(super) wallet: WalletId,
}

/// What an entry is about.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    pub(super) partner: Option<PartnerId>,
    pub(super) purchase: Option<PurchaseId>,
    pub(super) part: Option<i32>,
    pub(super) payout: Option<PayoutId>,
    pub(super) reason: Reason,
}

impl About {
    pub(super) fn accrual(row: &accrual::Model) -> Self {
        Self {
            partner: Some(row.partner_id),
            purchase: Some(row.purchase_id),
            part: Some(row.part),
            ..Self::default()
        }
    }
}

pub(super) struct Draft<'a> {
    pub(super) book: &'a Book,
    pub(super) command: &'a Command,
    pub(super) accruals: BTreeMap<AccrualKey, accrual::Model>,
    pub(super) payouts: BTreeMap<PayoutId, payout::Model>,
    pub(super) made_accruals: Vec<AccrualKey>,
    pub(super) made_payouts: Vec<PayoutId>,
    pub(super) pooled: Vec<(WalletId, WalletId)>,
    wallets: BTreeMap<WalletId, cashback_wallet::Model>,
    entries: Vec<cashback_entry::Model>,
    postings: Vec<cashback_posting::Model>,
    more: u32,
}

/// What a command that stands has changed.
pub(super) struct Done {
    pub(super) wallets: BTreeMap<WalletId, cashback_wallet::Model>,
    pub(super) accruals: BTreeMap<AccrualKey, accrual::Model>,
    pub(super) payouts: BTreeMap<PayoutId, payout::Model>,
    pub(super) journal: Journal,
}

impl<'a> Draft<'a> {
    pub(super) fn new(book: &'a Book, command: &'a Command) -> Self {
        Self {
            book,
            command,
            accruals: BTreeMap::new(),
            payouts: BTreeMap::new(),
            made_accruals: Vec::new(),
            made_payouts: Vec::new(),
            pooled: Vec::new(),
            wallets: BTreeMap::new(),
            entries: Vec::new(),
            postings: Vec::new(),
            more: 0,
        }
    }

    /// The command's own entry.
    pub(super) fn main_entry(&self, wallet: WalletId) -> At {
        At { entry: self.command.entry, wallet }
    }

    /// One more.
    pub(super) fn next_entry(&mut self, wallet: WalletId) -> At {
        self.more += 1;
        let id = nth(self.command.entry.uuid(), self.more);
        At { entry: CashbackEntryId::from_uuid(id), wallet }
    }

    pub(super) fn wallet(&mut self, id: WalletId) -> &mut cashback_wallet::Model {
        let blank = || cashback_wallet::Model {
            programme_id: self.book.programme,
            id,
            pending: 0,
            available: 0,
            in_payout: 0,
            paid: 0,
            converted: 0,
            owed: 0,
            seq: 0,
            next_due_at: None,
        };
        let row = || self.book.wallets.get(&id).cloned().unwrap_or_else(blank);
        self.wallets.entry(id).or_insert_with(row)
    }

    pub(super) fn accrual(&self, key: AccrualKey) -> Option<accrual::Model> {
        self.accruals.get(&key).or_else(|| self.book.accruals.get(&key)).cloned()
    }

    pub(super) fn payout(&self, id: PayoutId) -> Result<payout::Model, Refusal> {
        let found = self.payouts.get(&id).or_else(|| self.book.payouts.get(&id)).cloned();
        found.ok_or(Refusal::new(Code::PayoutNotFound))
    }

    /// Each funder's account with its part of the amount.
    pub(super) fn funders(
        &self,
        shares: &accrual::Shares,
        amount: i64,
    ) -> Result<Vec<(Uuid, i64)>, Refusal> {
        let programme = self.book.programme.uuid();
        let owner = |share: &accrual::Share| share.partner.map_or(programme, PartnerId::uuid);
        Ok(shares.0.iter().map(owner).zip(split(amount, shares)?).collect())
    }

    /// Moves an amount; none is no movement.
    pub(super) fn post(
        &mut self,
        at: At,
        from: Side,
        to: Side,
        amount: i64,
    ) -> Result<(), Refusal> {
        if amount == 0 {
            return Ok(());
        }
        if amount < 0 {
            return Err(Refusal::new(Code::Overflow));
        }
        self.change(from, -amount)?;
        self.change(to, amount)?;
        let of_entry = self.postings.iter().filter(|row| row.entry_id == at.entry);
        let line = i32::try_from(of_entry.count()).map_err(|_| Refusal::new(Code::Overflow))?;
        self.postings.push(cashback_posting::Model {
            programme_id: self.book.programme,
            wallet_id: at.wallet,
            entry_id: at.entry,
            line,
            from_account: from.0,
            from_owner: from.1,
            to_account: to.0,
            to_owner: to.1,
            amount_minor: amount,
        });
        Ok(())
    }

    fn change(&mut self, Side(account, owner): Side, by: i64) -> Result<(), Refusal> {
        if account == Account::Funded {
            return Ok(());
        }
        let wallet = self.wallet(WalletId::from_uuid(owner));
        let (balance, by) = match account {
            Account::Pending => (&mut wallet.pending, by),
            Account::Available => (&mut wallet.available, by),
            Account::InPayout => (&mut wallet.in_payout, by),
            Account::Paid => (&mut wallet.paid, by),
            Account::Converted => (&mut wallet.converted, by),
            Account::Owed | Account::Funded => (&mut wallet.owed, -by),
        };
        let after = balance.checked_add(by).ok_or(Refusal::new(Code::Overflow))?;
        if after < 0 {
            return Err(Refusal::new(Code::InsufficientCashback));
        }
        *balance = after;
        Ok(())
    }

    /// Ends an entry whose postings are made.
    pub(super) fn write(
        &mut self,
        at: At,
        kind: CashbackKind,
        amount_minor: i64,
        about: About,
        occurred_at: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let reason = serde_json::to_value(&about.reason);
        let reason = reason.map_err(|_| Refusal::new(Code::Overflow))?;
        let command = self.command;
        let wallet = self.wallet(at.wallet);
        wallet.seq += 1;
        let wallet = wallet.clone();
        self.entries.push(cashback_entry::Model {
            programme_id: wallet.programme_id,
            wallet_id: at.wallet,
            id: at.entry,
            seq: wallet.seq,
            kind,
            amount_minor,
            partner_id: about.partner,
            purchase_id: about.purchase,
            part: about.part,
            payout_id: about.payout,
            reason,
            actor: command.actor.clone(),
            origin: command.origin.clone(),
            occurred_at,
            recorded_at: command.recorded_at,
            pending_after: wallet.pending,
            available_after: wallet.available,
            in_payout_after: wallet.in_payout,
            paid_after: wallet.paid,
            converted_after: wallet.converted,
            owed_after: wallet.owed,
        });
        Ok(())
    }

    pub(super) fn finish(self) -> Done {
        let journal = Journal {
            entries: self.entries,
            postings: self.postings,
            made_accruals: self.made_accruals.into_iter().collect(),
            made_payouts: self.made_payouts.into_iter().collect(),
            pooled: self.pooled,
            ..Journal::default()
        };
        Done { wallets: self.wallets, accruals: self.accruals, payouts: self.payouts, journal }
    }
}

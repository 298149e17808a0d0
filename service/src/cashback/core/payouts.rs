//! Money leaves the wallet: asked for, paid, failed, taken back, converted, pooled.

use entity::amount::Points;
use entity::cashback::cashback_entry::CashbackKind;
use entity::cashback::cashback_posting::CashbackAccount as Account;
use entity::cashback::payout::{self, PayoutStatus};
use entity::ids::{HouseholdId, PayoutId, WalletId};

use super::command::{Reason, Request};
use super::draft::{About, Draft, Side};
use crate::refusal::{Code, Refusal};

impl Draft<'_> {
    pub(super) fn request(&mut self, wish: &Request) -> Result<(), Refusal> {
        let wallet = self.command.wallet;
        let available = self.wallet(wallet).available;
        let amount = wish.amount_minor.unwrap_or(available);
        if wish.amount_minor.is_none() && available == 0 {
            return Err(Refusal::new(Code::InsufficientCashback).at("amount"));
        }
        self.can_spend(wallet, amount)?;
        if amount < wish.minimum_minor {
            return Err(Refusal::new(Code::PayoutBelowMinimum).at("amount"));
        }
        self.payouts.insert(
            wish.payout,
            payout::Model {
                programme_id: self.book.programme,
                id: wish.payout,
                member_id: wish.member,
                wallet_id: wallet,
                amount_minor: amount,
                status: PayoutStatus::Requested,
                sealed: wish.sealed.clone(),
                masked: wish.masked.clone(),
                run_id: None,
                failure: None,
                requested_at: self.command.recorded_at,
                closed_at: None,
            },
        );
        self.made_payouts.push(wish.payout);
        let (from, to) = (Account::Available, Account::InPayout);
        self.moves((from, to), amount, CashbackKind::Requested, about(wish.payout))
    }

    pub(super) fn cancel(&mut self, id: PayoutId) -> Result<(), Refusal> {
        let row = self.payout(id)?;
        match row.status {
            PayoutStatus::Requested => {}
            PayoutStatus::Cancelled => return Ok(()),
            PayoutStatus::Failed => return Err(Refusal::new(Code::PayoutAlreadyClosed)),
            PayoutStatus::InRun | PayoutStatus::Paid => {
                return Err(Refusal::new(Code::PayoutAlreadyRun));
            }
        }
        self.gives_back(&row, Account::InPayout, CashbackKind::Cancelled, None)?;
        self.close(payout::Model { status: PayoutStatus::Cancelled, ..row });
        Ok(())
    }

    pub(super) fn pay(&mut self, id: PayoutId) -> Result<(), Refusal> {
        let row = self.payout(id)?;
        match row.status {
            PayoutStatus::InRun => {}
            PayoutStatus::Paid => return Ok(()),
            PayoutStatus::Requested => return Err(Refusal::new(Code::PayoutNotInRun)),
            PayoutStatus::Failed | PayoutStatus::Cancelled => {
                return Err(Refusal::new(Code::PayoutAlreadyClosed));
            }
        }
        let (from, to) = (Account::InPayout, Account::Paid);
        self.moves((from, to), row.amount_minor, CashbackKind::Paid, about(id))?;
        self.close(payout::Model { status: PayoutStatus::Paid, ..row });
        Ok(())
    }

    pub(super) fn fail(&mut self, id: PayoutId, failure: &str) -> Result<(), Refusal> {
        let row = self.payout(id)?;
        let from = match row.status {
            PayoutStatus::InRun => Account::InPayout,
            PayoutStatus::Paid => Account::Paid,
            PayoutStatus::Failed => return Ok(()),
            PayoutStatus::Requested => return Err(Refusal::new(Code::PayoutNotInRun)),
            PayoutStatus::Cancelled => return Err(Refusal::new(Code::PayoutAlreadyClosed)),
        };
        self.gives_back(&row, from, CashbackKind::Failed, Some(failure.to_owned()))?;
        let failure = Some(failure.to_owned());
        self.close(payout::Model { status: PayoutStatus::Failed, failure, ..row });
        Ok(())
    }

    pub(super) fn convert(&mut self, amount: i64, points: Points) -> Result<(), Refusal> {
        self.can_spend(self.command.wallet, amount)?;
        let reason = Reason { points: Some(points), ..Reason::default() };
        let about = About { reason, ..About::default() };
        let (from, to) = (Account::Available, Account::Converted);
        self.moves((from, to), amount, CashbackKind::Converted, about)
    }

    pub(super) fn pool(&mut self, into: WalletId, household: HouseholdId) -> Result<(), Refusal> {
        let from = self.command.wallet;
        let row = match self.book.wallets.get(&from) {
            Some(_) if from != into => self.wallet(from).clone(),
            _ => return Ok(()),
        };
        let at = self.main_entry(from);
        let balances = [
            (Account::Pending, row.pending),
            (Account::Available, row.available),
            (Account::InPayout, row.in_payout),
            (Account::Paid, row.paid),
            (Account::Converted, row.converted),
        ];
        for (account, amount) in balances {
            self.post(at, Side::of(account, from), Side::of(account, into), amount)?;
        }
        // Who takes a debt over gives what it comes to.
        let owed = (Side::of(Account::Owed, into), Side::of(Account::Owed, from));
        self.post(at, owed.0, owed.1, row.owed)?;
        let amount = row.pending.checked_add(row.available);
        let amount = amount.ok_or(Refusal::new(Code::Overflow))?;
        let reason = Reason { household: Some(household), ..Reason::default() };
        let about = About { reason, ..About::default() };
        let occurred_at = self.command.occurred_at;
        self.write(at, CashbackKind::PooledOut, amount, about.clone(), occurred_at)?;
        let at = self.next_entry(into);
        let (available, owed) = (self.wallet(into).available, self.wallet(into).owed);
        let filled = available.min(owed);
        let (from_, to) = (Side::of(Account::Available, into), Side::of(Account::Owed, into));
        self.post(at, from_, to, filled)?;
        self.write(at, CashbackKind::PooledIn, amount, about, occurred_at)?;
        let due = self.wallet(from).next_due_at.take();
        let target = self.wallet(into);
        target.next_due_at = target.next_due_at.into_iter().chain(due).min();
        self.hand_over(from, into);
        Ok(())
    }

    /// Accruals and payouts follow the money.
    fn hand_over(&mut self, from: WalletId, into: WalletId) {
        for (key, row) in &self.book.accruals {
            let row = self.accruals.get(key).unwrap_or(row);
            if row.wallet_id == from {
                let row = entity::cashback::accrual::Model { wallet_id: into, ..row.clone() };
                self.accruals.insert(*key, row);
            }
        }
        for (id, row) in &self.book.payouts {
            if row.wallet_id == from {
                self.payouts.insert(*id, payout::Model { wallet_id: into, ..row.clone() });
            }
        }
        self.pooled.push((from, into));
    }

    fn can_spend(&mut self, wallet: WalletId, amount: i64) -> Result<(), Refusal> {
        if amount <= 0 {
            return Err(Refusal::new(Code::AmountInvalid).at("amount"));
        }
        if amount > self.wallet(wallet).available {
            return Err(Refusal::new(Code::InsufficientCashback).at("amount"));
        }
        Ok(())
    }

    fn moves(
        &mut self,
        (from, to): (Account, Account),
        amount: i64,
        kind: CashbackKind,
        about: About,
    ) -> Result<(), Refusal> {
        let at = self.main_entry(self.command.wallet);
        self.post(at, Side::of(from, at.wallet), Side::of(to, at.wallet), amount)?;
        self.write(at, kind, amount, about, self.command.occurred_at)
    }

    fn gives_back(
        &mut self,
        row: &payout::Model,
        from: Account,
        kind: CashbackKind,
        failure: Option<String>,
    ) -> Result<(), Refusal> {
        let at = self.main_entry(self.command.wallet);
        self.make_available(at, from, row.amount_minor)?;
        let reason = Reason { failure, ..Reason::default() };
        let about = About { reason, ..about(row.id) };
        self.write(at, kind, row.amount_minor, about, self.command.occurred_at)
    }

    fn close(&mut self, row: payout::Model) {
        let closed_at = Some(self.command.recorded_at);
        self.payouts.insert(row.id, payout::Model { closed_at, ..row });
    }
}

fn about(payout: PayoutId) -> About {
    About { payout: Some(payout), ..About::default() }
}

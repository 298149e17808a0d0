//! Points go out: payments in one step, their reversal, and operators' debits.

use entity::amount::Points;
use entity::ids::{EntryId, LotId, PartnerId};
use entity::ledger::entry::EntryKind;
use entity::ledger::posting::Account;

use super::command::Acceptance;
use super::draft::{At, Draft, Side};
use super::overflow;
use crate::ledger::reason::Figures;
use crate::refusal::{Code, Refusal};

impl Draft<'_> {
    /// Pays at a partner, with the points that expire soonest.
    pub(super) fn pay(&mut self, points: Points, acceptance: &Acceptance) -> Result<(), Refusal> {
        self.has_available(points)?;
        let at = self.main_entry(EntryKind::Paid, points)?;
        self.take_soonest(at, points, Some(acceptance.price_micros))?;
        let to = self.accepted(acceptance.partner);
        self.post(at, Side::of(Account::Available, at.wallet), to, points)?;
        self.touch(at.wallet)
    }

    /// An operator takes points, to the programme's own account.
    pub(super) fn debit(&mut self, points: Points) -> Result<(), Refusal> {
        self.has_available(points)?;
        let at = self.main_entry(EntryKind::Adjusted, points)?;
        self.take_soonest(at, points, None)?;
        self.post(
            at,
            Side::of(Account::Available, at.wallet),
            self.programme(Account::Adjusted),
            points,
        )
    }

    /// An operator lets some of a debt go.
    pub(super) fn write_off(&mut self, points: Points) -> Result<(), Refusal> {
        let wallet = self.command.wallet;
        let owed = self.wallet(wallet)?.row.debt;
        if points > owed {
            let message =
                format!("{points} points were to be written off; the member owes {owed}.");
            return Err(Refusal::new(Code::InsufficientPoints).because(message).at("points"));
        }
        let at = self.main_entry(EntryKind::WrittenOff, points)?;
        self.post(at, self.programme(Account::Adjusted), Side::of(Account::Debt, wallet), points)
    }

    /// Undoes a payment: the exact inverse, the same lots get back what they gave.
    pub(super) fn reverse(&mut self, payment: EntryId) -> Result<(), Refusal> {
        let book = self.book;
        let burn = book.burns.get(&payment).ok_or(Refusal::new(Code::PaymentNotFound))?;
        if burn.is_reversed {
            return Err(Code::PaymentAlreadyReversed.into());
        }
        let (wallet, points) = (self.command.wallet, burn.parts.iter());
        let points =
            points.map(|(_, part)| *part).try_fold(Points::ZERO, Points::plus).map_err(overflow)?;
        let at = self.main_entry(EntryKind::Reversed, points)?;
        if let Some(entry) = self.last_entry() {
            entry.related_entry_id = Some(payment);
        }
        let mut restored = Vec::new();
        for (lot, part) in &burn.parts {
            restored.push(self.restore(at, lot, *part)?);
        }
        let from = self.accepted(burn.entry.partner_id);
        let available = Side::of(Account::Available, wallet);
        self.post(at, from, available, points)?;
        let debt_filled = self.fill_debt(at, available, &restored)?;
        self.explain(&Figures { debt_filled, ..Figures::default() });
        self.journal.reversed.push(payment);
        Ok(())
    }

    /// Gives a part back to its lot, or to a new one like it where the wallet was pooled since.
    fn restore(
        &mut self,
        at: At,
        lot: &entity::ledger::lot::Model,
        part: Points,
    ) -> Result<LotId, Refusal> {
        let moment = self.command.recorded_at;
        if lot.wallet_id == at.wallet {
            self.put_back(at, lot.id, part, moment)?;
            return Ok(lot.id);
        }
        let id = self.moved_lot(at, at.wallet, lot, part)?;
        self.lot(at.wallet, id)?.is_pending = false;
        self.revive(at.wallet, id, moment)?;
        Ok(id)
    }

    /// A refusal with the figures unless the wallet has that many points to spend.
    pub(super) fn has_available(&mut self, points: Points) -> Result<(), Refusal> {
        let wallet = self.command.wallet;
        let available = self.wallet(wallet)?.row.available;
        if points <= available {
            return Ok(());
        }
        let message = format!("{points} points are needed and {available} are available.");
        Err(Refusal::new(Code::InsufficientPoints).because(message).at("points"))
    }

    /// Takes points from the wallet's lots, soonest expiry first, and says from which.
    pub(super) fn take_soonest(
        &mut self,
        at: At,
        points: Points,
        price: Option<i64>,
    ) -> Result<Vec<(LotId, Points)>, Refusal> {
        let lots = self.wallet(at.wallet)?.spendable();
        let takings = self.share_out(at, &lots, points)?;
        for (lot, part) in &takings {
            self.take(at, *lot, *part, price)?;
        }
        let taken = takings.iter().map(|(_, part)| *part).try_fold(Points::ZERO, Points::plus);
        if taken.map_err(overflow)? == points {
            Ok(takings)
        } else {
            Err(Code::InsufficientPoints.into())
        }
    }

    /// How much each lot would give, in the order given, until there is enough.
    pub(super) fn share_out(
        &mut self,
        at: At,
        lots: &[LotId],
        points: Points,
    ) -> Result<Vec<(LotId, Points)>, Refusal> {
        let mut left = points;
        let mut takings = Vec::new();
        for lot in lots {
            let part = left.min(self.lot(at.wallet, *lot)?.remaining);
            if part.is_zero() {
                continue;
            }
            left = left.less(part);
            takings.push((*lot, part));
        }
        Ok(takings)
    }

    /// The side of who accepts points: a partner, or the programme.
    pub(super) fn accepted(&self, partner: Option<PartnerId>) -> Side {
        partner.map_or_else(
            || self.programme(Account::Accepted),
            |partner| Side(Account::Accepted, partner.uuid()),
        )
    }
}

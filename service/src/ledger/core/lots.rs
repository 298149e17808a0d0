//! Lots in a draft: taken from, put back into, made, moved, and used to fill a debt.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{LotId, WalletId};
use entity::ledger::allocation::{self, AllocationKind};
use entity::ledger::lot;
use entity::ledger::posting::Account;

use super::command::NewLot;
use super::draft::{At, Draft, Side};
use super::overflow;
use crate::refusal::{Code, Refusal};

impl Draft<'_> {
    /// Takes points out of a lot.
    pub(super) fn take(
        &mut self,
        at: At,
        lot: LotId,
        points: Points,
        price: Option<i64>,
    ) -> Result<(), Refusal> {
        let row = self.lot(at.wallet, lot)?;
        row.remaining =
            row.remaining.minus(points).map_err(|_| Refusal::new(Code::InsufficientPoints))?;
        self.journal.changed_lots.push((at.wallet, lot));
        self.allocate(at, lot, AllocationKind::Taken, points, price)
    }

    /// Puts points back into the lot they came from, at that moment.
    pub(super) fn put_back(
        &mut self,
        at: At,
        lot: LotId,
        points: Points,
        moment: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let row = self.lot(at.wallet, lot)?;
        row.remaining = row.remaining.plus(points).map_err(overflow)?;
        self.revive(at.wallet, lot, moment)?;
        self.journal.changed_lots.push((at.wallet, lot));
        self.allocate(at, lot, AllocationKind::GivenBack, points, None)
    }

    /// Points that came back aren't lost at once: a lot that has expired gets the grace days; where
    /// lots have no date, a wallet that was inactive for too long begins anew.
    pub(super) fn revive(
        &mut self,
        wallet: WalletId,
        lot: LotId,
        moment: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let rules = &self.book.rules;
        let row = self.lot(wallet, lot)?;
        row.expires_at =
            row.expires_at.map(|at| if at <= moment { moment + rules.grace } else { at });
        let row = &mut self.wallet(wallet)?.row;
        if rules.expiry.of_inactivity(row.last_active_at).is_some_and(|at| at <= moment) {
            row.last_active_at = moment;
        }
        Ok(())
    }

    /// Notes an entry's part in a lot; a second part of the same kind joins the first.
    pub(super) fn allocate(
        &mut self,
        at: At,
        lot: LotId,
        kind: AllocationKind,
        points: Points,
        acceptance_price_micros: Option<i64>,
    ) -> Result<(), Refusal> {
        let same = self.journal.allocations.iter_mut().find(|earlier| {
            earlier.entry_id == at.entry && earlier.lot_id == lot && earlier.kind == kind
        });
        if let Some(earlier) = same {
            earlier.points = earlier.points.plus(points).map_err(overflow)?;
            return Ok(());
        }
        self.journal.allocations.push(allocation::Model {
            programme_id: self.book.rules.programme,
            wallet_id: at.wallet,
            entry_id: at.entry,
            lot_id: lot,
            kind,
            points,
            acceptance_price_micros,
        });
        Ok(())
    }

    /// Makes a lot of the command's own earning.
    pub(super) fn new_lot(&mut self, at: At, new: &NewLot) -> Result<LotId, Refusal> {
        let is_pending = new.available_at > self.command.recorded_at;
        let lot = lot::Model {
            programme_id: self.book.rules.programme,
            wallet_id: at.wallet,
            id: LotId::from_uuid(self.derive()),
            entry_id: at.entry,
            purchase_id: self.command.purchase,
            origin_lot_id: None,
            issuer_id: new.issuer,
            part: new.part,
            quantity: new.points,
            remaining: new.points,
            expired: Points::ZERO,
            is_pending,
            earned_at: self.command.occurred_at,
            available_at: new.available_at,
            expires_at: new.expires_at,
            terms: new.terms.clone(),
        };
        self.insert_lot(lot)
    }

    /// Makes a lot in `wallet` of points that were in another, everything about them kept.
    pub(super) fn moved_lot(
        &mut self,
        at: At,
        wallet: WalletId,
        from: &lot::Model,
        points: Points,
    ) -> Result<LotId, Refusal> {
        let lot = lot::Model {
            wallet_id: wallet,
            id: LotId::from_uuid(self.derive()),
            entry_id: at.entry,
            origin_lot_id: Some(from.id),
            quantity: points,
            remaining: points,
            expired: Points::ZERO,
            ..from.clone()
        };
        self.insert_lot(lot)
    }

    fn insert_lot(&mut self, lot: lot::Model) -> Result<LotId, Refusal> {
        let (wallet, id) = (lot.wallet_id, lot.id);
        self.wallet(wallet)?.lots.insert(id, lot);
        self.journal.made_lots.push((wallet, id));
        Ok(id)
    }

    /// Pays what the member owes out of `lots`, whose points lie in `account`, before they can be
    /// spent.
    pub(super) fn fill_debt(
        &mut self,
        at: At,
        account: Side,
        lots: &[LotId],
    ) -> Result<Points, Refusal> {
        let mut filled = Points::ZERO;
        for lot in lots {
            let owed = self.wallet(at.wallet)?.row.debt;
            let points = owed.min(self.lot(at.wallet, *lot)?.remaining);
            if points.is_zero() {
                continue;
            }
            self.take(at, *lot, points, None)?;
            self.post(at, account, Side::of(Account::Debt, at.wallet), points)?;
            filled = filled.plus(points).map_err(overflow)?;
        }
        Ok(filled)
    }
}

//! Points come in: purchases, and operators' credits.

use entity::amount::Points;
use entity::ledger::entry::EntryKind;
use entity::ledger::posting::Account;

use super::command::NewLot;
use super::draft::{At, Draft, Side};
use super::overflow;
use crate::ledger::reason::Figures;
use crate::refusal::Refusal;

impl Draft<'_> {
    /// A purchase or event earns its lots. One that earned nothing is an entry of no points: it happened.
    pub(super) fn earn(&mut self, lots: &[NewLot]) -> Result<(), Refusal> {
        let points = lots
            .iter()
            .map(|lot| lot.points)
            .try_fold(Points::ZERO, Points::plus)
            .map_err(overflow)?;
        let kind = match self.command.purchase {
            Some(_) => EntryKind::Earned,
            None => EntryKind::EventEarned,
        };
        let at = self.main_entry(kind, points)?;
        let mut debt_filled = Points::ZERO;
        for lot in lots.iter().filter(|lot| !lot.points.is_zero()) {
            let issuer = lot.issuer.map_or(self.programme(Account::Issued), |partner| {
                Side(Account::Issued, partner.uuid())
            });
            debt_filled = debt_filled.plus(self.add(at, issuer, lot)?).map_err(overflow)?;
        }
        // Buying for less than a point is activity too.
        self.touch(at.wallet)?;
        self.explain(&Figures { debt_filled, ..Figures::default() });
        Ok(())
    }

    /// An operator gives points, from the programme's own account.
    pub(super) fn credit(&mut self, lot: &NewLot) -> Result<(), Refusal> {
        let at = self.main_entry(EntryKind::Adjusted, lot.points)?;
        let debt_filled = self.add(at, self.programme(Account::Adjusted), lot)?;
        // Who is given points has the whole time to use them.
        self.touch(at.wallet)?;
        self.explain(&Figures { debt_filled, ..Figures::default() });
        Ok(())
    }

    /// Makes a lot and says how much of it went to what the member owes.
    fn add(&mut self, at: At, issuer: Side, new: &NewLot) -> Result<Points, Refusal> {
        let lot = self.new_lot(at, new)?;
        if self.lot(at.wallet, lot)?.is_pending {
            self.post(at, issuer, Side::of(Account::Pending, at.wallet), new.points)?;
            return Ok(Points::ZERO);
        }
        let filled = self.fill_debt(at, issuer, &[lot])?;
        self.post(at, issuer, Side::of(Account::Available, at.wallet), new.points.less(filled))?;
        Ok(filled)
    }
}

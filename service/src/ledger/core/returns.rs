//! Goods come back, and the points that they had earned with them.
//!
//! A return is never refused for want of points: goods did come back. First the purchase's own
//! lots give what they still have; then, for what was spent of it (held counts as spent), the
//! wallet's other lots, soonest expiry first; what is still short follows the programme's debt
//! policy. Points of the purchase that have expired are gone already and nobody is asked for them.

use entity::amount::Points;
use entity::ids::{LotId, PartnerId};
use entity::ledger::entry::EntryKind;
use entity::ledger::lot;
use entity::ledger::posting::Account;
use entity::programmes::programme::DebtPolicy;

use super::command::ReturnedPart;
use super::draft::{At, Draft, Side};
use super::overflow;
use crate::ledger::reason::Figures;
use crate::refusal::Refusal;

impl Draft<'_> {
    /// Takes back what goods had earned, part by part.
    pub(super) fn give_back(
        &mut self,
        issuer: PartnerId,
        parts: &[ReturnedPart],
    ) -> Result<(), Refusal> {
        let points = parts.iter().map(|part| part.points);
        let points = points.into_iter().try_fold(Points::ZERO, Points::plus).map_err(overflow)?;
        let at = self.main_entry(EntryKind::Returned, points)?;
        let mut figures = Figures::default();
        let mut short = Points::ZERO;
        for part in parts {
            let (recovered, excused) = self.take_part(at, issuer, part)?;
            figures.recovered = figures.recovered.plus(recovered).map_err(overflow)?;
            figures.excused = figures.excused.plus(excused).map_err(overflow)?;
            if parts.len() > 1 && !excused.is_zero() {
                figures.excused_parts.push((part.part, excused));
            }
            let missing = part.points.less(recovered).less(excused);
            short = short.plus(missing).map_err(overflow)?;
        }
        let others = self.others(at)?;
        figures.from_other_lots = self.take_to_issuer(at, issuer, &others, short)?;
        let short = short.less(figures.from_other_lots);
        match self.book.rules.debt {
            DebtPolicy::AllowDebt => figures.owed = short,
            DebtPolicy::Forgive => figures.forgiven = short,
        }
        let to = Side(Account::Issued, issuer.uuid());
        self.post(at, Side::of(Account::Debt, at.wallet), to, figures.owed)?;
        self.explain(&figures);
        Ok(())
    }

    /// Takes back from a part's own lots; says how many there were, and how many had expired.
    fn take_part(
        &mut self,
        at: At,
        issuer: PartnerId,
        part: &ReturnedPart,
    ) -> Result<(Points, Points), Refusal> {
        let purchase = self.command.purchase;
        let is_own = |lot: &lot::Model| lot.purchase_id == purchase && lot.part == part.part;
        let own = self.wallet(at.wallet)?.ordered(is_own);
        let spent = self.spent_of(at, part)?;
        let recovered = self.take_to_issuer(at, issuer, &own, part.points)?;
        Ok((recovered, part.points.less(recovered).less(spent)))
    }

    /// The wallet's other lots, in the order in which they are asked: what can be spent, what waits, and
    /// last what the purchase itself still has in other parts.
    fn others(&mut self, at: At) -> Result<Vec<LotId>, Refusal> {
        let purchase = self.command.purchase;
        let wallet = self.wallet(at.wallet)?;
        let mut others = wallet.ordered(|lot| lot.purchase_id != purchase && !lot.is_pending);
        others.extend(wallet.ordered(|lot| lot.purchase_id != purchase && lot.is_pending));
        others.extend(wallet.ordered(|lot| lot.purchase_id == purchase));
        Ok(others)
    }

    /// What of a part's points was spent: neither in its lots any more nor expired, be it here or in a
    /// wallet that was pooled into this one since.
    fn spent_of(&mut self, at: At, part: &ReturnedPart) -> Result<Points, Refusal> {
        let (book, purchase) = (self.book, self.command.purchase);
        let former = book.former(at.wallet).flat_map(|wallet| wallet.lots.values());
        let lots = self.wallet(at.wallet)?.lots.values().chain(former);
        let lots = lots.filter(|lot| lot.purchase_id == purchase && lot.part == part.part);
        Ok(lots.fold(part.outstanding, |spent, lot| spent.less(lot.remaining).less(lot.expired)))
    }

    /// Takes up to `points` from the lots to the issuer's account, and says how many there were.
    fn take_to_issuer(
        &mut self,
        at: At,
        issuer: PartnerId,
        lots: &[LotId],
        points: Points,
    ) -> Result<Points, Refusal> {
        let to = Side(Account::Issued, issuer.uuid());
        let mut taken = Points::ZERO;
        for (lot, part) in self.share_out(at, lots, points)? {
            let account = if self.lot(at.wallet, lot)?.is_pending {
                Account::Pending
            } else {
                Account::Available
            };
            self.take(at, lot, part, None)?;
            self.post(at, Side::of(account, at.wallet), to, part)?;
            taken = taken.plus(part).map_err(overflow)?;
        }
        Ok(taken)
    }
}

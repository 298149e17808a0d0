//! Goods come back, and the points that they had earned with them.
//!
//! A return is never refused for want of points: goods did come back. First the purchase's own
//! lots give what they still have; then, for what was spent of it (held counts as spent), the
//! wallet's other lots, soonest expiry first; what is still short follows the programme's debt
//! policy. Points of the purchase that have expired are gone already and nobody is asked for them.

use entity::amount::Points;
use entity::ids::{LotId, PartnerId};
use entity::ledger::entry::EntryKind;
use entity::ledger::posting::Account;
use entity::programmes::programme::DebtPolicy;

use super::draft::{At, Draft, Side};
use super::overflow;
use crate::ledger::reason::Figures;
use crate::refusal::Refusal;

impl Draft<'_> {
    /// Takes back `points` of the `outstanding` that the purchase earned and still stand.
    pub(super) fn give_back(
        &mut self,
        issuer: PartnerId,
        points: Points,
        outstanding: Points,
    ) -> Result<(), Refusal> {
        let at = self.main_entry(EntryKind::Returned, points)?;
        let purchase = self.command.purchase;
        let wallet = self.wallet(at.wallet)?;
        let own = wallet.ordered(|lot| lot.purchase_id == purchase);
        let mut others = wallet.ordered(|lot| lot.purchase_id != purchase && !lot.is_pending);
        others.extend(wallet.ordered(|lot| lot.purchase_id != purchase && lot.is_pending));
        let spent = self.spent_of(at, outstanding)?;

        let recovered = self.take_to_issuer(at, issuer, &own, points)?;
        let short = points.less(recovered);
        let excused = short.less(spent);
        let short = short.less(excused);
        let from_other_lots = self.take_to_issuer(at, issuer, &others, short)?;
        let short = short.less(from_other_lots);
        let (owed, forgiven) = match self.book.rules.debt {
            DebtPolicy::AllowDebt => (short, Points::ZERO),
            DebtPolicy::Forgive => (Points::ZERO, short),
        };
        let to = Side(Account::Issued, issuer.uuid());
        self.post(at, Side::of(Account::Debt, at.wallet), to, owed)?;
        self.explain(&Figures {
            recovered,
            from_other_lots,
            owed,
            forgiven,
            excused,
            ..Figures::default()
        });
        Ok(())
    }

    /// What of the purchase's points was spent: neither in its lots any more nor expired, be it here
    /// or in a wallet that was pooled into this one since.
    fn spent_of(&mut self, at: At, outstanding: Points) -> Result<Points, Refusal> {
        let (book, purchase) = (self.book, self.command.purchase);
        let former = book.former(at.wallet).flat_map(|wallet| wallet.lots.values());
        let lots = self.wallet(at.wallet)?.lots.values().chain(former);
        let lots = lots.filter(|lot| lot.purchase_id == purchase);
        Ok(lots.fold(outstanding, |spent, lot| spent.less(lot.remaining).less(lot.expired)))
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

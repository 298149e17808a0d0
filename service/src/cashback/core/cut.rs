//! Goods come back: each accrual of the purchase becomes what it would be without them.

use entity::cashback::accrual;
use entity::cashback::cashback_entry::CashbackKind;
use entity::cashback::cashback_posting::CashbackAccount as Account;
use entity::ids::{PurchaseId, ReturnId};

use super::book::AccrualKey;
use super::command::Rest;
use super::draft::{About, Draft, Side};
use super::shares::cashback_of;
use crate::refusal::Refusal;

impl Draft<'_> {
    pub(super) fn cut(
        &mut self,
        purchase: PurchaseId,
        return_id: ReturnId,
        rest: &[Rest],
    ) -> Result<(), Refusal> {
        let keys: Vec<AccrualKey> = self.book.accruals_of(purchase).map(|(key, _)| *key).collect();
        for (place, key) in keys.into_iter().enumerate() {
            let Some(row) = self.accrual(key) else { continue };
            let left = rest.iter().find(|rest| rest.part == row.part);
            let basis_minor = left.map_or(0, |rest| rest.basis_minor);
            let stays = cashback_of(basis_minor, row.bp)?.min(row.remaining_minor);
            if stays < row.remaining_minor {
                self.cut_one(place == 0, (key, row), (return_id, basis_minor), stays)?;
            }
        }
        Ok(())
    }

    fn cut_one(
        &mut self,
        is_first: bool,
        (key, mut row): (AccrualKey, accrual::Model),
        (return_id, basis_minor): (ReturnId, i64),
        stays: i64,
    ) -> Result<(), Refusal> {
        let wallet = row.wallet_id;
        let at = if is_first { self.main_entry(wallet) } else { self.next_entry(wallet) };
        let taken = row.remaining_minor - stays;
        let of = |account| Side::of(account, wallet);
        let mut givers = if row.is_pending {
            vec![(of(Account::Pending), taken)]
        } else {
            let available = self.wallet(wallet).available.min(taken);
            vec![(of(Account::Available), available), (of(Account::Owed), taken - available)]
        };
        // A smaller amount may leave a funder a unit more: it gives that to the others.
        let (before, after) =
            (self.funders(&row.shares, row.remaining_minor)?, self.funders(&row.shares, stays)?);
        let changes = before
            .into_iter()
            .zip(after)
            .map(|((owner, before), (_, after))| (Side(Account::Funded, owner), before - after));
        let (more, less): (Vec<_>, Vec<_>) = changes.partition(|(_, change)| *change < 0);
        givers.extend(more.into_iter().map(|(side, change)| (side, -change)));
        self.match_up(at, givers, less)?;
        let about = About {
            reason: super::Reason {
                basis_minor: Some(basis_minor),
                bp: Some(row.bp),
                return_id: Some(return_id),
                ..super::Reason::default()
            },
            ..About::accrual(&row)
        };
        self.write(at, CashbackKind::Returned, taken, about, self.command.occurred_at)?;
        row.remaining_minor = stays;
        self.accruals.insert(key, row);
        Ok(())
    }

    /// Posts what some give to what others take, in order; both come to the same sum.
    fn match_up(
        &mut self,
        at: super::draft::At,
        mut givers: Vec<(Side, i64)>,
        takers: Vec<(Side, i64)>,
    ) -> Result<(), Refusal> {
        givers.reverse();
        for (to, mut wanted) in takers {
            while wanted > 0
                && let Some((from, has)) = givers.pop()
            {
                let moved = wanted.min(has);
                self.post(at, from, to, moved)?;
                wanted -= moved;
                if has > moved {
                    givers.push((from, has - moved));
                }
            }
        }
        Ok(())
    }
}

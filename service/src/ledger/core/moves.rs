//! Points go from wallet to wallet: transfers between members, and pooling in a household.
//!
//! Lots move with issuer, prices and dates kept. The moving entry lies in the giving wallet and
//! carries the postings; the receiving wallet has an entry of its own that tells of them.

use entity::amount::Points;
use entity::ids::{EntryId, LotId, WalletId};
use entity::ledger::entry::EntryKind;
use entity::ledger::hold::HoldStatus;
use entity::ledger::posting::Account;

use super::draft::{At, Draft, Side};
use super::overflow;
use crate::ledger::reason::Figures;
use crate::refusal::{Code, Refusal};

impl Draft<'_> {
    /// Gives points to another wallet; what that one owes is paid first.
    pub(super) fn transfer(&mut self, to: WalletId, points: Points) -> Result<(), Refusal> {
        let from = self.command.wallet;
        if from == to {
            return Err(Code::SameWallet.into());
        }
        self.has_available(points)?;
        let at = self.main_entry(EntryKind::TransferredOut, points)?;
        self.relate(to, None);
        let takings = self.take_soonest(at, points, None)?;
        let moved = self.move_lots(at, to, &takings)?;
        self.post(
            at,
            Side::of(Account::Available, from),
            Side::of(Account::Available, to),
            points,
        )?;
        self.touch(from)?;
        self.receive(to, EntryKind::TransferredIn, points, &moved)?;
        // Who is given points has the whole time to use them.
        self.touch(to)
    }

    /// Puts all that the wallet has, and what it owes, into a household's. The wallet is empty then
    /// and names its successor.
    pub(super) fn pool(&mut self, into: WalletId) -> Result<(), Refusal> {
        let from = self.command.wallet;
        if from == into {
            return Err(Code::SameWallet.into());
        }
        for wallet in [from, into] {
            if self.wallet(wallet)?.row.successor_id.is_some() {
                return Err(Code::MemberAlreadyPooled.into());
            }
        }
        if self.wallet(from)?.holds.values().any(|hold| hold.row.status == HoldStatus::Open) {
            return Err(Code::OpenHolds.into());
        }
        let row = self.wallet(from)?.row.clone();
        let points = row.available.plus(row.pending).map_err(overflow)?;
        let at = self.main_entry(EntryKind::PooledOut, points)?;
        self.relate(into, None);
        let lots = self.wallet(from)?.ordered(|_| true);
        let takings = self.share_out(at, &lots, points)?;
        for (lot, part) in &takings {
            self.take(at, *lot, *part, None)?;
        }
        self.move_lots(at, into, &takings)?;
        for (account, moved) in
            [(Account::Available, row.available), (Account::Pending, row.pending)]
        {
            self.post(at, Side::of(account, from), Side::of(account, into), moved)?;
        }
        self.post(at, Side::of(Account::Debt, into), Side::of(Account::Debt, from), row.debt)?;
        self.wallet(from)?.row.successor_id = Some(into);
        let last_active_at = row.last_active_at;
        let target = &mut self.wallet(into)?.row;
        target.last_active_at = target.last_active_at.max(last_active_at);
        let spendable = self.wallet(into)?.spendable();
        self.receive(into, EntryKind::PooledIn, points, &spendable)
    }

    /// The receiving wallet's entry; its debt is filled from `lots`.
    fn receive(
        &mut self,
        wallet: WalletId,
        kind: EntryKind,
        points: Points,
        lots: &[LotId],
    ) -> Result<(), Refusal> {
        self.seal();
        let (giver, given) = (self.command.wallet, self.command.entry);
        let id = EntryId::from_uuid(self.derive());
        let (occurred_at, cause) = (self.command.occurred_at, self.command.cause.clone());
        let at = self.entry(id, wallet, kind, points, occurred_at, cause)?;
        self.relate(giver, Some(given));
        let debt_filled = self.fill_debt(at, Side::of(Account::Available, wallet), lots)?;
        self.explain(&Figures { debt_filled, ..Figures::default() });
        Ok(())
    }

    fn move_lots(
        &mut self,
        at: At,
        to: WalletId,
        takings: &[(LotId, Points)],
    ) -> Result<Vec<LotId>, Refusal> {
        let mut moved = Vec::new();
        for (lot, part) in takings {
            let from = self.lot(at.wallet, *lot)?.clone();
            moved.push(self.moved_lot(at, to, &from, *part)?);
        }
        Ok(moved)
    }

    fn relate(&mut self, wallet: WalletId, entry: Option<EntryId>) {
        if let Some(last) = self.last_entry() {
            last.related_wallet_id = Some(wallet);
            last.related_entry_id = entry;
        }
    }
}

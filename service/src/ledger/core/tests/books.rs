//! What must hold of every book at any time, and what a test reads out of one.

use entity::amount::Points;
use entity::ids::EntryId;
use entity::ledger::allocation::AllocationKind;
use entity::ledger::hold::HoldStatus;
use entity::ledger::posting::Account;

use crate::ledger::core::{Book, Burn, Wallet};

/// Every wallet's balances are what the postings, and its lots and holds, say; nobody owes points
/// that could be spent.
pub(in crate::ledger::core) fn holds(book: &Book) {
    for wallet in book.wallets.values() {
        let row = &wallet.row;
        let posted = |account| posted(book, wallet, account);
        let in_lots = |is_pending| {
            sum(wallet.lots.values().filter(|l| l.is_pending == is_pending).map(|l| l.remaining))
        };
        let open = wallet.holds.values().filter(|hold| hold.row.status == HoldStatus::Open);
        assert_eq!(row.available.get(), posted(Account::Available), "available, by postings");
        assert_eq!(row.pending.get(), posted(Account::Pending), "pending, by postings");
        assert_eq!(row.held.get(), posted(Account::Held), "held, by postings");
        assert_eq!(row.debt.get(), -posted(Account::Debt), "debt, by postings");
        assert_eq!(row.available.get(), in_lots(false), "available, by lots");
        assert_eq!(row.pending.get(), in_lots(true), "pending, by lots");
        assert_eq!(row.held.get(), sum(open.map(|hold| hold.row.points)), "held, by holds");
        assert!(row.debt.is_zero() || row.available.is_zero(), "a debt beside available points");
        assert!(
            wallet.lots.values().all(|lot| lot.remaining <= lot.quantity),
            "a lot has more than it began with"
        );
    }
}

fn posted(book: &Book, wallet: &Wallet, account: Account) -> i64 {
    let side = (account, wallet.row.id.uuid());
    let postings = || book.journal.postings.iter();
    sum(postings().filter(|p| (p.to_account, p.to_owner) == side).map(|p| p.points))
        - sum(postings().filter(|p| (p.from_account, p.from_owner) == side).map(|p| p.points))
}

pub(in crate::ledger::core) fn sum(points: impl Iterator<Item = Points>) -> i64 {
    points.map(Points::get).sum()
}

/// The payment of that entry, as loading it for a reversal finds it.
pub(in crate::ledger::core) fn burn_of(book: &Book, payment: EntryId) -> Burn {
    let is_capture = |kind| kind == AllocationKind::Captured;
    let used = || book.journal.allocations.iter().filter(|used| used.entry_id == payment);
    let captures = used().any(|used| is_capture(used.kind));
    let lot = |used: &entity::ledger::allocation::Model| {
        (book.wallets[&used.wallet_id].lots[&used.lot_id].clone(), used.points)
    };
    let entry = book.journal.entries.iter().find(|entry| entry.id == payment).unwrap().clone();
    let parts = used().filter(|used| is_capture(used.kind) == captures).map(lot).collect();
    let is_reversed = book.journal.reversed.contains(&payment);
    Burn { entry, parts, is_reversed }
}

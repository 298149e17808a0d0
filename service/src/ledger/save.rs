//! Makes a batch durable: each table in one statement, whatever the number of commands.

use std::collections::BTreeSet;

use entity::ids::{HoldId, LotId, WalletId};
use entity::ledger::outbox::FactKind;
use entity::ledger::{allocation, entry, hold, idempotency_key, lot, outbox, posting, wallet};

use super::core::{Book, Journal};
use crate::error::{Error, Result};
use crate::rows::{insert_all, update_all};
use crate::tx::Tx;

/// Writes the book's journal, and the rows as the last command left them.
pub(super) async fn book(tx: &Tx, book: &Book) -> Result<()> {
    let journal = &book.journal;
    insert_all::<entry::Entity>(tx, &journal.entries).await?;
    insert_all::<posting::Entity>(tx, &journal.postings).await?;
    lots(tx, book).await?;
    insert_all::<allocation::Entity>(tx, &journal.allocations).await?;
    holds(tx, book).await?;
    wallets(tx, book).await?;
    insert_all::<idempotency_key::Entity>(tx, &keys(book)).await?;
    insert_all::<outbox::Entity>(tx, &facts(journal)).await
}

async fn lots(tx: &Tx, book: &Book) -> Result<()> {
    let made: BTreeSet<(WalletId, LotId)> = book.journal.made_lots.iter().copied().collect();
    let changed: BTreeSet<(WalletId, LotId)> = book.journal.changed_lots.iter().copied().collect();
    let find = |(wallet, lot): &(WalletId, LotId)| book.wallets.get(wallet)?.lots.get(lot).cloned();
    let new: Vec<lot::Model> = made.iter().filter_map(find).collect();
    let old: Vec<lot::Model> = changed.difference(&made).filter_map(find).collect();
    insert_all::<lot::Entity>(tx, &new).await?;
    let changing = [
        lot::Column::Remaining,
        lot::Column::Expired,
        lot::Column::IsPending,
        lot::Column::ExpiresAt,
    ];
    all_found(old.len(), update_all::<lot::Entity>(tx, &old, &changing).await?)
}

async fn holds(tx: &Tx, book: &Book) -> Result<()> {
    let made: BTreeSet<(WalletId, HoldId)> = book.journal.made_holds.iter().copied().collect();
    let closed: BTreeSet<(WalletId, HoldId)> = book.journal.closed_holds.iter().copied().collect();
    let find = |(wallet, hold): &(WalletId, HoldId)| {
        Some(book.wallets.get(wallet)?.holds.get(hold)?.row.clone())
    };
    let new: Vec<hold::Model> = made.iter().filter_map(find).collect();
    let old: Vec<hold::Model> = closed.difference(&made).filter_map(find).collect();
    insert_all::<hold::Entity>(tx, &new).await?;
    let changing = [hold::Column::Status, hold::Column::Captured, hold::Column::ClosedAt];
    all_found(old.len(), update_all::<hold::Entity>(tx, &old, &changing).await?)
}

async fn wallets(tx: &Tx, book: &Book) -> Result<()> {
    use wallet::Column;
    let changed: BTreeSet<WalletId> = book.journal.changed_wallets.iter().copied().collect();
    let rows: Vec<wallet::Model> =
        changed.iter().filter_map(|id| Some(book.wallets.get(id)?.row.clone())).collect();
    let changing = [
        Column::Available,
        Column::Pending,
        Column::Held,
        Column::Debt,
        Column::Seq,
        Column::LastActiveAt,
        Column::NextDueAt,
        Column::SuccessorId,
    ];
    all_found(rows.len(), update_all::<wallet::Entity>(tx, &rows, &changing).await?)
}

/// A row that was locked can't be gone; if it is, nothing of the batch may stand.
fn all_found(expected: usize, found: u64) -> Result<()> {
    if u64::try_from(expected) == Ok(found) {
        return Ok(());
    }
    Err(Error::internal(format!("{expected} rows were to change and {found} did")))
}

/// In one order everywhere, so that two gateways with the same keys don't wait for each other in a ring.
fn keys(book: &Book) -> Vec<idempotency_key::Model> {
    let row = |(key, outcome, recorded_at): &(super::core::Key, idempotency_key::Outcome, _)| {
        idempotency_key::Model {
            programme_id: book.rules.programme,
            caller: key.caller.clone(),
            key: key.key.clone(),
            fingerprint: key.fingerprint.clone(),
            outcome: outcome.clone(),
            recorded_at: *recorded_at,
        }
    };
    let mut rows: Vec<_> = book.journal.keys.iter().map(row).collect();
    rows.sort_by(|one, other| (&one.caller, &one.key).cmp(&(&other.caller, &other.key)));
    rows
}

fn facts(journal: &Journal) -> Vec<outbox::Model> {
    let fact = |entry: &entry::Model| outbox::Model {
        programme_id: entry.programme_id,
        stream_id: entry.wallet_id.uuid(),
        stream_seq: entry.seq,
        kind: FactKind::Entry,
        subject_id: entry.id.uuid(),
    };
    journal.entries.iter().map(fact).collect()
}

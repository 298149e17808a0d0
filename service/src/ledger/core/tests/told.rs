//! What the books hold, in the words of a story.

use chrono::{DateTime, Utc};
use entity::ids::{EntryId, WalletId};
use entity::ledger::allocation::AllocationKind;
use entity::ledger::lot;

use super::story::name;
use crate::ledger::core::Book;
use crate::ledger::reason::Reason;

/// What a story's line says after its verb: about a wallet, or about the last entry.
pub(super) fn told(book: &Book, wallet: WalletId, verb: &str) -> String {
    let last = || book.journal.entries.last().unwrap();
    match verb {
        "has" => balances(book, wallet),
        "keeps" => lots(book, wallet),
        "saw" => history(book, wallet),
        "took" => allocations(book, last().id, AllocationKind::Taken),
        "gave" => allocations(book, last().id, AllocationKind::GivenBack),
        "captured" => allocations(book, last().id, AllocationKind::Captured),
        "posted" => postings(book, last().id),
        _ => figures(&last().reason),
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

fn balances(book: &Book, wallet: WalletId) -> String {
    let row = &book.wallets[&wallet].row;
    let rest = [("pending", row.pending), ("held", row.held), ("owes", row.debt)];
    let rest = rest.into_iter().filter(|(_, points)| !points.is_zero());
    rest.fold(row.available.to_string(), |told, (what, points)| format!("{told} {what} {points}"))
}

/// Its open lots, in the order in which they are spent.
fn lots(book: &Book, wallet: WalletId) -> String {
    let wallet = &book.wallets[&wallet];
    let lot = |id| {
        let lot = &wallet.lots[&id];
        let pending = if lot.is_pending { " pending" } else { "" };
        let until = lot.expires_at.map(|at| format!(" until {}", day_of(at))).unwrap_or_default();
        format!("{} {}{pending}{until}", label(lot), lot.remaining)
    };
    list(wallet.ordered(|_| true).into_iter().map(lot))
}

fn history(book: &Book, wallet: WalletId) -> String {
    let entries = book.journal.entries.iter().filter(|entry| entry.wallet_id == wallet);
    list(entries.map(|entry| format!("{} {}", entry.kind.name(), entry.points)))
}

fn allocations(book: &Book, entry: EntryId, kind: AllocationKind) -> String {
    let used = book.journal.allocations.iter();
    let used = used.filter(|used| used.entry_id == entry && used.kind == kind);
    list(used.map(|used| {
        let lot = &book.wallets[&used.wallet_id].lots[&used.lot_id];
        let issued = lot.terms.shares[0].issue_price_micros;
        let issued = if issued == 0 { String::new() } else { format!(" issued {issued}") };
        let accepted = used.acceptance_price_micros.filter(|price| *price != 0);
        let accepted = accepted.map(|price| format!(" accepted {price}")).unwrap_or_default();
        format!("{} {}{issued}{accepted}", label(lot), used.points)
    }))
}

fn postings(book: &Book, entry: EntryId) -> String {
    let postings = book.journal.postings.iter().filter(|posting| posting.entry_id == entry);
    list(
        postings.map(|p| format!("{} {} {}", p.from_account.name(), p.to_account.name(), p.points)),
    )
}

/// The figures that aren't zero, in the order of their names.
fn figures(reason: &serde_json::Value) -> String {
    let figures = Reason::from_json(reason).unwrap().figures;
    let stored = serde_json::to_value(&figures).unwrap();
    let stored = stored.as_object().unwrap();
    list(stored.iter().map(|(name, points)| format!("{} {points}", name.replace('_', "-"))))
}

fn label(lot: &lot::Model) -> String {
    lot.purchase_id.map_or("adjusted".to_owned(), name)
}

fn day_of(at: DateTime<Utc>) -> i64 {
    (at - DateTime::UNIX_EPOCH).num_days()
}

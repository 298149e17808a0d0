//! How much of a wallet a batch needs. What only earns needs its row; to spend or return takes every open
//! lot; and where something is due, those lots of which it is, and when the others are next.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::ids::WalletId;
use sea_orm::FromQueryResult;

use super::super::core::{Book, Command};
use super::{first, statement};
use crate::error::Result;
use crate::rows::among;
use crate::tx::Tx;

/// What is needed of which wallets besides their rows.
pub(super) struct Needed {
    /// Every open lot and hold: a command says so, or the wallet has been inactive for too long.
    pub(super) whole: BTreeSet<WalletId>,
    /// Open holds, and the lots that something is due of: a member who saves has many more.
    pub(super) due: BTreeSet<WalletId>,
    /// By when it is due: the last of the commands.
    pub(super) now: DateTime<Utc>,
}

impl Needed {
    /// What these commands need.
    pub(super) fn of(book: &Book, commands: &[Command]) -> Self {
        let mut latest: BTreeMap<WalletId, DateTime<Utc>> = BTreeMap::new();
        for command in commands {
            for wallet in command.wallets() {
                let at = latest.entry(wallet).or_insert(command.recorded_at);
                *at = (*at).max(command.recorded_at);
            }
        }
        let mut whole: BTreeSet<WalletId> =
            commands.iter().flat_map(Command::whole_wallets).collect();
        let mut due = BTreeSet::new();
        for (id, wallet) in &book.wallets {
            let has_come = |at: Option<DateTime<Utc>>| {
                at.is_some_and(|at| latest.get(id).is_some_and(|seen| at <= *seen))
            };
            // The rules may have changed since the wallet was told when it is due.
            if has_come(book.rules.expiry.of_inactivity(wallet.row.last_active_at)) {
                whole.insert(*id);
            } else if has_come(wallet.row.next_due_at) && !whole.contains(id) {
                due.insert(*id);
            }
        }
        let now = latest.into_values().max().unwrap_or_default();
        Self { whole, due, now }
    }

    /// All of them.
    pub(super) fn wallets(&self) -> impl Iterator<Item = WalletId> {
        self.whole.iter().chain(&self.due).copied()
    }

    /// Whether rows are all that is needed.
    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.due.is_empty()
    }
}

/// When something next happens to an open lot.
pub(super) const NEXT: &str = "case when is_pending then available_at else expires_at end";

/// When something is next due of the lots that stay where they are, by wallet.
pub(super) async fn rest_due_at(
    tx: &Tx,
    book: &Book,
    needed: &Needed,
) -> Result<BTreeMap<WalletId, Option<DateTime<Utc>>>> {
    if needed.due.is_empty() {
        return Ok(BTreeMap::new());
    }
    let due = needed.due.iter().map(|id| id.uuid());
    let (condition, ids) = among(tx.backend(), "wallet_id", 2, due);
    let (programme, now) = (first(tx), first(tx).replace('1', "3"));
    let sql = format!(
        "select wallet_id, min({NEXT}) as due_at from lot
         where programme_id = {programme} and {condition} and remaining > 0 and {NEXT} > {now}
         group by wallet_id"
    );
    let statement = statement(tx, book, sql, [ids, needed.now.into()]);
    let rows = DueAt::find_by_statement(statement).all(tx.connection()).await?;
    Ok(rows.into_iter().map(|row| (row.wallet_id, row.due_at)).collect())
}

#[derive(FromQueryResult)]
struct DueAt {
    wallet_id: WalletId,
    due_at: Option<DateTime<Utc>>,
}

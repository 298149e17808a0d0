//! The gate: reads what commands need, has them decided, stores what they wrote.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::cashback::{accrual, cashback_entry, cashback_posting, cashback_wallet, payout};
use entity::ids::{CashbackEntryId, HouseholdId, PayoutId, ProgrammeId, PurchaseId, WalletId};
use entity::ledger::outbox::FactKind;
use entity::ledger::{outbox, wallet};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter};

use super::core::{Action, Book, Command, Verdict, decide};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::rows::{find_among, insert_all, update_all};
use crate::tx::{Moved, Tx};

/// Decides all commands in order and stores what they wrote. A refused one has no effect; the others go
/// on. Durable once the transaction commits.
pub(super) async fn apply(
    tx: &Tx,
    programme: ProgrammeId,
    commands: &[Command],
) -> Result<Vec<Verdict>> {
    lock_wallets(tx, programme, commands).await?;
    apply_locked(tx, programme, commands).await
}

/// The same in a transaction that holds the wallets' locks already.
pub(super) async fn apply_locked(
    tx: &Tx,
    programme: ProgrammeId,
    commands: &[Command],
) -> Result<Vec<Verdict>> {
    if commands.is_empty() {
        return Ok(Vec::new());
    }
    let mut book = load(tx, programme, commands).await?;
    let verdicts = commands.iter().map(|command| decide(&mut book, command)).collect();
    save(tx, &book).await?;
    Ok(verdicts)
}

/// Decides one command.
pub(super) async fn apply_one(tx: &Tx, programme: ProgrammeId, command: Command) -> Result<()> {
    for verdict in apply(tx, programme, &[command]).await? {
        verdict?;
    }
    Ok(())
}

/// All that these wallets hold goes into the household's. The points gate has locked them all.
pub(crate) async fn pool(
    tx: &Tx,
    actor: &Actor,
    programme: ProgrammeId,
    from: impl Iterator<Item = WalletId>,
    (into, household): (WalletId, HouseholdId),
    at: DateTime<Utc>,
) -> Result<()> {
    let action = Action::Pool { into, household };
    let command = |wallet| command(actor, wallet, action.clone(), at);
    let commands: Vec<Command> = from.map(command).collect();
    for verdict in apply_locked(tx, programme, &commands).await? {
        verdict?;
    }
    Ok(())
}

/// Whether a wallet holds no cashback, waits for none and owes none.
pub(crate) async fn is_empty(tx: &Tx, programme: ProgrammeId, wallet: WalletId) -> Result<bool> {
    let row = cashback_wallet::Entity::find_by_id((programme, wallet)).one(tx.connection()).await?;
    Ok(row.is_none_or(|row| {
        [row.pending, row.available, row.in_payout, row.owed].iter().all(|balance| *balance == 0)
    }))
}

/// A command that somebody gives now.
pub(super) fn command(
    actor: &Actor,
    wallet: WalletId,
    action: Action,
    at: DateTime<Utc>,
) -> Command {
    Command {
        entry: CashbackEntryId::at(at),
        wallet,
        actor: actor.to_string(),
        origin: actor.origin().to_owned(),
        occurred_at: at,
        recorded_at: at,
        action,
    }
}

/// The rows of the points wallets, in id order, as the points gate locks them.
async fn lock_wallets(tx: &Tx, programme: ProgrammeId, commands: &[Command]) -> Result<()> {
    let ids = commands.iter().map(|command| command.wallet.uuid());
    let lock = if tx.backend() == DbBackend::Postgres { "for no key update" } else { "" };
    let also = format!("order by id {lock}");
    let column = wallet::Column::Id;
    let rows = find_among::<wallet::Entity, _>(tx.connection(), programme, column, ids, &also);
    match rows.await?.iter().any(|row| row.successor_id.is_some()) {
        true => Err(Error::internal(Moved)),
        false => Ok(()),
    }
}

async fn load(tx: &Tx, programme: ProgrammeId, commands: &[Command]) -> Result<Book> {
    let mut book = Book::new(programme);
    let cut = commands.iter().filter_map(|command| match &command.action {
        Action::Cut { purchase, .. } => Some(PurchaseId::uuid(*purchase)),
        _ => None,
    });
    let (db, column) = (tx.connection(), accrual::Column::PurchaseId);
    let rows = find_among::<accrual::Entity, _>(db, programme, column, cut, "").await?;
    let cut_wallets = rows.iter().map(|row| row.wallet_id).collect::<BTreeSet<_>>();
    book.accruals.extend(rows.into_iter().map(|row| (Book::key(&row), row)));
    payouts(tx, &mut book, commands).await?;
    let named = commands.iter().filter(|command| !matches!(command.action, Action::Cut { .. }));
    let named = named.flat_map(|command| {
        let into = if let Action::Pool { into, .. } = command.action { Some(into) } else { None };
        into.into_iter().chain([command.wallet])
    });
    let ids = named.chain(cut_wallets).map(WalletId::uuid);
    let column = cashback_wallet::Column::Id;
    let rows = find_among::<cashback_wallet::Entity, _>(db, programme, column, ids, "").await?;
    book.wallets.extend(rows.into_iter().map(|row| (row.id, row)));
    due(tx, &mut book, commands).await?;
    Ok(book)
}

/// The payouts that commands name, locked; each must be where its command looks for it.
async fn payouts(tx: &Tx, book: &mut Book, commands: &[Command]) -> Result<()> {
    let named = commands.iter().filter_map(|command| match command.action {
        Action::Cancel { payout } | Action::Pay { payout } | Action::Fail { payout, .. } => {
            Some((payout, command.wallet))
        }
        _ => None,
    });
    let lock = if tx.backend() == DbBackend::Postgres { "for update" } else { "" };
    let (also, column) = (format!("order by id {lock}"), payout::Column::Id);
    let ids = named.clone().map(|(id, _)| PayoutId::uuid(id));
    let db = tx.connection();
    let rows = find_among::<payout::Entity, _>(db, book.programme, column, ids, &also).await?;
    book.payouts.extend(rows.into_iter().map(|row| (row.id, row)));
    for (id, wallet) in named {
        if book.payouts.get(&id).is_some_and(|row| row.wallet_id != wallet) {
            return Err(Error::internal(Moved));
        }
    }
    Ok(())
}

/// All that waits in wallets in which something is due.
async fn due(tx: &Tx, book: &mut Book, commands: &[Command]) -> Result<()> {
    let latest = commands.iter().map(|command| command.recorded_at).max();
    let is_due = |row: &&cashback_wallet::Model| {
        row.next_due_at.zip(latest).is_some_and(|(due, latest)| due <= latest)
    };
    let ids: Vec<_> = book.wallets.values().filter(is_due).map(|row| row.id.uuid()).collect();
    let (db, column) = (tx.connection(), accrual::Column::WalletId);
    let rows = find_among::<accrual::Entity, _>(db, book.programme, column, ids, "and is_pending");
    for row in rows.await? {
        book.accruals.entry(Book::key(&row)).or_insert(row);
    }
    Ok(())
}

async fn save(tx: &Tx, book: &Book) -> Result<()> {
    let journal = &book.journal;
    let wallets = |ids: &BTreeSet<WalletId>| -> Vec<cashback_wallet::Model> {
        ids.iter().filter_map(|id| book.wallets.get(id)).cloned().collect()
    };
    let accruals = |keys: &BTreeSet<super::core::AccrualKey>| -> Vec<accrual::Model> {
        keys.iter().filter_map(|key| book.accruals.get(key)).cloned().collect()
    };
    let payouts = |ids: &BTreeSet<PayoutId>| -> Vec<payout::Model> {
        ids.iter().filter_map(|id| book.payouts.get(id)).cloned().collect()
    };
    insert_all::<cashback_entry::Entity>(tx, &journal.entries).await?;
    insert_all::<cashback_posting::Entity>(tx, &journal.postings).await?;
    insert_all::<cashback_wallet::Entity>(tx, &wallets(&journal.made_wallets)).await?;
    let changing = {
        use cashback_wallet::Column as C;
        [
            C::Pending,
            C::Available,
            C::InPayout,
            C::Paid,
            C::Converted,
            C::Owed,
            C::Seq,
            C::NextDueAt,
        ]
    };
    update_all::<cashback_wallet::Entity>(tx, &wallets(&journal.changed_wallets), &changing)
        .await?;
    insert_all::<accrual::Entity>(tx, &accruals(&journal.made_accruals)).await?;
    let changing = {
        use accrual::Column as C;
        [C::WalletId, C::RemainingMinor, C::IsPending]
    };
    update_all::<accrual::Entity>(tx, &accruals(&journal.changed_accruals), &changing).await?;
    insert_all::<payout::Entity>(tx, &payouts(&journal.made_payouts)).await?;
    let changing = {
        use payout::Column as C;
        [C::WalletId, C::Status, C::Failure, C::ClosedAt]
    };
    update_all::<payout::Entity>(tx, &payouts(&journal.changed_payouts), &changing).await?;
    for (from, into) in &journal.pooled {
        hand_over(tx, book.programme, *from, *into).await?;
    }
    insert_all::<outbox::Entity>(tx, &facts(&journal.entries)).await
}

/// Each entry is a fact, for whoever follows what happens: in time its funders' bills.
fn facts(entries: &[cashback_entry::Model]) -> Vec<outbox::Model> {
    let fact = |entry: &cashback_entry::Model| outbox::Model {
        programme_id: entry.programme_id,
        stream_id: entry.wallet_id.uuid(),
        stream_seq: entry.seq,
        kind: FactKind::CashbackEntry,
        subject_id: entry.id.uuid(),
    };
    entries.iter().map(fact).collect()
}

/// Accruals and payouts follow the money, those too that nobody loaded.
async fn hand_over(tx: &Tx, programme: ProgrammeId, from: WalletId, into: WalletId) -> Result<()> {
    accrual::Entity::update_many()
        .col_expr(accrual::Column::WalletId, Expr::value(into))
        .filter(accrual::Column::ProgrammeId.eq(programme))
        .filter(accrual::Column::WalletId.eq(from))
        .exec(tx.connection())
        .await?;
    payout::Entity::update_many()
        .col_expr(payout::Column::WalletId, Expr::value(into))
        .filter(payout::Column::ProgrammeId.eq(programme))
        .filter(payout::Column::WalletId.eq(from))
        .exec(tx.connection())
        .await?;
    Ok(())
}

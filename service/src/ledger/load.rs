//! Reads all that a batch of commands needs, in a fixed number of set-based statements.
//!
//! Wallets come first, in id order, locked; what is read after that can't change under the batch.

mod needed;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, HoldId, LotId, PurchaseId, WalletId};
use entity::ledger::allocation::AllocationKind;
use entity::ledger::hold::HoldStatus;
use entity::ledger::{allocation, entry, hold, lot, wallet};
use sea_orm::{DbBackend, EntityTrait, Statement, Value};
use uuid::Uuid;

use self::needed::{NEXT, Needed, rest_due_at};
use super::core::{Action, Book, Burn, Command, Known, OpenHold, Rules, Wallet};
use crate::error::{Error, Result};
use crate::rows::{among, first_place};
use crate::tx::{Moved, Tx};

/// The book that the commands are decided over.
pub(super) async fn book(tx: &Tx, rules: Rules, commands: &[Command]) -> Result<Book> {
    let mut book = Book::new(rules);
    let named: BTreeSet<WalletId> = commands.iter().flat_map(Command::wallets).collect();
    for row in lock_wallets(tx, &book, &named).await? {
        if row.successor_id.is_some() {
            return Err(Error::internal(Moved));
        }
        open(&mut book, row);
    }
    keys(tx, &mut book, commands).await?;
    let needed = Needed::of(&book, commands);
    former_wallets(tx, &mut book, commands).await?;
    holds(tx, &mut book, &needed, commands).await?;
    burns(tx, &mut book, commands).await?;
    lots(tx, &mut book, &needed, commands).await?;
    let rest = rest_due_at(tx, &book, &needed).await?;
    for id in needed.wallets() {
        if let Some(wallet) = book.wallets.get_mut(&id) {
            wallet.unloaded_due_at = rest.get(&id).copied().flatten();
        }
    }
    Ok(book)
}

fn open(book: &mut Book, row: wallet::Model) {
    let unloaded_due_at = row.next_due_at;
    let wallet = Wallet { row, lots: BTreeMap::new(), holds: BTreeMap::new(), unloaded_due_at };
    book.wallets.insert(wallet.row.id, wallet);
}

/// The wallets pooled away since in which returned purchases lay, and those that they went through.
/// Nothing changes in them any more, so they aren't locked.
async fn former_wallets(tx: &Tx, book: &mut Book, commands: &[Command]) -> Result<()> {
    let returned: Vec<Uuid> = returned(commands).collect();
    if returned.is_empty() {
        return Ok(());
    }
    let (purchases, values) = among(tx.backend(), "purchase_id", 2, returned);
    let programme = first(tx);
    let sql = format!(
        "with recursive former as (
            select * from wallet where programme_id = {programme} and successor_id is not null and id in (
                select wallet_id from lot where programme_id = {programme} and {purchases})
            union
            select w.* from wallet w join former f on w.programme_id = f.programme_id and w.id = f.successor_id
            where w.successor_id is not null)
         select * from former"
    );
    let statement = statement(tx, book, sql, [values]);
    for row in wallet::Entity::find().from_raw_sql(statement).all(tx.connection()).await? {
        open(book, row);
    }
    Ok(())
}

/// The purchases that commands return goods of.
fn returned(commands: &[Command]) -> impl Iterator<Item = Uuid> {
    commands.iter().filter_map(|command| match command.action {
        Action::Return { .. } => command.purchase.map(PurchaseId::uuid),
        _ => None,
    })
}

async fn lock_wallets(
    tx: &Tx,
    book: &Book,
    ids: &BTreeSet<WalletId>,
) -> Result<Vec<wallet::Model>> {
    let lock = if tx.backend() == DbBackend::Postgres { " for no key update" } else { "" };
    let (condition, ids) = among(tx.backend(), "id", 2, ids.iter().map(|id| id.uuid()));
    let sql = format!(
        "select * from wallet where programme_id = {} and {condition} order by id{lock}",
        first(tx)
    );
    Ok(wallet::Entity::find()
        .from_raw_sql(statement(tx, book, sql, [ids]))
        .all(tx.connection())
        .await?)
}

async fn keys(tx: &Tx, book: &mut Book, commands: &[Command]) -> Result<()> {
    let named = commands.iter().filter_map(|command| command.key.as_ref());
    for (identity, row) in crate::keys::used(tx, book.rules.programme, named).await? {
        let known = Known { fingerprint: row.fingerprint, outcome: row.outcome };
        book.keys.insert(identity, known);
    }
    Ok(())
}

async fn holds(tx: &Tx, book: &mut Book, needed: &Needed, commands: &[Command]) -> Result<()> {
    if needed.is_empty() {
        return Ok(());
    }
    let named = commands.iter().filter_map(|command| match command.action {
        Action::Capture { hold, .. } | Action::Release { hold } => Some(HoldId::uuid(hold)),
        _ => None,
    });
    let mut rows = Sets::new(tx, book, "hold");
    rows.add("wallet_id", needed.wallets().map(|id| id.uuid()), "and status = 'OPEN'");
    rows.add("id", named, "");
    let rows = rows.read::<hold::Entity>().await?;
    let rows: BTreeMap<HoldId, hold::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
    let open = rows.values().filter(|hold| hold.status == HoldStatus::Open);
    let mut takings =
        takings(tx, book, open.map(|hold| hold.entry_id), AllocationKind::Taken).await?;
    for row in rows.into_values() {
        let takings = takings.remove(&row.entry_id).unwrap_or_default();
        if let Some(wallet) = book.wallets.get_mut(&row.wallet_id) {
            wallet.holds.insert(row.id, OpenHold { row, takings });
        }
    }
    Ok(())
}

/// What entries took from lots, lot by lot.
async fn takings(
    tx: &Tx,
    book: &Book,
    entries: impl Iterator<Item = EntryId>,
    kind: AllocationKind,
) -> Result<BTreeMap<EntryId, Vec<(LotId, Points)>>> {
    let entries: Vec<Uuid> = entries.map(EntryId::uuid).collect();
    let mut takings: BTreeMap<EntryId, Vec<(LotId, Points)>> = BTreeMap::new();
    if entries.is_empty() {
        return Ok(takings);
    }
    let (among, values) = among(tx.backend(), "entry_id", 2, entries);
    let sql = format!(
        "select * from allocation where programme_id = {} and {among} and kind = '{}' order by lot_id",
        first(tx),
        kind.name()
    );
    let statement = statement(tx, book, sql, [values]);
    for row in allocation::Entity::find().from_raw_sql(statement).all(tx.connection()).await? {
        takings.entry(row.entry_id).or_default().push((row.lot_id, row.points));
    }
    Ok(takings)
}

/// Payments to be undone, with the lots that paid, wherever those lie.
async fn burns(tx: &Tx, book: &mut Book, commands: &[Command]) -> Result<()> {
    let payments: Vec<Uuid> = commands
        .iter()
        .filter_map(|command| match command.action {
            Action::Reverse { payment } => Some(payment.uuid()),
            _ => None,
        })
        .collect();
    if payments.is_empty() {
        return Ok(());
    }
    let entries = entries(tx, book, "id", &payments, "kind in ('PAID', 'CAPTURED')").await?;
    let reversals = entries_reversing(tx, book, &payments).await?;
    let ids = |kind| entries.iter().filter(move |entry| entry.kind == kind).map(|entry| entry.id);
    let mut parts = takings(tx, book, ids(entry::EntryKind::Paid), AllocationKind::Taken).await?;
    parts.extend(
        takings(tx, book, ids(entry::EntryKind::Captured), AllocationKind::Captured).await?,
    );
    let lots = lots_by_id(tx, book, parts.values().flatten().map(|(lot, _)| *lot)).await?;
    for entry in entries {
        let parts = parts.remove(&entry.id).unwrap_or_default().into_iter();
        let parts =
            parts.filter_map(|(lot, points)| Some((lots.get(&lot)?.clone(), points))).collect();
        let is_reversed = reversals.contains(&entry.id);
        book.burns.insert(entry.id, Burn { entry, parts, is_reversed });
    }
    Ok(())
}

async fn entries(
    tx: &Tx,
    book: &Book,
    column: &str,
    ids: &[Uuid],
    also: &str,
) -> Result<Vec<entry::Model>> {
    let (among, values) = among(tx.backend(), column, 2, ids.iter().copied());
    let sql =
        format!("select * from entry where programme_id = {} and {among} and {also}", first(tx));
    Ok(entry::Entity::find()
        .from_raw_sql(statement(tx, book, sql, [values]))
        .all(tx.connection())
        .await?)
}

async fn entries_reversing(tx: &Tx, book: &Book, payments: &[Uuid]) -> Result<BTreeSet<EntryId>> {
    let reversals = entries(tx, book, "related_entry_id", payments, "kind = 'REVERSED'").await?;
    Ok(reversals.into_iter().filter_map(|entry| entry.related_entry_id).collect())
}

async fn lots_by_id(
    tx: &Tx,
    book: &Book,
    ids: impl Iterator<Item = LotId>,
) -> Result<BTreeMap<LotId, lot::Model>> {
    let (among, values) = among(tx.backend(), "id", 2, ids.map(LotId::uuid));
    let sql = format!("select * from lot where programme_id = {} and {among}", first(tx));
    let rows = lot::Entity::find()
        .from_raw_sql(statement(tx, book, sql, [values]))
        .all(tx.connection())
        .await?;
    Ok(rows.into_iter().map(|lot| (lot.id, lot)).collect())
}

/// The open lots of whole wallets, of others those that something is due of, and those that returns, holds
/// and reversals name; of purchases that are returned also those in wallets pooled since.
async fn lots(tx: &Tx, book: &mut Book, needed: &Needed, commands: &[Command]) -> Result<()> {
    if needed.is_empty() {
        return Ok(());
    }
    let held = book.wallets.values().flat_map(|wallet| wallet.holds.values());
    let held = held.flat_map(|hold| hold.takings.iter().map(|(lot, _)| lot.uuid()));
    let burned =
        book.burns.values().flat_map(|burn| burn.parts.iter().map(|(lot, _)| lot.id.uuid()));
    let former = book.wallets.values().filter(|wallet| wallet.row.successor_id.is_some());
    let former: Vec<WalletId> = former.map(|wallet| wallet.row.id).collect();
    let whole: BTreeSet<WalletId> = needed.whole.iter().chain(&former).copied().collect();
    let mut rows = Sets::new(tx, book, "lot");
    rows.add("wallet_id", whole.iter().map(|id| id.uuid()), "and remaining > 0");
    rows.add_until(needed.due.iter().map(|id| id.uuid()), needed.now);
    rows.add("id", held.chain(burned), "");
    rows.add("purchase_id", returned(commands), "");
    let rows = rows.read::<lot::Entity>().await?;
    for row in rows {
        if !whole.contains(&row.wallet_id) && !needed.due.contains(&row.wallet_id) {
            continue;
        }
        if let Some(wallet) = book.wallets.get_mut(&row.wallet_id) {
            wallet.lots.insert(row.id, row);
        }
    }
    Ok(())
}

/// Rows of one table that are in one of several sets, in one statement; a row in two sets comes twice.
/// Joined by `or`, the conditions would read past the indexes that each of them has.
struct Sets<'a> {
    tx: &'a Tx,
    table: &'static str,
    values: Vec<Value>,
    selects: Vec<String>,
}

impl<'a> Sets<'a> {
    fn new(tx: &'a Tx, book: &Book, table: &'static str) -> Self {
        Self { tx, table, values: vec![book.rules.programme.uuid().into()], selects: Vec::new() }
    }

    /// Adds the rows whose column is among these ids, unless there are none.
    fn add(&mut self, column: &str, ids: impl Iterator<Item = Uuid>, also: &str) {
        let mut ids = ids.peekable();
        if ids.peek().is_none() {
            return;
        }
        let (condition, value) = among(self.tx.backend(), column, self.values.len() + 1, ids);
        self.values.push(value);
        let programme = first(self.tx);
        self.selects.push(format!(
            "select * from {} where programme_id = {programme} and {condition} {also}",
            self.table
        ));
    }

    /// Adds these wallets' open lots of which something is due by then.
    fn add_until(&mut self, ids: impl Iterator<Item = Uuid>, now: DateTime<Utc>) {
        let mut ids = ids.peekable();
        if ids.peek().is_none() {
            return;
        }
        let place = first(self.tx).replace('1', &(self.values.len() + 1).to_string());
        self.values.push(now.into());
        self.add("wallet_id", ids, &format!("and remaining > 0 and {NEXT} <= {place}"));
    }

    async fn read<E: EntityTrait>(self) -> Result<Vec<E::Model>> {
        if self.selects.is_empty() {
            return Ok(Vec::new());
        }
        let sql = self.selects.join(" union all ");
        let statement = Statement::from_sql_and_values(self.tx.backend(), sql, self.values);
        Ok(E::find().from_raw_sql(statement).all(self.tx.connection()).await?)
    }
}

/// The programme's place in every statement here.
fn first(tx: &Tx) -> &'static str {
    first_place(tx.backend())
}

fn statement<const N: usize>(tx: &Tx, book: &Book, sql: String, values: [Value; N]) -> Statement {
    let programme: Value = book.rules.programme.uuid().into();
    Statement::from_sql_and_values(tx.backend(), sql, std::iter::once(programme).chain(values))
}

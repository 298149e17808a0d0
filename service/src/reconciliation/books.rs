//! The books' side: what a record names, and all of its period, in a fixed number of statements whatever the
//! size. Columns are read, not rows: a receipt's lines and reasons are not needed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, PartnerId, ProgrammeId, PurchaseId, ReturnId, StoreId, WalletId};
use entity::ledger::idempotency_key;
use sea_orm::{FromQueryResult, JsonValue, Statement, Value};
use uuid::Uuid;

use super::core::{Books, Here, Named, Period};
use crate::error::Result;
use crate::ledger::reason::{Cause, Reason};
use crate::purchases::known_receipts;
use crate::refusal::{Code, Refusal};
use crate::rows::{Part, among, find_named, first_place};
use crate::tx::Tx;

/// The most that the books may hold of a period: as much as a record may.
pub(super) const HERE_MAX: usize = super::core::LINES_MAX;

/// Whose books, of when.
pub(super) struct Asked<'a> {
    pub(super) programme: ProgrammeId,
    pub(super) partner: PartnerId,
    /// Under whose name idempotency keys stand.
    pub(super) caller: String,
    pub(super) period: Period,
    pub(super) record: &'a [Named],
}

const SALE: &str =
    "id, store_id, wallet_id, receipt_number, occurred_at, total_minor, points from purchase";

#[derive(FromQueryResult)]
struct Sale {
    id: PurchaseId,
    store_id: Option<StoreId>,
    wallet_id: Option<WalletId>,
    receipt_number: String,
    occurred_at: DateTime<Utc>,
    total_minor: i64,
    points: Points,
}

#[derive(FromQueryResult)]
struct Earned {
    id: EntryId,
    purchase_id: PurchaseId,
}

const RETURN: &str =
    "id, purchase_id, entry_id, amount_minor, points, occurred_at from purchase_return";

#[derive(FromQueryResult)]
struct Back {
    id: ReturnId,
    purchase_id: PurchaseId,
    entry_id: Option<EntryId>,
    amount_minor: i64,
    points: Points,
    occurred_at: DateTime<Utc>,
}

const PAYMENT: &str = "id, partner_id, store_id, points, occurred_at, reason from entry";
/// As the index of payments has it, to the letter.
const IS_PAYMENT: &str = "kind in ('CAPTURED', 'PAID')";

#[derive(FromQueryResult)]
struct Payment {
    id: EntryId,
    partner_id: Option<PartnerId>,
    store_id: Option<StoreId>,
    points: Points,
    occurred_at: DateTime<Utc>,
    reason: JsonValue,
}

#[derive(FromQueryResult)]
struct Undone {
    related_entry_id: EntryId,
}

impl Asked<'_> {
    /// Reads all of it from one unchanging state.
    pub(super) async fn read(&self, tx: &Tx) -> Result<Books> {
        let names = self.record.iter().filter_map(|own| own.receipt.clone());
        let known = known_receipts(tx.connection(), self.programme, names).await?;
        let receipts: HashMap<_, _> =
            known.into_iter().map(|(name, key)| (name, key.purchase_id)).collect();
        let named: BTreeSet<PurchaseId> = receipts.values().copied().collect();
        let sold = self.of_period::<Sale>(tx, SALE, "").await?;
        let back = self.of_period::<Back>(tx, RETURN, "").await?;
        let paid = self.of_period::<Payment>(tx, PAYMENT, IS_PAYMENT).await?;
        if sold.len() + back.len() + paid.len() > HERE_MAX {
            return Err(Refusal::new(Code::PeriodTooLarge).at("from").into());
        }
        let also = |rows: &[Back]| rows.iter().map(|row| row.purchase_id).collect::<Vec<_>>();
        let wanted = named.iter().copied().chain(also(&back)).map(PurchaseId::uuid);
        let others = self.among::<Sale>(tx, SALE, ("id", wanted), "").await?;
        let named = named.iter().map(|id| id.uuid());
        let earlier = self.among::<Back>(tx, RETURN, ("purchase_id", named), "").await?;
        let (keys, payments) = self.payments(tx, paid).await?;
        let mut books = Books { receipts, keys, payments, ..Books::default() };
        self.add_sales(tx, sold.into_iter().chain(others), &mut books).await?;
        for row in back.into_iter().chain(earlier) {
            let sale = books.sales.get(&row.purchase_id);
            books.returns.insert(row.id, row.here(sale));
        }
        Ok(books)
    }

    async fn add_sales(
        &self,
        tx: &Tx,
        rows: impl Iterator<Item = Sale>,
        books: &mut Books,
    ) -> Result<()> {
        let rows: HashMap<PurchaseId, Sale> = rows.map(|row| (row.id, row)).collect();
        let ids = rows.keys().map(|id| id.uuid());
        let (what, which) = ("id, purchase_id from entry", "kind = 'EARNED'");
        let earned = self.among::<Earned>(tx, what, ("purchase_id", ids), which).await?;
        let earned: HashMap<_, _> = earned.into_iter().map(|e| (e.purchase_id, e.id)).collect();
        let here = |row: Sale| (row.id, row.here(&earned));
        books.sales = rows.into_values().map(here).collect();
        Ok(())
    }

    /// The payments of the period, and those that the record names by key or id.
    async fn payments(
        &self,
        tx: &Tx,
        of_period: Vec<Payment>,
    ) -> Result<(HashMap<String, EntryId>, BTreeMap<EntryId, Here>)> {
        let named = || self.record.iter().filter_map(|own| own.line.payment.as_deref());
        let keys: BTreeSet<[String; 2]> =
            named().map(|name| [self.caller.clone(), name.to_owned()]).collect();
        let columns = [("caller", Part::Text), ("key", Part::Text)];
        let db = tx.connection();
        let keys =
            find_named::<idempotency_key::Entity, _, 2>(db, self.programme, columns, &keys).await?;
        let keys: HashMap<String, EntryId> =
            keys.into_iter().filter_map(|row| Some((row.key, row.outcome.entry?))).collect();
        let ids = named().filter_map(|name| name.parse::<EntryId>().ok());
        let ids = ids.chain(keys.values().copied()).map(EntryId::uuid);
        let more = self.among::<Payment>(tx, PAYMENT, ("id", ids), IS_PAYMENT).await?;
        // An id may be another partner's.
        let own = more.into_iter().filter(|row| row.partner_id == Some(self.partner));
        let rows: HashMap<EntryId, Payment> =
            of_period.into_iter().chain(own).map(|row| (row.id, row)).collect();
        let ids = rows.keys().map(|id| id.uuid());
        let (what, which) = ("related_entry_id from entry", "kind = 'REVERSED'");
        let undone = self.among::<Undone>(tx, what, ("related_entry_id", ids), which).await?;
        let undone: HashSet<EntryId> = undone.into_iter().map(|row| row.related_entry_id).collect();
        let here = |row: Payment| (row.id, row.here(&undone));
        Ok((keys, rows.into_values().map(here).collect()))
    }

    /// The partner's rows of the period: one more than there may be, at most.
    async fn of_period<R: FromQueryResult>(
        &self,
        tx: &Tx,
        what: &str,
        which: &str,
    ) -> Result<Vec<R>> {
        let which = and(which);
        let [first, partner, from, until] = [1, 2, 3, 4].map(|n| place(tx, n));
        let sql = format!(
            "select {what} where programme_id = {first} and partner_id = {partner}
             and occurred_at >= {from} and occurred_at < {until} {which} limit {}",
            HERE_MAX + 1
        );
        let Period { from, until } = self.period;
        let values = vec![
            self.programme.uuid().into(),
            self.partner.uuid().into(),
            from.into(),
            until.into(),
        ];
        select(tx, sql, values).await
    }

    /// The rows whose column is among these ids.
    async fn among<R: FromQueryResult>(
        &self,
        tx: &Tx,
        what: &str,
        (column, ids): (&str, impl Iterator<Item = Uuid>),
        which: &str,
    ) -> Result<Vec<R>> {
        let ids: BTreeSet<Uuid> = ids.collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (condition, ids) = among(tx.backend(), column, 2, ids);
        let (first, which) = (place(tx, 1), and(which));
        let sql = format!("select {what} where programme_id = {first} and {condition} {which}");
        select(tx, sql, vec![self.programme.uuid().into(), ids]).await
    }
}

async fn select<R: FromQueryResult>(tx: &Tx, sql: String, values: Vec<Value>) -> Result<Vec<R>> {
    let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
    Ok(R::find_by_statement(statement).all(tx.connection()).await?)
}

fn and(condition: &str) -> String {
    if condition.is_empty() { String::new() } else { format!("and {condition}") }
}

fn place(tx: &Tx, number: usize) -> String {
    first_place(tx.backend()).replace('1', &number.to_string())
}

impl Sale {
    fn here(self, earned: &HashMap<PurchaseId, EntryId>) -> Here {
        Here {
            occurred_at: self.occurred_at,
            receipt_number: Some(self.receipt_number),
            store: self.store_id,
            reference: None,
            amount_minor: Some(self.total_minor),
            points: self.wallet_id.map_or(Points::ZERO, |_| self.points),
            purchase: Some(self.id),
            purchase_return: None,
            entry: earned.get(&self.id).copied(),
        }
    }
}

impl Back {
    fn here(self, sale: Option<&Here>) -> Here {
        Here {
            occurred_at: self.occurred_at,
            receipt_number: sale.and_then(|sale| sale.receipt_number.clone()),
            store: sale.and_then(|sale| sale.store),
            reference: None,
            amount_minor: Some(self.amount_minor),
            points: self.points,
            purchase: Some(self.purchase_id),
            purchase_return: Some(self.id),
            entry: self.entry_id,
        }
    }
}

impl Payment {
    fn here(self, undone: &HashSet<EntryId>) -> Here {
        let reason: Option<Reason> = serde_json::from_value(self.reason).ok();
        let reference = reason.and_then(|reason| match reason.cause {
            Cause::Payment { reference } => reference,
            _ => None,
        });
        let is_undone = undone.contains(&self.id);
        Here {
            occurred_at: self.occurred_at,
            receipt_number: None,
            store: self.store_id,
            reference,
            amount_minor: None,
            points: if is_undone { Points::ZERO } else { self.points },
            purchase: None,
            purchase_return: None,
            entry: Some(self.id),
        }
    }
}

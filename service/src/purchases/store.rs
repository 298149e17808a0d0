//! SQL of receipts: set-based, the programme in every `where`.

use std::collections::HashMap;

use entity::amount::Points;
use entity::ids::{EntryId, PartnerId, ProgrammeId, PurchaseId};
use entity::ledger::entry::{self, EntryKind};
use entity::purchases::{purchase, purchase_return, receipt_key};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement, Value};

use crate::error::Result;
use crate::refusal::{Code, Refusal};
use crate::rows::{among, among_texts};
use crate::tx::Tx;

/// Partner, scope and number: what a receipt is known by.
pub(super) type ReceiptName = (PartnerId, String, String);

/// The receipts of these names that are in the books.
pub(super) async fn known_receipts(
    tx: &Tx,
    programme: ProgrammeId,
    names: impl Iterator<Item = ReceiptName>,
) -> Result<HashMap<ReceiptName, receipt_key::Model>> {
    let (mut partners, mut scopes, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for (partner, scope, number) in names {
        partners.push(partner.uuid());
        scopes.push(scope);
        numbers.push(number);
    }
    partners.sort_unstable();
    partners.dedup();
    scopes.sort_unstable();
    scopes.dedup();
    let backend = tx.backend();
    let (partners, partner_values) = among(backend, "partner_id", 2, partners);
    let (scopes, scope_values) = among_texts(backend, "scope", 3, scopes);
    let (numbers, number_values) = among_texts(backend, "receipt_number", 4, numbers);
    let first = if backend == sea_orm::DbBackend::Postgres { "$1" } else { "?1" };
    let sql = format!(
        "select * from receipt_key where programme_id = {first} and {partners} and {scopes} and {numbers}"
    );
    let values: [Value; 4] = [programme.uuid().into(), partner_values, scope_values, number_values];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = receipt_key::Entity::find().from_raw_sql(statement).all(tx.connection()).await?;
    let named = |row: receipt_key::Model| {
        ((row.partner_id, row.scope.clone(), row.receipt_number.clone()), row)
    };
    Ok(rows.into_iter().map(named).collect())
}

/// Purchases by id.
pub(super) async fn purchases(
    tx: &Tx,
    programme: ProgrammeId,
    ids: impl Iterator<Item = PurchaseId>,
) -> Result<HashMap<PurchaseId, purchase::Model>> {
    let ids: Vec<PurchaseId> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = purchase::Entity::find()
        .filter(purchase::Column::ProgrammeId.eq(programme))
        .filter(purchase::Column::Id.is_in(ids));
    Ok(query.all(tx.connection()).await?.into_iter().map(|row| (row.id, row)).collect())
}

/// The entries by which these purchases earned.
pub(super) async fn earned_entries(
    tx: &Tx,
    programme: ProgrammeId,
    purchases: impl Iterator<Item = PurchaseId>,
) -> Result<HashMap<PurchaseId, (EntryId, Points)>> {
    let ids: Vec<PurchaseId> = purchases.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = entry::Entity::find()
        .filter(entry::Column::ProgrammeId.eq(programme))
        .filter(entry::Column::PurchaseId.is_in(ids))
        .filter(entry::Column::Kind.eq(EntryKind::Earned));
    let rows = query.all(tx.connection()).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.purchase_id?, (row.id, row.points)))).collect())
}

/// The purchase's row, locked: its returns and its claim come one after the other.
pub(super) async fn lock(
    tx: &Tx,
    programme: ProgrammeId,
    id: PurchaseId,
) -> Result<purchase::Model> {
    let query = purchase::Entity::find_by_id((programme, id)).lock_exclusive();
    let row = query.one(tx.connection()).await?;
    row.ok_or(Refusal::new(Code::PurchaseNotFound).into())
}

/// What has come back of each of these purchases so far.
pub(super) async fn returns_of(
    tx: &Tx,
    programme: ProgrammeId,
    ids: impl Iterator<Item = PurchaseId>,
) -> Result<HashMap<PurchaseId, Vec<purchase_return::Model>>> {
    let query = purchase_return::Entity::find()
        .filter(purchase_return::Column::ProgrammeId.eq(programme))
        .filter(purchase_return::Column::PurchaseId.is_in(ids))
        .order_by_asc(purchase_return::Column::Id);
    let mut found: HashMap<PurchaseId, Vec<purchase_return::Model>> = HashMap::new();
    for row in query.all(tx.connection()).await? {
        found.entry(row.purchase_id).or_default().push(row);
    }
    Ok(found)
}

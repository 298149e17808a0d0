//! SQL of receipts: set-based, the programme in every `where`.

use std::collections::{BTreeSet, HashMap};

use entity::amount::Points;
use entity::ids::{EntryId, PartnerId, ProgrammeId, PurchaseId};
use entity::ledger::entry::{self, EntryKind};
use entity::purchases::{purchase, purchase_return, receipt_key};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QuerySelect};

use crate::error::Result;
use crate::refusal::{Code, Refusal};
use crate::rows::{Part, find_among, find_named};
use crate::tx::Tx;

/// Partner, scope and number: what a receipt is known by.
pub(crate) type ReceiptName = (PartnerId, String, String);

/// The receipts of these names that are in the books.
pub(crate) async fn known_receipts<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    names: impl Iterator<Item = ReceiptName>,
) -> Result<HashMap<ReceiptName, receipt_key::Model>> {
    let names: BTreeSet<[String; 3]> = names
        .map(|(partner, scope, number)| [partner.uuid().simple().to_string(), scope, number])
        .collect();
    let columns = [("partner_id", Part::Id), ("scope", Part::Text), ("receipt_number", Part::Text)];
    let rows = find_named::<receipt_key::Entity, _, 3>(db, programme, columns, &names).await?;
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
    let rows = all_of(tx, programme, ids, "").await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The purchases' rows, locked in id order: the returns and the claim of each come one after the other.
pub(super) async fn lock_all(
    tx: &Tx,
    programme: ProgrammeId,
    ids: impl Iterator<Item = PurchaseId>,
) -> Result<HashMap<PurchaseId, purchase::Model>> {
    let lock = if tx.backend() == DbBackend::Postgres { "for update" } else { "" };
    let rows = all_of(tx, programme, ids, &format!("order by id {lock}")).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn all_of(
    tx: &Tx,
    programme: ProgrammeId,
    ids: impl Iterator<Item = PurchaseId>,
    also: &str,
) -> Result<Vec<purchase::Model>> {
    let ids = ids.map(PurchaseId::uuid);
    let column = purchase::Column::Id;
    find_among::<purchase::Entity, _>(tx.connection(), programme, column, ids, also).await
}

/// The entries by which these purchases earned.
pub(super) async fn earned_entries(
    tx: &Tx,
    programme: ProgrammeId,
    purchases: impl Iterator<Item = PurchaseId>,
) -> Result<HashMap<PurchaseId, (EntryId, Points)>> {
    let (ids, column) = (purchases.map(PurchaseId::uuid), entry::Column::PurchaseId);
    let also = format!("and kind = '{}'", EntryKind::Earned.name());
    let rows =
        find_among::<entry::Entity, _>(tx.connection(), programme, column, ids, &also).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.purchase_id?, (row.id, row.points)))).collect())
}

/// What has come back of each of these purchases so far, in order.
pub(super) async fn returns_of_all(
    tx: &Tx,
    programme: ProgrammeId,
    purchases: impl Iterator<Item = PurchaseId>,
) -> Result<HashMap<PurchaseId, Vec<purchase_return::Model>>> {
    let (ids, column) = (purchases.map(PurchaseId::uuid), purchase_return::Column::PurchaseId);
    let rows = find_among::<purchase_return::Entity, _>(
        tx.connection(),
        programme,
        column,
        ids,
        "order by id",
    )
    .await?;
    let mut returns: HashMap<PurchaseId, Vec<purchase_return::Model>> = HashMap::new();
    for row in rows {
        returns.entry(row.purchase_id).or_default().push(row);
    }
    Ok(returns)
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

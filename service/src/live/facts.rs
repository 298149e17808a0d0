//! Reading the sequence of facts with what they are about, a batch in four statements.

use std::collections::{BTreeSet, HashMap};

use entity::cashback::cashback_entry;
use entity::ids::{CashbackEntryId, EntryId, ProgrammeId, PurchaseId};
use entity::ledger::outbox::FactKind;
use entity::ledger::{entry, fact, seal};
use entity::purchases::purchase;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::Event;
use crate::db::Db;
use crate::error::Result;

const BATCH: u64 = 500;

/// The last position given.
pub(super) async fn end(db: &Db) -> Result<i64> {
    let last = fact::Entity::find().order_by_desc(fact::Column::Position).one(db.reader()).await?;
    Ok(last.map_or(0, |fact| fact.position))
}

/// The first position after which nothing of the programme is archived.
pub(super) async fn beginning(db: &Db, programme: ProgrammeId) -> Result<i64> {
    let last = seal::Entity::find()
        .filter(seal::Column::ProgrammeId.eq(programme))
        .order_by_desc(seal::Column::Number)
        .one(db.reader())
        .await?;
    Ok(last.map_or(0, |seal| seal.last))
}

/// What follows a position, in order.
pub(super) async fn after(db: &Db, position: i64) -> Result<Vec<Event>> {
    let facts = fact::Entity::find()
        .filter(fact::Column::Position.gt(position))
        .order_by_asc(fact::Column::Position)
        .limit(BATCH)
        .all(db.reader())
        .await?;
    let programmes: BTreeSet<ProgrammeId> = facts.iter().map(|fact| fact.programme_id).collect();
    let programmes: Vec<ProgrammeId> = programmes.into_iter().collect();
    let mut entries = entries(db, &programmes, subjects(&facts, FactKind::Entry)).await?;
    let kept = kept(db, &programmes, subjects(&facts, FactKind::PurchaseKept)).await?;
    let mut cashback = cashback(db, &programmes, subjects(&facts, FactKind::CashbackEntry)).await?;
    let event = |fact: fact::Model| Event {
        position: fact.position,
        programme: fact.programme_id,
        entry: entries.remove(&EntryId::from_uuid(fact.subject_id)),
        kept: kept.get(&PurchaseId::from_uuid(fact.subject_id)).cloned(),
        cashback: cashback.remove(&CashbackEntryId::from_uuid(fact.subject_id)),
    };
    Ok(facts.into_iter().map(event).collect())
}

fn subjects(facts: &[fact::Model], kind: FactKind) -> Vec<Uuid> {
    facts.iter().filter(|fact| fact.kind == kind).map(|fact| fact.subject_id).collect()
}

async fn entries(
    db: &Db,
    programmes: &[ProgrammeId],
    ids: Vec<Uuid>,
) -> Result<HashMap<EntryId, entry::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = ids.into_iter().map(EntryId::from_uuid);
    let query = entry::Entity::find()
        .filter(entry::Column::ProgrammeId.is_in(programmes.iter().copied()))
        .filter(entry::Column::Id.is_in(ids));
    let rows = query.all(db.reader()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn kept(
    db: &Db,
    programmes: &[ProgrammeId],
    ids: Vec<Uuid>,
) -> Result<HashMap<PurchaseId, purchase::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = ids.into_iter().map(PurchaseId::from_uuid);
    let query = purchase::Entity::find()
        .filter(purchase::Column::ProgrammeId.is_in(programmes.iter().copied()))
        .filter(purchase::Column::Id.is_in(ids));
    let rows = query.all(db.reader()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn cashback(
    db: &Db,
    programmes: &[ProgrammeId],
    ids: Vec<Uuid>,
) -> Result<HashMap<CashbackEntryId, cashback_entry::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = ids.into_iter().map(CashbackEntryId::from_uuid);
    let query = cashback_entry::Entity::find()
        .filter(cashback_entry::Column::ProgrammeId.is_in(programmes.iter().copied()))
        .filter(cashback_entry::Column::Id.is_in(ids));
    let rows = query.all(db.reader()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

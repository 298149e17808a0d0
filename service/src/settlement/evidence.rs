//! What a dispute names: entries behind its line, and what the partner found when it reconciled.

use std::collections::{BTreeSet, HashMap};

use entity::ids::{DisputeId, EntryId, ProgrammeId, ReconciliationItemId};
use entity::reconciliation::reconciliation_item::{self, ReconciliationOutcome};
use entity::settlement::money_posting;
use entity::settlement::settlement_statement as statement;
use entity::settlement::{dispute, dispute_entry, dispute_item};
use sea_orm::{ColumnTrait, QueryFilter};

use super::disputes::Raise;
use super::{Settlement, disputes};
use crate::actor::Actor;
use crate::error::Result;
use crate::refusal::{Code, Refusal};
use crate::rows::{find_among, insert_all};
use crate::tx::Tx;

/// How many entries a dispute may name, and how many items.
pub(super) const NAMED_MAX: usize = 100;

/// What a dispute names.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Entries behind its line, those of its items among them.
    pub entries: Vec<EntryId>,
    /// Items of the partner's reconciliations.
    pub items: Vec<ReconciliationItemId>,
}

impl Settlement {
    /// What disputes name, of those that the caller may see.
    pub async fn disputed(
        &self,
        actor: &Actor,
        ids: &[DisputeId],
    ) -> Result<HashMap<DisputeId, Evidence>> {
        let programme = actor.programme()?;
        let db = self.db.reader_for(actor);
        let rows = disputes::visible(actor)?.filter(dispute::Column::Id.is_in(ids.to_vec()));
        let seen = rows.all(db).await?;
        let ids = || seen.iter().map(|row| row.id.uuid());
        let mut found: HashMap<DisputeId, Evidence> = HashMap::new();
        let (column, also) = (dispute_entry::Column::DisputeId, "order by entry_id");
        for row in
            find_among::<dispute_entry::Entity, _>(db, programme, column, ids(), also).await?
        {
            found.entry(row.dispute_id).or_default().entries.push(row.entry_id);
        }
        let (column, also) = (dispute_item::Column::DisputeId, "order by item_id");
        for row in find_among::<dispute_item::Entity, _>(db, programme, column, ids(), also).await?
        {
            found.entry(row.dispute_id).or_default().items.push(row.item_id);
        }
        Ok(found)
    }
}

/// What a partner names, once each: its entries are behind the line, and so are those of its items.
pub(super) async fn checked(tx: &Tx, of: &statement::Model, wish: &Raise) -> Result<Evidence> {
    let named: BTreeSet<EntryId> = wish.entries.iter().copied().collect();
    let missing = Refusal::new(Code::DisputeEntryNotFound);
    if !are_behind(tx, of, wish, &named).await? {
        return Err(missing.at("entryIds").into());
    }
    let items = items(tx, of, &wish.items).await?;
    let found: BTreeSet<EntryId> = items.iter().filter_map(|item| item.entry_id).collect();
    if !are_behind(tx, of, wish, &found).await? {
        return Err(missing.at("reconciliationItemIds").into());
    }
    Ok(Evidence {
        entries: named.union(&found).copied().collect(),
        items: items.into_iter().map(|item| item.id).collect(),
    })
}

async fn are_behind(
    tx: &Tx,
    of: &statement::Model,
    wish: &Raise,
    entries: &BTreeSet<EntryId>,
) -> Result<bool> {
    let (db, column) = (tx.connection(), money_posting::Column::EntryId);
    let also = format!("and cycle = {} and kind = '{}'", of.cycle.get(), wish.line.name());
    let ids = entries.iter().map(|id| id.uuid());
    let rows =
        find_among::<money_posting::Entity, _>(db, of.programme_id, column, ids, &also).await?;
    let own = rows.iter().filter(|row| row.partner_id == Some(of.partner_id));
    let behind: BTreeSet<EntryId> = own.map(|row| row.entry_id).collect();
    Ok(behind == *entries)
}

/// The partner's own items, on which its record and the books don't agree.
async fn items(
    tx: &Tx,
    of: &statement::Model,
    ids: &[ReconciliationItemId],
) -> Result<Vec<reconciliation_item::Model>> {
    let (db, column) = (tx.connection(), reconciliation_item::Column::Id);
    let (named, programme) = (ids.iter().map(|id| id.uuid()), of.programme_id);
    let mut rows =
        find_among::<reconciliation_item::Entity, _>(db, programme, column, named, "").await?;
    rows.retain(|row| row.partner_id == of.partner_id);
    for (place, id) in ids.iter().enumerate() {
        let refused = |code| Refusal::new(code).at(&format!("reconciliationItemIds.{place}"));
        let row = rows.iter().find(|row| row.id == *id);
        let row = row.ok_or_else(|| refused(Code::ReconciliationItemNotFound))?;
        if row.outcome == ReconciliationOutcome::Matched {
            return Err(refused(Code::ReconciliationItemMatched).into());
        }
    }
    Ok(rows)
}

pub(super) async fn write(
    tx: &Tx,
    programme: ProgrammeId,
    of: DisputeId,
    evidence: &Evidence,
) -> Result<()> {
    let entries = evidence.entries.iter().map(|entry| dispute_entry::Model {
        programme_id: programme,
        dispute_id: of,
        entry_id: *entry,
    });
    let items = evidence.items.iter().map(|item| dispute_item::Model {
        programme_id: programme,
        dispute_id: of,
        item_id: *item,
    });
    let (entries, items): (Vec<_>, Vec<_>) = (entries.collect(), items.collect());
    insert_all::<dispute_entry::Entity>(tx, &entries).await?;
    insert_all::<dispute_item::Entity>(tx, &items).await
}

//! Entries with all that their money depends on, in the order of the sequence, a page at a time: a fixed
//! number of statements a page.

use std::collections::HashMap;

use entity::amount::Points;
use entity::ids::{EntryId, LotId, ProgrammeId, PurchaseId};
use entity::ledger::entry::{self, EntryKind};
use entity::ledger::outbox::FactKind;
use entity::ledger::{allocation, fact, lot, seal};
use entity::partners::contract;
use entity::purchases::{purchase, purchase_return};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::core::{Contracts, Happened, Part, Returned};
use crate::error::{Error, Result};
use crate::ledger::reason::{Figures, Reason};
use crate::rows::find_among;
use crate::tx::Tx;

/// How many facts a page has.
const PAGE: u64 = 1000;

/// All versions of a programme's contracts.
pub(super) async fn contracts(tx: &Tx, programme: ProgrammeId) -> Result<Contracts> {
    let query = contract::Entity::find().filter(contract::Column::ProgrammeId.eq(programme));
    Ok(query.all(tx.connection()).await?.into_iter().map(|row| (row.id, row)).collect())
}

/// Whether entries were put away, of which nothing but sums is left.
pub(super) async fn is_archived(tx: &Tx, programme: ProgrammeId) -> Result<bool> {
    let query = seal::Entity::find().filter(seal::Column::ProgrammeId.eq(programme));
    Ok(query.one(tx.connection()).await?.is_some())
}

/// Where a replay is.
pub(super) struct Replay<'a> {
    tx: &'a Tx,
    programme: ProgrammeId,
    after: i64,
}

/// Some entries, and what they name.
#[derive(Default)]
pub(super) struct Page {
    entries: Vec<(entry::Model, Figures)>,
    parts: HashMap<EntryId, Vec<allocation::Model>>,
    lots: HashMap<LotId, lot::Model>,
    made: HashMap<EntryId, Vec<lot::Model>>,
    /// The parts of purchases' points, by purchase.
    earned: HashMap<PurchaseId, Vec<lot::Model>>,
    purchases: HashMap<PurchaseId, purchase::Model>,
    returns: HashMap<EntryId, purchase_return::Model>,
    payments: HashMap<EntryId, entry::Model>,
}

impl<'a> Replay<'a> {
    pub(super) fn new(tx: &'a Tx, programme: ProgrammeId) -> Self {
        Self { tx, programme, after: 0 }
    }

    /// The next entries; none when there are no more.
    pub(super) async fn next(&mut self) -> Result<Option<Page>> {
        let facts = fact::Entity::find()
            .filter(fact::Column::ProgrammeId.eq(self.programme))
            .filter(fact::Column::Position.gt(self.after))
            .order_by_asc(fact::Column::Position)
            .limit(PAGE)
            .all(self.tx.connection())
            .await?;
        let Some(last) = facts.last() else { return Ok(None) };
        self.after = last.position;
        let ids = facts.iter().filter(|fact| fact.kind == FactKind::Entry);
        let ids: Vec<EntryId> = ids.map(|fact| EntryId::from_uuid(fact.subject_id)).collect();
        self.page(&ids).await.map(Some)
    }

    async fn page(&self, ids: &[EntryId]) -> Result<Page> {
        let (db, programme) = (self.tx.connection(), self.programme);
        let named = || ids.iter().map(|id| id.uuid());
        let rows =
            find_among::<entry::Entity, _>(db, programme, entry::Column::Id, named(), "").await?;
        let mut found: HashMap<EntryId, entry::Model> =
            rows.into_iter().map(|row| (row.id, row)).collect();
        let mut page = Page::default();
        for id in ids {
            let row = found.remove(id);
            let row =
                row.ok_or_else(|| Error::internal("a fact names an entry that isn't there"))?;
            let reason = Reason::from_json(&row.reason).map_err(Error::internal)?;
            page.entries.push((row, reason.figures));
        }
        let undone = page.entries.iter().filter(|(row, _)| row.kind == EntryKind::Reversed);
        let undone: Vec<EntryId> = undone.filter_map(|(row, _)| row.related_entry_id).collect();
        let undone = || undone.iter().map(|id| id.uuid());
        let rows =
            find_among::<entry::Entity, _>(db, programme, entry::Column::Id, undone(), "").await?;
        page.payments = rows.into_iter().map(|row| (row.id, row)).collect();
        let (column, also) = (allocation::Column::EntryId, "order by entry_id, lot_id");
        let all = named().chain(undone());
        for row in find_among::<allocation::Entity, _>(db, programme, column, all, also).await? {
            page.parts.entry(row.entry_id).or_default().push(row);
        }
        self.lots(&mut page).await?;
        self.returns(&mut page).await?;
        Ok(page)
    }

    async fn lots(&self, page: &mut Page) -> Result<()> {
        let (db, programme) = (self.tx.connection(), self.programme);
        let (column, also) = (lot::Column::EntryId, "and origin_lot_id is null order by id");
        let ids = page.entries.iter().map(|(row, _)| row.id.uuid());
        for row in find_among::<lot::Entity, _>(db, programme, column, ids, also).await? {
            page.made.entry(row.entry_id).or_default().push(row);
        }
        let named = page.parts.values().flatten().map(|row| row.lot_id.uuid());
        let rows = find_among::<lot::Entity, _>(db, programme, lot::Column::Id, named, "").await?;
        page.lots = rows.into_iter().map(|row| (row.id, row)).collect();
        Ok(())
    }

    async fn returns(&self, page: &mut Page) -> Result<()> {
        let (db, programme) = (self.tx.connection(), self.programme);
        let back = page.entries.iter().filter(|(row, _)| row.kind == EntryKind::Returned);
        let back: Vec<(EntryId, Option<PurchaseId>)> =
            back.map(|(row, _)| (row.id, row.purchase_id)).collect();
        let ids = back.iter().map(|(id, _)| id.uuid());
        let column = purchase_return::Column::EntryId;
        for row in find_among::<purchase_return::Entity, _>(db, programme, column, ids, "").await? {
            page.returns.extend(row.entry_id.map(|id| (id, row)));
        }
        let ids = || back.iter().filter_map(|(_, purchase)| Some((*purchase)?.uuid()));
        let column = purchase::Column::Id;
        let rows = find_among::<purchase::Entity, _>(db, programme, column, ids(), "").await?;
        page.purchases = rows.into_iter().map(|row| (row.id, row)).collect();
        let (column, also) = (lot::Column::PurchaseId, "and origin_lot_id is null order by part");
        for row in find_among::<lot::Entity, _>(db, programme, column, ids(), also).await? {
            let Some(purchase) = row.purchase_id else { continue };
            page.earned.entry(purchase).or_default().push(row);
        }
        Ok(())
    }
}

impl Page {
    /// The entries in their order.
    pub(super) fn happened(&self) -> impl Iterator<Item = Happened<'_>> {
        self.entries.iter().map(|(entry, figures)| Happened {
            entry,
            figures,
            made: self.made.get(&entry.id).map_or(&[], Vec::as_slice),
            parts: self.parts_of(entry.id),
            undone: entry.related_entry_id.filter(|_| entry.kind == EntryKind::Reversed).map(
                |id| {
                    let acceptor = self.payments.get(&id).and_then(|payment| payment.partner_id);
                    (acceptor, self.parts_of(id))
                },
            ),
            returned: self.returned(entry, figures),
        })
    }

    fn parts_of(&self, entry: EntryId) -> Vec<Part<'_>> {
        let rows = self.parts.get(&entry).into_iter().flatten();
        let part = |row: &allocation::Model| {
            let lot = self.lots.get(&row.lot_id)?;
            let (kind, points) = (row.kind, row.points);
            Some(Part { kind, lot, points, price_micros: row.acceptance_price_micros })
        };
        rows.filter_map(part).collect()
    }

    /// What came back, part by part, as the return has noted it.
    fn returned(&self, entry: &entry::Model, figures: &Figures) -> Vec<Returned<'_>> {
        let found = self.returns.get(&entry.id).zip(entry.purchase_id);
        let Some((row, purchase)) = found else { return Vec::new() };
        let mut parts: Vec<(i32, Points)> = vec![(0, row.taken.base)];
        let granted = self.purchases.get(&purchase).map_or(&[][..], |own| &own.earning.granted);
        for (granted, taken) in granted.iter().zip(&row.taken.granted) {
            match parts.iter_mut().find(|(part, _)| *part == granted.part) {
                Some((_, sum)) => *sum = sum.plus(taken.points).unwrap_or(*sum),
                None => parts.push((granted.part, taken.points)),
            }
        }
        parts.retain(|(_, points)| !points.is_zero());
        let lots = self.earned.get(&purchase).map_or(&[][..], Vec::as_slice);
        let is_alone = parts.len() == 1;
        let returned = |(part, points): (i32, Points)| {
            let terms = &lots.iter().find(|lot| lot.part == part)?.terms;
            let excused = match is_alone {
                true => figures.excused,
                false => figures.excused_of(part),
            };
            Some(Returned { part, terms, points, excused })
        };
        parts.into_iter().filter_map(returned).collect()
    }
}

//! Entries with all that their money depends on, in the order of the sequence, a page at a time: a fixed
//! number of statements a page. It only reads what never changes.

use std::collections::{HashMap, HashSet};

use entity::amount::Points;
use entity::ids::{EntryId, LotId, ProgrammeId, PurchaseId, WalletId, near};
use entity::ledger::entry::{self, EntryKind};
use entity::ledger::outbox::FactKind;
use entity::ledger::{allocation, fact, lot};
use entity::partners::contract;
use entity::purchases::{purchase, purchase_return};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::core::{Contracts, Happened, Ordered, Part, Returned, Turn};
use crate::error::{Error, Result};
use crate::ledger::reason::{self, Figures, Reason};
use crate::rows::find_among;
use crate::tx::Tx;

/// How many facts a page has.
const PAGE: u64 = 1000;
/// The same where nobody else waits for what they are written to.
const LARGE_PAGE: u64 = 4000;
/// So many ranges are asked for in one statement.
const RANGES_MAX: usize = 200;

/// All versions of a programme's contracts.
pub(super) async fn contracts(tx: &Tx, programme: ProgrammeId) -> Result<Contracts> {
    let query = contract::Entity::find().filter(contract::Column::ProgrammeId.eq(programme));
    Ok(Contracts::new(query.all(tx.connection()).await?))
}

/// Where a replay is.
pub(super) struct Replay<'a> {
    tx: &'a Tx,
    programme: ProgrammeId,
    after: i64,
    /// Up to there entries may have been put away, of which lots are left.
    sealed: i64,
    /// How many facts a page has.
    most: u64,
}

/// Some entries, and what they name.
#[derive(Clone, Default)]
pub(super) struct Page {
    /// The position behind which it begins.
    pub(super) after: i64,
    /// How many facts it took, whatever they are about.
    pub(super) facts: usize,
    /// The last of them.
    pub(super) until: i64,
    entries: Vec<(i64, entry::Model, Figures)>,
    parts: HashMap<EntryId, Vec<allocation::Model>>,
    lots: HashMap<LotId, lot::Model>,
    made: HashMap<EntryId, Vec<lot::Model>>,
    /// The parts of purchases' points, by purchase.
    earned: HashMap<PurchaseId, Vec<lot::Model>>,
    purchases: HashMap<PurchaseId, purchase::Model>,
    returns: HashMap<EntryId, purchase_return::Model>,
    payments: HashMap<EntryId, entry::Model>,
    /// Entries that were put away, with the lots that they made: they did nothing else.
    pub(super) archived: Vec<(i64, EntryId, Vec<lot::Model>)>,
}

impl<'a> Replay<'a> {
    /// The entries behind a position.
    pub(super) fn new(tx: &'a Tx, programme: ProgrammeId, after: i64) -> Self {
        Self { tx, programme, after, sealed: 0, most: PAGE }
    }

    /// The same, where entries up to a position may have been archived.
    pub(super) fn with_archive(self, sealed: i64) -> Self {
        Self { sealed, ..self }
    }

    /// The same, many facts at once: what pages are added up by is written once for all of them.
    pub(super) fn in_large_pages(self) -> Self {
        Self { most: LARGE_PAGE, ..self }
    }

    /// The next entries, each after what it depends on; none when there are no more, or what the next
    /// depends on isn't in the sequence yet.
    pub(super) async fn next(&mut self) -> Result<Option<Page>> {
        let mut most = self.most;
        loop {
            let facts = self.facts(most).await?;
            let Some(last) = facts.last() else { return Ok(None) };
            let is_all = u64::try_from(facts.len()).is_ok_and(|count| count < most);
            let begun = Page { after: self.after, until: last.position, ..Page::default() };
            let page = Page { facts: facts.len(), ..begun };
            let page = self.in_order(self.page(page, &facts).await?).await?;
            if page.facts > 0 {
                self.after = page.until;
                return Ok(Some(page));
            }
            if is_all {
                return Ok(None);
            }
            most *= 2;
        }
    }

    async fn facts(&self, most: u64) -> Result<Vec<fact::Model>> {
        let query = fact::Entity::find()
            .filter(fact::Column::ProgrammeId.eq(self.programme))
            .filter(fact::Column::Position.gt(self.after))
            .order_by_asc(fact::Column::Position)
            .limit(most);
        Ok(query.all(self.tx.connection()).await?)
    }

    /// Puts the entries in order; ends the page before the first whose turn doesn't come in it.
    async fn in_order(&self, mut page: Page) -> Result<Page> {
        let done = self.given_before(&page).await?;
        loop {
            let turns: Vec<Turn> = page.entries.iter().map(turn).collect();
            let ordered = Ordered::of(&turns, done.clone());
            let Some(stopped) = ordered.stopped_at() else {
                let entries = ordered.places.iter().map(|place| page.entries[*place].clone());
                page.entries = entries.collect();
                return Ok(page);
            };
            page.until = page.entries[stopped].0 - 1;
            page.facts = usize::try_from(page.until - self.after).map_err(Error::internal)?;
            page.entries.truncate(stopped);
        }
    }

    /// Entries that gave what is received in the page, and had their turn before it.
    async fn given_before(&self, page: &Page) -> Result<HashSet<EntryId>> {
        let given = page.entries.iter().filter(|(_, row, _)| row.kind == EntryKind::PooledIn);
        let streams: Vec<_> =
            given.filter_map(|(_, row, _)| row.related_wallet_id).map(|id| id.uuid()).collect();
        let also = format!("and kind = 'ENTRY' and position <= {}", self.after);
        let (db, column) = (self.tx.connection(), fact::Column::StreamId);
        let rows =
            find_among::<fact::Entity, _>(db, self.programme, column, streams, &also).await?;
        Ok(rows.into_iter().map(|row| EntryId::from_uuid(row.subject_id)).collect())
    }

    async fn page(&self, mut page: Page, facts: &[fact::Model]) -> Result<Page> {
        let (db, programme) = (self.tx.connection(), self.programme);
        let told = facts.iter().filter(|fact| fact.kind == FactKind::Entry);
        let named = || told.clone().map(|fact| fact.subject_id);
        let rows =
            find_among::<entry::Entity, _>(db, programme, entry::Column::Id, named(), "").await?;
        let mut found: HashMap<EntryId, entry::Model> =
            rows.into_iter().map(|row| (row.id, row)).collect();
        for fact in told.clone() {
            let id = EntryId::from_uuid(fact.subject_id);
            let Some(row) = found.remove(&id) else {
                page.archived.push((fact.position, id, Vec::new()));
                continue;
            };
            let reason = Reason::from_json(&row.reason).map_err(Error::internal)?;
            page.entries.push((fact.position, row, reason.figures));
        }
        let undone = page.entries.iter().filter(|(_, row, _)| row.kind == EntryKind::Reversed);
        let undone: Vec<EntryId> = undone.filter_map(|(_, row, _)| row.related_entry_id).collect();
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
        self.archived(&mut page).await?;
        self.returns(&mut page).await?;
        Ok(page)
    }

    async fn lots(&self, page: &mut Page) -> Result<()> {
        let (db, programme) = (self.tx.connection(), self.programme);
        let named = page.parts.values().flatten().map(|row| row.lot_id.uuid());
        let rows = find_among::<lot::Entity, _>(db, programme, lot::Column::Id, named, "").await?;
        page.lots = rows.into_iter().map(|row| (row.id, row)).collect();
        let is_bought = |kind| matches!(kind, EntryKind::Earned | EntryKind::Returned);
        let bought = page.entries.iter().filter(|(_, row, _)| is_bought(row.kind));
        let ids = bought.filter_map(|(_, row, _)| Some(row.purchase_id?.uuid()));
        let (column, also) =
            (lot::Column::PurchaseId, "and origin_lot_id is null order by part, id");
        let mut rows = find_among::<lot::Entity, _>(db, programme, column, ids, also).await?;
        let is_given = |kind| matches!(kind, EntryKind::EventEarned | EntryKind::Adjusted);
        let given = page.entries.iter().filter(|(_, row, _)| is_given(row.kind));
        let given: Vec<EntryId> = given.map(|(_, row, _)| row.id).collect();
        rows.extend(made_near(self.tx, programme, &given).await?);
        for row in rows {
            if let Some(purchase) = row.purchase_id {
                page.earned.entry(purchase).or_default().push(row.clone());
            }
            page.made.entry(row.entry_id).or_default().push(row);
        }
        Ok(())
    }

    async fn archived(&self, page: &mut Page) -> Result<()> {
        if page.archived.iter().any(|(position, ..)| *position > self.sealed) {
            return Err(missing("entry"));
        }
        let ids: Vec<EntryId> = page.archived.iter().map(|(_, id, _)| *id).collect();
        let mut made: HashMap<EntryId, Vec<lot::Model>> = HashMap::new();
        for row in made_near(self.tx, self.programme, &ids).await? {
            made.entry(row.entry_id).or_default().push(row);
        }
        for (_, id, lots) in &mut page.archived {
            *lots = made.remove(id).unwrap_or_default();
            lots.sort_by_key(|lot| (lot.part, lot.id));
        }
        Ok(())
    }

    async fn returns(&self, page: &mut Page) -> Result<()> {
        let (db, programme) = (self.tx.connection(), self.programme);
        let back = page.entries.iter().filter(|(_, row, _)| row.kind == EntryKind::Returned);
        let ids: Vec<_> = back.filter_map(|(_, row, _)| Some(row.purchase_id?.uuid())).collect();
        let (column, all) = (purchase_return::Column::PurchaseId, ids.iter().copied());
        for row in find_among::<purchase_return::Entity, _>(db, programme, column, all, "").await? {
            page.returns.extend(row.entry_id.map(|id| (id, row)));
        }
        let column = purchase::Column::Id;
        let rows = find_among::<purchase::Entity, _>(db, programme, column, ids, "").await?;
        page.purchases = rows.into_iter().map(|row| (row.id, row)).collect();
        Ok(())
    }
}

/// The lots that entries earned which aren't archived.
pub(super) async fn earned(
    tx: &Tx,
    programme: ProgrammeId,
    entries: &[EntryId],
) -> Result<Vec<lot::Model>> {
    let (db, ids) = (tx.connection(), entries.iter().map(|id| id.uuid()));
    let rows = find_among::<entry::Entity, _>(db, programme, entry::Column::Id, ids, "").await?;
    let of = |kind| rows.iter().filter(move |row: &&entry::Model| row.kind == kind);
    let bought: HashSet<EntryId> = of(EntryKind::Earned).map(|row| row.id).collect();
    let purchases = of(EntryKind::Earned).filter_map(|row| Some(row.purchase_id?.uuid()));
    let (column, also) = (lot::Column::PurchaseId, "and origin_lot_id is null");
    let mut lots = find_among::<lot::Entity, _>(db, programme, column, purchases, also).await?;
    lots.retain(|lot| bought.contains(&lot.entry_id));
    let given: Vec<EntryId> = of(EntryKind::EventEarned).map(|row| row.id).collect();
    lots.extend(made_near(tx, programme, &given).await?);
    Ok(lots)
}

/// Lots of what wasn't bought. They lie near their entries in the index of their key; there is none by entry.
async fn made_near(
    tx: &Tx,
    programme: ProgrammeId,
    entries: &[EntryId],
) -> Result<Vec<lot::Model>> {
    let mut made = Vec::new();
    for entries in entries.chunks(RANGES_MAX) {
        let query = lot::Entity::find()
            .filter(lot::Column::ProgrammeId.eq(programme))
            .filter(lot::Column::OriginLotId.is_null())
            .filter(lot::Column::EntryId.is_in(entries.iter().copied()))
            .filter(entries.iter().fold(Condition::any(), |any, entry| {
                let ids = near(entry.uuid());
                any.add(lot::Column::Id.between(*ids.start(), *ids.end()))
            }))
            .order_by_asc(lot::Column::Id);
        made.extend(query.all(tx.connection()).await?);
    }
    Ok(made)
}

fn turn((_, row, _): &(i64, entry::Model, Figures)) -> Turn {
    let after = row.related_entry_id.filter(|_| row.kind == EntryKind::PooledIn);
    Turn { wallet: row.wallet_id, entry: row.id, after }
}

fn missing(what: &str) -> Error {
    Error::internal(format!("a fact names a {what} that isn't there"))
}

impl Page {
    /// The entries in their order.
    pub(super) fn happened(&self) -> Result<Vec<Happened<'_>>> {
        self.entries.iter().map(|entry| self.one(entry)).collect()
    }

    fn one<'a>(
        &'a self,
        (position, entry, figures): &'a (i64, entry::Model, Figures),
    ) -> Result<Happened<'a>> {
        Ok(Happened {
            position: *position,
            entry,
            figures,
            made: self.made.get(&entry.id).map_or(&[], Vec::as_slice),
            parts: self.parts_of(entry.id)?,
            undone: self.undone(entry)?,
            returned: self.returned(entry, figures)?,
            supplied: reason::supplied(&entry.reason),
        })
    }

    /// The same with other lots.
    pub(super) fn change(&mut self, change: impl Fn(&mut lot::Model)) {
        let made = self.made.values_mut().chain(self.earned.values_mut()).flatten();
        self.lots.values_mut().chain(made).for_each(change);
    }

    /// The purchases that earned the points which the entries are about.
    pub(super) fn purchases(&self) -> impl Iterator<Item = PurchaseId> {
        let returned = self.returns.values().map(|row| row.purchase_id);
        self.lots.values().filter_map(|lot| lot.purchase_id).chain(returned)
    }

    /// The wallets of the entries.
    pub(super) fn wallets(&self) -> impl Iterator<Item = WalletId> {
        self.entries.iter().map(|(_, row, _)| row.wallet_id)
    }

    fn undone(&self, entry: &entry::Model) -> Result<Option<(&entry::Model, Vec<Part<'_>>)>> {
        if entry.kind != EntryKind::Reversed {
            return Ok(None);
        }
        let payment = entry.related_entry_id.and_then(|id| self.payments.get(&id));
        let payment = payment.ok_or_else(|| missing("payment"))?;
        Ok(Some((payment, self.parts_of(payment.id)?)))
    }

    fn parts_of(&self, entry: EntryId) -> Result<Vec<Part<'_>>> {
        let rows = self.parts.get(&entry).into_iter().flatten();
        let part = |row: &allocation::Model| {
            let lot = self.lots.get(&row.lot_id).ok_or_else(|| missing("lot"))?;
            let (kind, points) = (row.kind, row.points);
            Ok(Part { kind, lot, points, price_micros: row.acceptance_price_micros })
        };
        rows.map(part).collect()
    }

    /// What came back, part by part, as the return has noted it.
    fn returned(&self, entry: &entry::Model, figures: &Figures) -> Result<Vec<Returned<'_>>> {
        let found = self.returns.get(&entry.id).zip(entry.purchase_id);
        let Some((row, purchase)) = found else { return Ok(Vec::new()) };
        let mut parts: Vec<(i32, Points)> = vec![(0, row.taken.base)];
        let granted = self.purchases.get(&purchase).map_or(&[][..], |own| &own.earning.granted);
        for (granted, taken) in granted.iter().zip(&row.taken.granted) {
            match parts.iter_mut().find(|(part, _)| *part == granted.part) {
                Some((_, sum)) => *sum = sum.plus(taken.points).map_err(Error::internal)?,
                None => parts.push((granted.part, taken.points)),
            }
        }
        parts.retain(|(_, points)| !points.is_zero());
        let lots = self.earned.get(&purchase).map_or(&[][..], Vec::as_slice);
        let is_alone = parts.len() == 1;
        let returned = |(part, points): (i32, Points)| {
            let lot = lots.iter().find(|lot| lot.part == part);
            let lot = lot.ok_or_else(|| missing("lot"))?;
            let excused = match is_alone {
                true => figures.excused,
                false => figures.excused_of(part),
            };
            Ok(Returned { lot, points, excused })
        };
        parts.into_iter().map(returned).collect()
    }
}

//! The money books follow the ledger: each programme's facts in their order, off the request path.
//!
//! A step reads facts and all that their money depends on, none of which ever changes, works out what they
//! move, and writes it together with how far it has come, if nobody else was faster. So each fact is in the
//! books once, be the task late, killed, or at work on several gateways; and books that are made again from
//! the first fact come to the same.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use entity::amount::Points;
use entity::day::Day;
use entity::ids::{ProgrammeId, WalletId};
use entity::ledger::{fact, lot};
use entity::settlement::{
    carried_points, money_cycle, money_day, money_posting, settlement_cursor, settlement_cycle,
};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::Settlement;
use super::core::cohorts::Cohorts;
use super::core::{Accrual, Debts, Happened, Key, Move, Owed, Place};
use super::fates::Changed;
use super::replay::{self, Page, Replay};
use super::{cohorts, fates, rows};
use crate::error::{Error, Result};
use crate::programmes::Rules;
use crate::rows::{add_all, find_among, insert_all, insert_new, update_all};
use crate::tx::{Tx, retrying};

/// What a step writes.
struct Step {
    cursor: settlement_cursor::Model,
    until: i64,
    cycles: Vec<settlement_cycle::Model>,
    postings: Vec<money_posting::Model>,
    days: BTreeMap<(Day, Day, Key), [i64; 2]>,
    cohorts: Cohorts,
    carried: Carried,
    fates: Changed,
}

/// What is carried for wallets: as it was, and what becomes of it.
#[derive(Default)]
struct Carried {
    before: HashMap<Place, carried_points::Model>,
    made: Vec<carried_points::Model>,
    changed: Vec<carried_points::Model>,
}

impl Settlement {
    /// Takes the next facts of a programme into its money books; says how many there were.
    pub async fn follow(&self, programme: ProgrammeId) -> Result<u64> {
        if self.is_up_to_date(programme).await? {
            return Ok(0);
        }
        let rules = self.programmes.rules(programme).await?;
        Ok(self.step(&rules, None, false).await?.0)
    }

    /// Takes all facts that are in the sequence; the next are read while these are written.
    pub async fn catch_up(&self, programme: ProgrammeId) -> Result<()> {
        let rules = self.programmes.rules(programme).await?;
        let mut page = None;
        loop {
            let (taken, next) = self.step(&rules, page.as_ref(), true).await?;
            if taken == 0 {
                return Ok(());
            }
            page = next;
        }
    }

    /// Takes a page, or the next where that isn't the next; says how many facts there were, and what follows
    /// if that is to be read.
    async fn step(
        &self,
        rules: &Rules,
        page: Option<&Page>,
        reads_ahead: bool,
    ) -> Result<(u64, Option<Page>)> {
        retrying(|| async {
            let Some(step) = self.read(rules, page).await? else { return Ok((0, None)) };
            let (programme, until) = (rules.id(), step.until);
            let write = self.write(programme, step);
            if reads_ahead {
                return tokio::try_join!(write, self.ahead(programme, until));
            }
            Ok((write.await?, None))
        })
        .await
    }

    /// Says how many facts were taken: none where somebody else was faster.
    async fn write(&self, programme: ProgrammeId, step: Step) -> Result<u64> {
        let taken = u64::try_from(step.until - step.cursor.position).unwrap_or(0);
        let tx = self.db.begin().await?;
        let is_mine = write(&tx, programme, step).await?;
        tx.commit(if is_mine { taken } else { 0 }).await
    }

    /// What is behind a position, of which nothing changes any more.
    async fn ahead(&self, programme: ProgrammeId, position: i64) -> Result<Option<Page>> {
        let tx = self.db.snapshot().await?;
        let page = Replay::new(&tx, programme, position).in_large_pages().next().await?;
        tx.commit(page).await
    }

    /// A look without a lock: most of the time nothing has happened.
    async fn is_up_to_date(&self, programme: ProgrammeId) -> Result<bool> {
        let db = self.db.reader();
        let cursor = settlement_cursor::Entity::find_by_id(programme).one(db).await?;
        let next = fact::Entity::find()
            .filter(fact::Column::ProgrammeId.eq(programme))
            .filter(fact::Column::Position.gt(cursor.map_or(0, |cursor| cursor.position)))
            .order_by_asc(fact::Column::Position);
        Ok(next.one(db).await?.is_none())
    }

    /// What the next facts come to; none when there are no more.
    async fn read(&self, rules: &Rules, page: Option<&Page>) -> Result<Option<Step>> {
        let programme = rules.id();
        let tx = self.db.snapshot().await?;
        let cursor = cursor(&tx, programme).await?;
        let page = match page.filter(|page| page.after == cursor.position) {
            Some(page) => Cow::Borrowed(page),
            None => match Replay::new(&tx, programme, cursor.position).next().await? {
                Some(page) => Cow::Owned(page),
                None => return tx.commit(None).await,
            },
        };
        let contracts = replay::contracts(&tx, programme).await?;
        let (owed, debts) = debts(&tx, programme, &page).await?;
        let mut calendar = rows::calendar(&tx, rules).await?;
        let before = fates::known(&tx, programme, &page, &debts).await?;
        let mut accrual = Accrual::new(&contracts, debts, before.clone());
        let mut step = Step {
            until: page.until,
            cursor,
            cycles: Vec::new(),
            postings: Vec::new(),
            days: BTreeMap::new(),
            cohorts: Cohorts::new(rules.zone),
            carried: Carried { before: owed, ..Carried::default() },
            fates: Changed::default(),
        };
        for happened in page.happened()? {
            let day = Day::of(happened.entry.recorded_at, &rules.zone);
            let cycle = calendar.place(day);
            let moves = accrual.follow(&happened);
            step.take(programme, &happened, (cycle, day), &moves)?;
            step.cohorts.follow(&happened, day)?;
        }
        step.cycles = rows::begun(programme, &calendar);
        step.carried.compare(programme, &accrual.debts);
        step.fates = Changed::between(programme, &before, &accrual.fates);
        tx.commit(Some(step)).await
    }
}

impl Step {
    fn take(
        &mut self,
        programme: ProgrammeId,
        happened: &Happened<'_>,
        (cycle, day): (Day, Day),
        moves: &[Move],
    ) -> Result<()> {
        for (line, moved) in (0..).zip(moves) {
            self.postings.push(rows::posting(programme, happened, (cycle, day, line), moved));
            let [points, postings] = self.days.entry((cycle, day, moved.key)).or_default();
            *points = points.checked_add(moved.points.get()).ok_or_else(too_many)?;
            *postings += 1;
        }
        Ok(())
    }
}

impl Carried {
    fn compare(&mut self, programme: ProgrammeId, debts: &Debts) {
        let mut gone = self.before.clone();
        for (place, wallet_id, owed) in debts.all() {
            let (position, part) = place;
            let row = carried_points::Model {
                programme_id: programme,
                position,
                part,
                wallet_id,
                lot_id: owed.lot.id,
                remaining: owed.points,
            };
            match gone.remove(&place) {
                None => self.made.push(row),
                Some(before) if before != row => self.changed.push(row),
                Some(_) => {}
            }
        }
        let empty =
            |row: carried_points::Model| carried_points::Model { remaining: Points::ZERO, ..row };
        self.changed.extend(gone.into_values().map(empty));
    }
}

async fn write(tx: &Tx, programme: ProgrammeId, step: Step) -> Result<bool> {
    if !moved_on(tx, &step).await? {
        return Ok(false);
    }
    let days = step.days.into_iter();
    let days: Vec<money_day::Model> = days
        .map(|((cycle, day, key), sums)| rows::day(programme, (cycle, day), &key, sums))
        .collect();
    if !step.cycles.is_empty() {
        insert_new::<settlement_cycle::Entity>(tx, &step.cycles).await?;
    }
    insert_all::<money_posting::Entity>(tx, &step.postings).await?;
    let adding = [money_day::Column::Points, money_day::Column::Postings];
    add_all::<money_day::Entity>(tx, &days, &adding).await?;
    add_all::<money_cycle::Entity>(tx, &by_cycle(&days), &[money_cycle::Column::Points]).await?;
    cohorts::write(tx, programme, &step.cohorts).await?;
    insert_all::<carried_points::Entity>(tx, &step.carried.made).await?;
    let changing = [carried_points::Column::WalletId, carried_points::Column::Remaining];
    update_all::<carried_points::Entity>(tx, &step.carried.changed, &changing).await?;
    step.fates.write(tx).await?;
    Ok(true)
}

/// No two rows of a statement may add to the same sum.
fn by_cycle(days: &[money_day::Model]) -> Vec<money_cycle::Model> {
    let mut sums: BTreeMap<(Day, Key), money_cycle::Model> = BTreeMap::new();
    for day in days {
        let sum = rows::cycle_sum(day);
        match sums.entry((day.cycle, rows::key_of(day))) {
            Entry::Vacant(place) => drop(place.insert(sum)),
            Entry::Occupied(mut place) => place.get_mut().points += sum.points,
        }
    }
    sums.into_values().collect()
}

/// Sets how far it has come, unless somebody was faster, or has closed a cycle meanwhile.
async fn moved_on(tx: &Tx, step: &Step) -> Result<bool> {
    let begun = settlement_cursor::Model { position: 0, closed: 0, ..step.cursor.clone() };
    insert_new::<settlement_cursor::Entity>(tx, &[begun]).await?;
    let done = settlement_cursor::Entity::update_many()
        .col_expr(settlement_cursor::Column::Position, Expr::value(step.until))
        .filter(settlement_cursor::Column::ProgrammeId.eq(step.cursor.programme_id))
        .filter(settlement_cursor::Column::Position.eq(step.cursor.position))
        .filter(settlement_cursor::Column::Closed.eq(step.cursor.closed))
        .exec(tx.connection())
        .await?;
    Ok(done.rows_affected == 1)
}

/// Where the books are.
async fn cursor(tx: &Tx, programme: ProgrammeId) -> Result<settlement_cursor::Model> {
    let found = settlement_cursor::Entity::find_by_id(programme).one(tx.connection()).await?;
    let begun = settlement_cursor::Model { programme_id: programme, position: 0, closed: 0 };
    Ok(found.unwrap_or(begun))
}

/// What the wallets of a page owe.
async fn debts(
    tx: &Tx,
    programme: ProgrammeId,
    page: &Page,
) -> Result<(HashMap<Place, carried_points::Model>, Debts)> {
    let (db, column) = (tx.connection(), carried_points::Column::WalletId);
    let wallets = page.wallets().map(WalletId::uuid);
    let also = "and remaining > 0";
    let carried =
        find_among::<carried_points::Entity, _>(db, programme, column, wallets, also).await?;
    let ids = carried.iter().map(|row| row.lot_id.uuid());
    let lots = find_among::<lot::Entity, _>(db, programme, lot::Column::Id, ids, "").await?;
    let lots: HashMap<_, _> = lots.into_iter().map(|row| (row.id, row)).collect();
    let mut debts = Debts::default();
    for row in &carried {
        let lot = lots.get(&row.lot_id).cloned();
        let lot =
            lot.ok_or_else(|| Error::internal("points are owed of a lot that isn't there"))?;
        debts.push(row.wallet_id, (row.position, row.part), Owed { lot, points: row.remaining });
    }
    let before = carried.into_iter().map(|row| ((row.position, row.part), row));
    Ok((before.collect(), debts))
}

fn too_many() -> Error {
    Error::internal("more points in a day than a number holds")
}

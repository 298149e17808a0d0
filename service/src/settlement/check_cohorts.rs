//! Whether cohorts are what lots and entries come to, for who checks the books.

use std::collections::{BTreeMap, BTreeSet};

use entity::day::Day;
use entity::ids::{LotId, ProgrammeId, WalletId};
use entity::ledger::lot;
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Statement, Value,
};

use super::check::Unlike;
use super::cohorts::{self, Due};
use super::core::cohorts::{Cohort, Cohorts, Flow};
use super::core::due_for;
use crate::error::Result;
use crate::programmes::Rules;
use crate::rows::find_among;
use crate::tx::Tx;

/// How many lots are looked at in one statement.
const PAGE: u64 = 5000;
/// Each cohort, as [`Cohorts`] adds it up for all days together.
const ALL_DAYS: Day = Day::new(0);

/// What entries come to, in cohorts without days.
pub(super) fn worked_out(rules: &Rules) -> (Cohorts, Day) {
    (Cohorts::new(rules.zone), ALL_DAYS)
}

/// Compares what entries come to with what was written.
pub(super) async fn compare(
    tx: &Tx,
    rules: &Rules,
    worked_out: &Cohorts,
    found: &mut Unlike,
) -> Result<()> {
    let written = written(tx, rules.id()).await?;
    let right = |cohort| worked_out.days.get(&(cohort, ALL_DAYS)).copied().unwrap_or_default();
    let known = worked_out.days.keys().map(|(cohort, _)| *cohort);
    let all: BTreeSet<Cohort> = written.keys().copied().chain(known).collect();
    found.cohorts = all.len();
    let is_wrong =
        |cohort: &Cohort| written.get(cohort).copied().unwrap_or_default() != right(*cohort);
    found.flows = all.into_iter().filter(is_wrong).collect();
    Ok(())
}

async fn written(tx: &Tx, programme: ProgrammeId) -> Result<BTreeMap<Cohort, Flow>> {
    let always = Day::new(i32::MAX);
    let mut written: BTreeMap<Cohort, Flow> = BTreeMap::new();
    for ((cohort, _), flow) in cohorts::until(tx.connection(), programme, always).await? {
        let sum = written.entry(cohort).or_default();
        *sum = sum.plus(&flow)?;
    }
    Ok(written)
}

/// Compares points that are out, and what is due when they are burned, with lots and holds.
pub(super) async fn compare_with_lots(tx: &Tx, rules: &Rules, found: &mut Unlike) -> Result<()> {
    let (there, due_there) = there(tx, rules).await?;
    let written = written(tx, rules.id()).await?;
    let all: BTreeSet<Cohort> = written.keys().chain(there.keys()).copied().collect();
    let out = |cohort: &Cohort| written.get(cohort).map_or(0, Flow::out);
    let is_wrong = |cohort: &Cohort| out(cohort) != there.get(cohort).copied().unwrap_or(0);
    found.out = all.into_iter().filter(is_wrong).collect();
    let due = cohorts::due_until(tx.connection(), rules.id(), Day::new(i32::MAX)).await?;
    let all: BTreeSet<Cohort> = due.keys().chain(due_there.keys()).copied().collect();
    let right = |cohort: &Cohort| due_there.get(cohort).copied().unwrap_or_default();
    let is_wrong = |cohort: &Cohort| due.get(cohort).copied().unwrap_or_default() != right(cohort);
    found.due = all.into_iter().filter(is_wrong).collect();
    Ok(())
}

type There = (BTreeMap<Cohort, i64>, BTreeMap<Cohort, Due>);

/// What lies in lots, and what open holds have taken of them.
async fn there(tx: &Tx, rules: &Rules) -> Result<There> {
    let mut there = There::default();
    let mut last: Option<(WalletId, LotId)> = None;
    loop {
        let mut query = lot::Entity::find()
            .filter(lot::Column::ProgrammeId.eq(rules.id()))
            .order_by_asc(lot::Column::WalletId)
            .order_by_asc(lot::Column::Id)
            .limit(PAGE);
        if let Some((wallet, id)) = last {
            let same = lot::Column::WalletId.eq(wallet).and(lot::Column::Id.gt(id));
            query = query.filter(lot::Column::WalletId.gt(wallet).or(same));
        }
        let lots = query.all(tx.connection()).await?;
        for lot in &lots {
            add(&mut there, rules, lot, lot.remaining.get())?;
        }
        match lots.last() {
            Some(lot) => last = Some((lot.wallet_id, lot.id)),
            None => break,
        }
    }
    let held = held(tx, rules.id()).await?;
    let (db, ids) = (tx.connection(), held.iter().map(|row| row.lot_id.uuid()));
    let lots = find_among::<lot::Entity, _>(db, rules.id(), lot::Column::Id, ids, "").await?;
    let lots: BTreeMap<_, _> = lots.iter().map(|lot| ((lot.wallet_id, lot.id), lot)).collect();
    for row in held {
        if let Some(lot) = lots.get(&(row.wallet_id, row.lot_id)) {
            add(&mut there, rules, lot, row.points)?;
        }
    }
    Ok(there)
}

fn add(there: &mut There, rules: &Rules, lot: &lot::Model, points: i64) -> Result<()> {
    if points == 0 {
        return Ok(());
    }
    let cohort = Cohort::of(lot, &rules.zone);
    *there.0.entry(cohort).or_default() += points;
    for (funder, price) in due_for(&lot.terms) {
        let sum = there.1.entry(cohort).or_default();
        *sum = sum.with(funder, price.of(points)?);
    }
    Ok(())
}

/// What an open hold took of a lot.
#[derive(FromQueryResult)]
struct Held {
    wallet_id: WalletId,
    lot_id: LotId,
    points: i64,
}

const HELD: &str = "
    select a.wallet_id, a.lot_id, a.points from hold h join allocation a
        on a.programme_id = $1 and a.wallet_id = h.wallet_id and a.entry_id = h.entry_id and a.kind = 'TAKEN'
    where h.programme_id = $1 and h.status = 'OPEN'";

async fn held(tx: &Tx, programme: ProgrammeId) -> Result<Vec<Held>> {
    let values: [Value; 1] = [programme.uuid().into()];
    let statement = Statement::from_sql_and_values(tx.backend(), HELD, values);
    Ok(Held::find_by_statement(statement).all(tx.connection()).await?)
}

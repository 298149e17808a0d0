//! Whether the money books are what the ledger comes to, for who checks the books: the journal is worked out
//! anew from the first entry on, and what its accounts hold from lots and debts, past the journal.

use std::collections::{BTreeMap, BTreeSet};

use entity::day::Day;
use entity::ids::{EntryId, ProgrammeId, PurchaseId, WalletId};
use entity::ledger::lot::Terms;
use entity::ledger::outbox::FactKind;
use entity::ledger::{fact, lot, outbox, seal};
use entity::settlement::money_posting::MoneyAccount;
use entity::settlement::{carried_points, lot_fate, money_posting, settlement_cursor};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement, Value,
};
use uuid::Uuid;

use super::core::cohorts::Cohort;
use super::core::{Account, Accrual, Debts, Exact, Fates, held_for};
use super::replay::{self, Page, Replay};
use super::{check_cohorts, fates, rows};
use crate::error::{Error, Result};
use crate::programmes::Rules;
use crate::rows::find_among;
use crate::tx::Tx;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Unlike {
    /// How many movements were looked at.
    pub(crate) checked: i64,
    /// Entries whose movements aren't what they come to.
    pub(crate) entries: BTreeSet<EntryId>,
    /// Why it can't be worked out at all.
    pub(crate) broken: Option<String>,
    /// Accounts that hold something else than lots and debts come to; none where what happened isn't in the
    /// books yet.
    pub(crate) accounts: Vec<MoneyAccount>,
    /// Purchases of whose points something else has become than what is written; how many were looked at.
    pub(crate) fates: (usize, BTreeSet<PurchaseId>),
    /// How many cohorts were looked at.
    pub(crate) cohorts: usize,
    /// Those of which something else is told than what entries come to.
    pub(crate) flows: Vec<Cohort>,
    /// Those that have other points out than their lots and holds; none where what happened isn't in the
    /// books yet.
    pub(crate) out: Vec<Cohort>,
    /// Those for which something else is due when their points are burned, likewise.
    pub(crate) due: Vec<Cohort>,
}

/// Looks at a programme's money books.
pub(crate) async fn unlike_the_ledger(tx: &Tx, programme: ProgrammeId) -> Result<Unlike> {
    let mut found = Unlike::default();
    let db = tx.connection();
    let Some(cursor) = settlement_cursor::Entity::find_by_id(programme).one(db).await? else {
        return Ok(found);
    };
    let rules = Rules::now(tx, programme).await?;
    match replayed(tx, &rules, cursor.position, &mut found).await {
        // Books that are broken elsewhere may not be followable at all.
        Err(Error::Internal(why)) if !why.is::<DbErr>() => found.broken = Some(why.to_string()),
        done => done?,
    }
    if is_up_to_date(tx, programme, cursor.position).await? {
        found.accounts = accounts(tx, programme).await?;
        check_cohorts::compare_with_lots(tx, &rules, &mut found).await?;
    }
    Ok(found)
}

async fn replayed(tx: &Tx, rules: &Rules, until: i64, found: &mut Unlike) -> Result<()> {
    let programme = rules.id();
    let contracts = replay::contracts(tx, programme).await?;
    let mut accrual = Accrual::new(&contracts, Debts::default(), Fates::default());
    let sealed = seal::Entity::find()
        .filter(seal::Column::ProgrammeId.eq(programme))
        .order_by_desc(seal::Column::Number);
    let sealed = sealed.one(tx.connection()).await?.map_or(0, |seal| seal.position);
    let (mut replay, mut after) = (Replay::new(tx, programme, 0).with_archive(sealed), 0);
    let (mut cohorts, day) = check_cohorts::worked_out(rules);
    while after < until {
        let Some(page) = replay.next().await? else { break };
        let last = page.until.min(until);
        let mut written = postings(tx, programme, (after, last)).await?;
        compare(rules, &mut accrual, (&page, last), &mut written, found)?;
        for happened in page.happened()?.iter().filter(|happened| happened.position <= last) {
            cohorts.follow(happened, day)?;
        }
        for (_, _, lots) in page.archived.iter().filter(|(position, ..)| *position <= last) {
            cohorts.issued(lots, day)?;
        }
        after = page.until;
    }
    found.fates = unlike_fates(tx, programme, &accrual.fates).await?;
    check_cohorts::compare(tx, rules, &cohorts, found).await
}

fn compare(
    rules: &Rules,
    accrual: &mut Accrual<'_>,
    (page, last): (&Page, i64),
    written: &mut [money_posting::Model],
    found: &mut Unlike,
) -> Result<()> {
    found.checked += i64::try_from(written.len()).unwrap_or(i64::MAX);
    let mut worked_out = Vec::with_capacity(written.len());
    for happened in page.happened()?.iter().filter(|happened| happened.position <= last) {
        let day = Day::of(happened.entry.recorded_at, &rules.zone);
        for (line, moved) in (0..).zip(accrual.follow(happened)) {
            worked_out.push(rows::posting(rules.id(), happened, (day, day, line), &moved));
        }
    }
    for (position, entry, lots) in &page.archived {
        let Some(day) = written.iter().find(|row| row.position == *position).map(|row| row.day)
        else {
            continue;
        };
        for (line, moved) in (0..).zip(accrual.issued(lots)) {
            let wallet = lots.first().map_or(WalletId::from_uuid(Uuid::nil()), |lot| lot.wallet_id);
            let source = (*position, *entry, wallet);
            worked_out.push(rows::moved(rules.id(), source, (day, day, line), &moved));
        }
    }
    // Which cycle they are in depends on when it was closed.
    for row in written.iter_mut() {
        row.cycle = row.day;
    }
    worked_out.sort_by_key(|row| (row.position, row.line));
    let key = |row: &money_posting::Model| (row.position, row.line);
    let (mut left, mut right) = (worked_out.iter().peekable(), written.iter().peekable());
    loop {
        let wrong = match (left.peek(), right.peek()) {
            (None, None) => return Ok(()),
            (Some(one), Some(other)) if one == other => {
                left.next();
                right.next();
                continue;
            }
            (Some(one), other) if other.is_none_or(|other| key(one) <= key(other)) => left.next(),
            _ => right.next(),
        };
        found.entries.extend(wrong.map(|row| row.entry_id));
    }
}

/// Purchases of whose points something else has become, and how many there are.
async fn unlike_fates(
    tx: &Tx,
    programme: ProgrammeId,
    fates: &Fates,
) -> Result<(usize, BTreeSet<PurchaseId>)> {
    let query = lot_fate::Entity::find().filter(lot_fate::Column::ProgrammeId.eq(programme));
    let written = query.all(tx.connection()).await?.into_iter().map(|row| fates::of(&row));
    let written: BTreeMap<_, _> = written.collect();
    let right: BTreeMap<_, _> = fates.all().collect();
    let all: BTreeSet<_> = written.keys().chain(right.keys()).collect();
    let wrong = all.iter().filter(|earned| written.get(earned) != right.get(earned));
    Ok((all.len(), wrong.map(|(purchase, _)| *purchase).collect()))
}

async fn postings(
    tx: &Tx,
    programme: ProgrammeId,
    (after, until): (i64, i64),
) -> Result<Vec<money_posting::Model>> {
    let query = money_posting::Entity::find()
        .filter(money_posting::Column::ProgrammeId.eq(programme))
        .filter(money_posting::Column::Position.gt(after))
        .filter(money_posting::Column::Position.lte(until))
        .order_by_asc(money_posting::Column::Position)
        .order_by_asc(money_posting::Column::Line);
    Ok(query.all(tx.connection()).await?)
}

async fn is_up_to_date(tx: &Tx, programme: ProgrammeId, position: i64) -> Result<bool> {
    let next = fact::Entity::find()
        .filter(fact::Column::ProgrammeId.eq(programme))
        .filter(fact::Column::Position.gt(position));
    let waiting = outbox::Entity::find()
        .filter(outbox::Column::ProgrammeId.eq(programme))
        .filter(outbox::Column::Kind.eq(FactKind::Entry));
    let db = tx.connection();
    Ok(next.one(db).await?.is_none() && waiting.one(db).await?.is_none())
}

/// Accounts whose balances aren't what was paid for points that are there, or paid back for those owed.
async fn accounts(tx: &Tx, programme: ProgrammeId) -> Result<Vec<MoneyAccount>> {
    let always = (Day::new(i32::MIN), Day::new(i32::MAX));
    let balances = rows::book(tx.connection(), programme, always).await?.accounts()?;
    let right = [
        (MoneyAccount::Reserve, paid_for(tx, programme).await?),
        (MoneyAccount::Carried, owed(tx, programme).await?.negated()),
        (MoneyAccount::Cleared, Exact::ZERO),
    ];
    let wrong = right.into_iter().filter(|(account, right)| {
        balances.get(&Account::Own(*account)).copied().unwrap_or_default() != *right
    });
    Ok(wrong.map(|(account, _)| account).collect())
}

/// Points of lots with the same terms.
#[derive(FromQueryResult)]
struct There {
    terms: String,
    points: i64,
}

/// What lies in lots, and what open holds have taken of them.
const THERE: &str = "
    with part as (
        select wallet_id, id as lot_id, remaining as points from lot
        where programme_id = $1 and remaining > 0
        union all
        select h.wallet_id, a.lot_id, a.points from hold h join allocation a
            on a.programme_id = $1 and a.wallet_id = h.wallet_id and a.entry_id = h.entry_id and a.kind = 'TAKEN'
        where h.programme_id = $1 and h.status = 'OPEN')
    select cast(l.terms as text) as terms, cast(sum(p.points) as bigint) as points
    from part p join lot l on l.programme_id = $1 and l.id = p.lot_id and l.wallet_id = p.wallet_id
    group by cast(l.terms as text)";

async fn paid_for(tx: &Tx, programme: ProgrammeId) -> Result<Exact> {
    let values: [Value; 1] = [programme.uuid().into()];
    let statement = Statement::from_sql_and_values(tx.backend(), THERE, values);
    let mut sum = Exact::ZERO;
    for there in There::find_by_statement(statement).all(tx.connection()).await? {
        let terms: Terms = serde_json::from_str(&there.terms).map_err(Error::internal)?;
        sum = sum.plus(held_for(&terms, there.points)?);
    }
    Ok(sum)
}

async fn owed(tx: &Tx, programme: ProgrammeId) -> Result<Exact> {
    let db = tx.connection();
    let rows = carried_points::Entity::find()
        .filter(carried_points::Column::ProgrammeId.eq(programme))
        .all(db)
        .await?;
    let ids = rows.iter().map(|row| row.lot_id.uuid());
    let lots = find_among::<lot::Entity, _>(db, programme, lot::Column::Id, ids, "").await?;
    let mut sum = Exact::ZERO;
    for row in &rows {
        let lot = lots.iter().find(|lot| lot.id == row.lot_id);
        let lot =
            lot.ok_or_else(|| Error::internal("points are owed of a lot that isn't there"))?;
        sum = sum.plus(held_for(&lot.terms, row.remaining.get())?);
    }
    Ok(sum)
}

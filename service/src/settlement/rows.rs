//! The money books as rows, and rows as books.

use chrono::NaiveTime;
use chrono_tz::Tz;
use entity::day::Day;
use entity::ids::{ContractId, EntryId, PartnerId, ProgrammeId, SettlementCycleId, WalletId};
use entity::ledger::fact;
use entity::settlement::money_posting::{LineKind, MoneyAccount};
use entity::settlement::settlement_cycle::{self, CycleStatus};
use entity::settlement::{money_cycle, money_day, money_posting};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement,
    Value,
};
use uuid::Uuid;

use super::core::{Book, Calendar, Happened, Key, Move, Price, Span};
use crate::error::Result;
use crate::ledger::expiry::to_utc;
use crate::programmes::Rules;
use crate::tx::Tx;

/// What stands for nobody in a key.
pub(super) const NOBODY: Uuid = Uuid::nil();

/// All cycles of a programme, oldest first.
pub(super) async fn cycles(
    tx: &Tx,
    programme: ProgrammeId,
) -> Result<Vec<settlement_cycle::Model>> {
    let query = settlement_cycle::Entity::find()
        .filter(settlement_cycle::Column::ProgrammeId.eq(programme))
        .order_by_asc(settlement_cycle::Column::FirstDay);
    Ok(query.all(tx.connection()).await?)
}

/// A programme's cycles as a calendar.
pub(super) async fn calendar(tx: &Tx, rules: &Rules) -> Result<Calendar> {
    let spans = cycles(tx, rules.id()).await?.into_iter().map(|row| Span {
        first: row.first_day,
        end: row.end_day,
        is_closed: row.until_position.is_some(),
    });
    Ok(Calendar::new(rules.programme.settlement_period, spans.collect()))
}

/// The cycles that have begun since the calendar was read.
pub(super) fn begun(programme: ProgrammeId, calendar: &Calendar) -> Vec<settlement_cycle::Model> {
    calendar.begun().map(|span| opened(programme, span)).collect()
}

fn opened(programme: ProgrammeId, span: &Span) -> settlement_cycle::Model {
    settlement_cycle::Model {
        programme_id: programme,
        first_day: span.first,
        id: SettlementCycleId::at(to_utc(span.first.date().and_time(NaiveTime::MIN), Tz::UTC)),
        end_day: span.end,
        until_position: None,
        status: CycleStatus::Open,
        calculation: 0,
        digest: None,
        asked_by: None,
        asked_at: None,
        calculated_by: None,
        calculated_at: None,
        reviewed_by: None,
        reviewed_at: None,
        approved_by: None,
        approved_at: None,
        settled_at: None,
    }
}

/// A movement of an entry.
pub(super) fn posting(
    programme: ProgrammeId,
    happened: &Happened<'_>,
    at: (Day, Day, i32),
    moved: &Move,
) -> money_posting::Model {
    let entry = happened.entry;
    self::moved(programme, (happened.position, entry.id, entry.wallet_id), at, moved)
}

/// A movement of the entry at a position.
pub(super) fn moved(
    programme: ProgrammeId,
    (position, entry_id, wallet_id): (i64, EntryId, WalletId),
    (cycle, day, line): (Day, Day, i32),
    moved: &Move,
) -> money_posting::Model {
    let Move { key, points, lot } = *moved;
    money_posting::Model {
        programme_id: programme,
        position,
        line,
        entry_id,
        wallet_id,
        lot_id: lot,
        cycle,
        day,
        kind: key.kind,
        from_account: key.from,
        to_account: key.to,
        partner_id: key.partner,
        contract_id: key.contract,
        with_id: key.with,
        price_micros: key.price.micros,
        factor: key.price.factor,
        points,
    }
}

/// The position of a programme's last fact.
pub(super) async fn last_fact<C: ConnectionTrait>(db: &C, programme: ProgrammeId) -> Result<i64> {
    let query = fact::Entity::find()
        .filter(fact::Column::ProgrammeId.eq(programme))
        .order_by_desc(fact::Column::Position);
    Ok(query.one(db).await?.map_or(0, |fact| fact.position))
}

/// What a movement is added up by.
pub(super) fn key_of_posting(row: &money_posting::Model) -> Key {
    Key {
        partner: row.partner_id,
        kind: row.kind,
        contract: row.contract_id,
        with: row.with_id,
        from: row.from_account,
        to: row.to_account,
        price: Price { micros: row.price_micros, factor: row.factor },
    }
}

/// What a day's sum is added up by.
pub(super) fn key_of(row: &money_day::Model) -> Key {
    Key {
        partner: somebody(row.partner_id).map(PartnerId::from_uuid),
        kind: row.kind,
        contract: somebody(row.contract_id).map(ContractId::from_uuid),
        with: somebody(row.with_id).map(PartnerId::from_uuid),
        from: row.from_account,
        to: row.to_account,
        price: Price { micros: row.price_micros, factor: row.factor },
    }
}

/// Who an id in a key is; none where it stands for nobody.
pub(super) fn somebody(id: Uuid) -> Option<Uuid> {
    (id != NOBODY).then_some(id)
}

/// A day's sum.
pub(super) fn day(
    programme: ProgrammeId,
    (cycle, day): (Day, Day),
    key: &Key,
    [points, postings]: [i64; 2],
) -> money_day::Model {
    money_day::Model {
        programme_id: programme,
        cycle,
        day,
        kind: key.kind,
        from_account: key.from,
        to_account: key.to,
        partner_id: key.partner.map_or(NOBODY, PartnerId::uuid),
        contract_id: key.contract.map_or(NOBODY, ContractId::uuid),
        with_id: key.with.map_or(NOBODY, PartnerId::uuid),
        price_micros: key.price.micros,
        factor: key.price.factor,
        points,
        postings,
    }
}

/// What days of a cycle add up to.
pub(super) fn cycle_sum(day: &money_day::Model) -> money_cycle::Model {
    money_cycle::Model {
        programme_id: day.programme_id,
        cycle: day.cycle,
        kind: day.kind,
        partner_id: day.partner_id,
        contract_id: day.contract_id,
        with_id: day.with_id,
        from_account: day.from_account,
        to_account: day.to_account,
        price_micros: day.price_micros,
        factor: day.factor,
        points: day.points,
    }
}

/// What days add up to.
#[derive(FromQueryResult)]
struct Summed {
    kind: LineKind,
    from_account: MoneyAccount,
    to_account: MoneyAccount,
    partner_id: Uuid,
    contract_id: Uuid,
    with_id: Uuid,
    price_micros: i64,
    factor: i64,
    points: i64,
}

impl Summed {
    fn key(&self) -> Key {
        Key {
            partner: somebody(self.partner_id).map(PartnerId::from_uuid),
            kind: self.kind,
            contract: somebody(self.contract_id).map(ContractId::from_uuid),
            with: somebody(self.with_id).map(PartnerId::from_uuid),
            from: self.from_account,
            to: self.to_account,
            price: Price { micros: self.price_micros, factor: self.factor },
        }
    }
}

/// Sums of cycles, or of days by their cycle or their own day, of the kinds that the condition names.
macro_rules! sums {
    ($table:literal, $by:literal, $condition:literal) => {
        concat!(
            "select kind, from_account, to_account, partner_id, contract_id, with_id, price_micros, factor,
                cast(sum(points) as bigint) as points
            from ",
            $table,
            " where programme_id = $1 and ",
            $by,
            " between $2 and $3 ",
            $condition,
            " group by kind, from_account, to_account, partner_id, contract_id, with_id, price_micros, factor"
        )
    };
}

/// What cycles come to, from one to another, both included.
pub(super) async fn book<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    (first, last): (Day, Day),
) -> Result<Book> {
    summed(db, programme, (first, last), sums!("money_day", "cycle", "")).await
}

/// What was recorded until the end of a day comes to, whatever cycle it is in.
pub(super) async fn book_until<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    day: Day,
) -> Result<Book> {
    summed(db, programme, (Day::new(i32::MIN), day), sums!("money_day", "day", "")).await
}

/// Of these, what was spent and what was paid for it.
pub(super) async fn spent<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    cycles: (Day, Day),
) -> Result<Book> {
    let sql = sums!(
        "money_cycle",
        "cycle",
        "and kind in ('BURN', 'BURN_REVERSAL', 'FUNDING', 'FUNDING_REVERSAL')"
    );
    summed(db, programme, cycles, sql).await
}

async fn summed<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    (first, last): (Day, Day),
    sql: &str,
) -> Result<Book> {
    let values: [Value; 3] = [programme.uuid().into(), first.get().into(), last.get().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let mut book = Book::default();
    for row in Summed::find_by_statement(statement).all(db).await? {
        book.add(row.key(), row.points)?;
    }
    Ok(book)
}

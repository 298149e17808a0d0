//! The money books as rows, and rows as books.

use entity::day::Day;
use entity::ids::{ContractId, EntryId, PartnerId, ProgrammeId, WalletId};
use entity::settlement::money_posting::{LineKind, MoneyAccount};
use entity::settlement::settlement_cycle::{self, CycleStatus};
use entity::settlement::{money_day, money_posting};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement,
    Value,
};
use uuid::Uuid;

use super::core::{Book, Happened, Key, Move, Price, Span};
use crate::error::Result;
use crate::tx::Tx;

/// What stands for nobody in a key.
const NOBODY: Uuid = Uuid::nil();

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

/// A cycle that begins.
pub(super) fn opened(programme: ProgrammeId, span: &Span) -> settlement_cycle::Model {
    settlement_cycle::Model {
        programme_id: programme,
        first_day: span.first,
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
        let somebody = |id: Uuid| (id != NOBODY).then_some(id);
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

const SUMS: &str = "
    select kind, from_account, to_account, partner_id, contract_id, with_id, price_micros, factor,
        cast(sum(points) as bigint) as points
    from money_day where programme_id = $1 and cycle between $2 and $3
    group by kind, from_account, to_account, partner_id, contract_id, with_id, price_micros, factor";

/// What cycles come to, from one to another, both included.
pub(super) async fn book<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    (first, last): (Day, Day),
) -> Result<Book> {
    let values: [Value; 3] = [programme.uuid().into(), first.get().into(), last.get().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), SUMS, values);
    let mut book = Book::default();
    for row in Summed::find_by_statement(statement).all(db).await? {
        book.add(row.key(), row.points)?;
    }
    Ok(book)
}

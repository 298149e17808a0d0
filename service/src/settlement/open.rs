//! Which cycles are closed, and the cycle on whose statement stands what is booked now: payments and corrections.

use chrono::{DateTime, Utc};
use entity::day::Day;
use entity::ids::ProgrammeId;
use entity::settlement::{settlement_cursor, settlement_cycle};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::rows;
use crate::error::Result;
use crate::programmes::Rules;
use crate::rows::insert_new;
use crate::tx::Tx;

/// The first day of that cycle, which isn't closed before the transaction ends.
pub(super) async fn cycle(tx: &Tx, rules: &Rules, at: DateTime<Utc>) -> Result<Day> {
    let programme = rules.id();
    let cursor = settlement_cursor::Entity::find_by_id(programme).lock_exclusive();
    cursor.one(tx.connection()).await?;
    let mut calendar = rows::calendar(tx, rules).await?;
    let first = calendar.place(Day::of(at, &rules.zone));
    let begun = rows::begun(programme, &calendar);
    if !begun.is_empty() {
        insert_new::<settlement_cycle::Entity>(tx, &begun).await?;
    }
    Ok(first)
}

/// The first day that is in no cycle which was calculated; none where none was.
pub(crate) async fn closed_until<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
) -> Result<Option<Day>> {
    let last = settlement_cycle::Entity::find()
        .filter(settlement_cycle::Column::ProgrammeId.eq(programme))
        .filter(settlement_cycle::Column::UntilPosition.is_not_null())
        .order_by_desc(settlement_cycle::Column::EndDay);
    Ok(last.one(db).await?.map(|cycle| cycle.end_day))
}

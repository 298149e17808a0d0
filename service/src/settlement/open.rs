//! The cycle on whose statement stands what is booked now: payments and corrections.

use chrono::{DateTime, Utc};
use entity::day::Day;
use entity::ids::ProgrammeId;
use entity::programmes::programme;
use entity::settlement::{settlement_cursor, settlement_cycle};
use sea_orm::{EntityTrait, QuerySelect};

use super::core::{Calendar, Span};
use super::rows;
use crate::error::{Error, Result};
use crate::programmes::Rules;
use crate::rows::insert_new;
use crate::tx::Tx;

/// The programme's rules as they are now, not as a gateway remembers them: another account holds at once.
pub(super) async fn rules(tx: &Tx, programme: ProgrammeId) -> Result<Rules> {
    let row = programme::Entity::find_by_id(programme).one(tx.connection()).await?;
    Rules::new(row.ok_or(Error::Unauthenticated("the token's programme doesn't exist"))?)
}

/// The first day of that cycle, which isn't closed before the transaction ends.
pub(super) async fn cycle(tx: &Tx, rules: &Rules, at: DateTime<Utc>) -> Result<Day> {
    let programme = rules.id();
    let cursor = settlement_cursor::Entity::find_by_id(programme).lock_exclusive();
    cursor.one(tx.connection()).await?;
    let spans = rows::cycles(tx, programme).await?.into_iter().map(|row| Span {
        first: row.first_day,
        end: row.end_day,
        is_closed: row.until_position.is_some(),
    });
    let spans: Vec<Span> = spans.collect();
    let known = spans.len();
    let mut calendar = Calendar::new(rules.programme.settlement_period, spans);
    let first = calendar.place(Day::of(at, &rules.zone));
    if calendar.spans().len() > known {
        let opened = calendar.spans().iter().map(|span| rows::opened(programme, span));
        let opened: Vec<settlement_cycle::Model> = opened.collect();
        insert_new::<settlement_cycle::Entity>(tx, &opened).await?;
    }
    Ok(first)
}

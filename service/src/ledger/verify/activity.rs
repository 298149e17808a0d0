//! What wallets did day by day is what their receipts and returns say.
//!
//! A day is one of the programme's time zone, which not every database knows: it is told by how far the
//! zone is ahead of UTC since when.

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use entity::earning::event;
use entity::programmes::programme;
use entity::purchases::purchase;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{Invariant, Named, wallet};
use crate::error::{Error, Result};
use crate::tx::Tx;

type Moment = Option<DateTime<Utc>>;

pub(super) const INVARIANTS: [Invariant; 1] = [Invariant {
    name: "what each wallet did day by day is what its receipts and returns say",
    unit: "days",
    named: Named::Id(wallet),
    // A pooled wallet's days are those of the one that it was pooled into.
    sql: "with recursive home as (
            select id, id as now_id from wallet where programme_id = $1 and successor_id is null
            union all
            select w.id, h.now_id from wallet w join home h on w.successor_id = h.id where w.programme_id = $1),
          zone (since, ahead) as ({zone}),
          back as (
            select purchase_id, sum(amount_minor) as minor, sum(points) as points
            from purchase_return where programme_id = $1 group by purchase_id),
          bought as (
            select h.now_id as wallet_id, {epoch} as at,
              case when b.minor >= p.total_minor then 0 else 1 end as purchases,
              p.total_minor - coalesce(b.minor, 0) as spend, p.points - coalesce(b.points, 0) as points
            from purchase p join home h on h.id = p.wallet_id
              left join back b on b.purchase_id = p.id where p.programme_id = $1),
          part as (
            select wallet_id, {day} as day, purchases, spend, points from bought
            union all
            select wallet_id, day, -purchases, -spend_minor, -points from activity_day where programme_id = $1)
          select wallet_id as id, case when sum(purchases) = 0 and sum(spend) = 0 and sum(points) = 0
            then 0 else 1 end as fault
          from part group by wallet_id, day",
}];

/// The rows `(since, ahead)` of a programme's time zone, in seconds, from before the first of what it is
/// asked about on.
pub(super) async fn zone(tx: &Tx, programme: Option<&programme::Model>) -> Result<String> {
    let Some(row) = programme else { return Ok("values (0, 0)".to_owned()) };
    let zone: Tz = row.time_zone.parse().map_err(Error::internal)?;
    let purchases = purchase::Entity::find()
        .select_only()
        .column_as(purchase::Column::OccurredAt.min(), "first")
        .column_as(purchase::Column::OccurredAt.max(), "last")
        .filter(purchase::Column::ProgrammeId.eq(row.id));
    let events = event::Entity::find()
        .select_only()
        .column_as(event::Column::OccurredAt.min(), "first")
        .column_as(event::Column::OccurredAt.max(), "last")
        .filter(event::Column::ProgrammeId.eq(row.id));
    let purchases: Option<(Moment, Moment)> = purchases.into_tuple().one(tx.connection()).await?;
    let events: Option<(Moment, Moment)> = events.into_tuple().one(tx.connection()).await?;
    let ends = || [purchases, events].into_iter().flatten();
    let first = ends().filter_map(|(first, _)| first).min().unwrap_or_default();
    let last = ends().filter_map(|(_, last)| last).max().unwrap_or_default();
    let rows = steps(zone, first, last).into_iter();
    let rows = rows.map(|(since, ahead)| format!("({since}, {ahead})")).collect::<Vec<_>>();
    Ok(format!("values {}", rows.join(", ")))
}

/// Since when the zone is how far ahead of UTC.
fn steps(zone: Tz, first: DateTime<Utc>, last: DateTime<Utc>) -> Vec<(i64, i64)> {
    let ahead = |at: DateTime<Utc>| {
        i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc())
    };
    let mut at = first - TimeDelta::days(1);
    let mut steps = vec![(at.timestamp(), ahead(at))];
    while at <= last {
        let next = at + TimeDelta::days(1);
        if ahead(at) != ahead(next) {
            // Before the change, and from it on.
            let (mut before, mut since) = (at.timestamp(), next.timestamp());
            while since - before > 1 {
                let middle = before + (since - before) / 2;
                let is_before = DateTime::from_timestamp(middle, 0).map(ahead) == Some(ahead(at));
                if is_before { before = middle } else { since = middle }
            }
            steps.push((since, ahead(next)));
        }
        at = next;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_told_by_when_its_clocks_change() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let steps =
            steps(chrono_tz::Europe::Rome, at("2026-01-10T12:00:00Z"), at("2026-12-01T00:00:00Z"));
        let changes: Vec<_> = steps[1..].iter().map(|(since, ahead)| (*since, *ahead)).collect();
        let spring = at("2026-03-29T01:00:00Z").timestamp();
        let autumn = at("2026-10-25T01:00:00Z").timestamp();
        assert_eq!(changes, [(spring, 7200), (autumn, 3600)]);
    }
}

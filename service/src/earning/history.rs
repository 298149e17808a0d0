//! What wallets have bought so far, day by day as far as windows tell days apart.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate};
use entity::day::Day;
use entity::ids::{ProgrammeId, WalletId};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};

use crate::error::Result;
use crate::rows::{among, first_place};

/// Purchases and what was paid, by the day of the programme's calendar.
pub(super) type Days = BTreeMap<NaiveDate, (i64, i64)>;

#[derive(FromQueryResult)]
struct Row {
    wallet_id: WalletId,
    day: Day,
    purchases: i64,
    spend_minor: i64,
}

/// What these wallets did, for questions about `first` and later days. What lies before the week and the
/// month of that day, or before the last 365 days if it is asked how far `back`, is put together: on the last
/// of its days before that year, and of those in it.
pub(super) async fn days<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    wallets: impl Iterator<Item = WalletId>,
    (first, back): (Day, bool),
) -> Result<HashMap<WalletId, Days>> {
    let backend = db.get_database_backend();
    let (condition, wallets) = among(backend, "wallet_id", 2, wallets.map(WalletId::uuid));
    let programme_place = first_place(backend);
    let place = |n: &str| programme_place.replace('1', n);
    let long = if backend == DbBackend::Postgres { "::bigint" } else { "" };
    let sql = format!(
        "select wallet_id, max(day) as day, sum(purchases){long} as purchases,
            sum(spend_minor){long} as spend_minor
         from activity_day where programme_id = {programme_place} and {condition}
         group by wallet_id, case when day < {} then -1000000 when day < {} then -2000000 else day end",
        place("3"),
        place("4")
    );
    let [year, apart] = begins(first, back);
    let values = [programme.uuid().into(), wallets, year.get().into(), apart.get().into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let mut days: HashMap<WalletId, Days> = HashMap::new();
    for row in Row::find_by_statement(statement).all(db).await? {
        let day = (row.purchases, row.spend_minor);
        days.entry(row.wallet_id).or_default().insert(row.day.date(), day);
    }
    Ok(days)
}

/// From when on days are told from those of earlier years, and from when on each is told apart.
fn begins(first: Day, back: bool) -> [Day; 2] {
    let date = first.date();
    let before = |days: u32| first.plus(-i32::try_from(days).unwrap_or(0));
    let (month, week) = (before(date.day0()), before(date.weekday().num_days_from_monday()));
    let apart = if back { month.min(week).min(before(364)) } else { month.min(week) };
    [before(date.ordinal0()).min(apart), apart]
}

#[cfg(test)]
mod tests {
    //! Which days are told apart.

    use super::*;

    fn told(first: &str) -> [String; 2] {
        begins(Day::from_date(first.parse().unwrap()), false).map(|day| day.to_string())
    }

    #[test]
    fn a_year_back_is_told_day_by_day_where_it_is_asked_for() {
        let told = begins(Day::from_date("2026-11-24".parse().unwrap()), true);
        assert_eq!(told.map(|day| day.to_string()), ["2025-11-25", "2025-11-25"]);
    }

    #[test]
    fn the_week_and_the_month_of_the_first_day_are_told_day_by_day() {
        assert_eq!(told("2026-11-24"), ["2026-01-01", "2026-11-01"]);
        // The week began in the month before, and in the year before.
        assert_eq!(told("2026-12-02"), ["2026-01-01", "2026-11-30"]);
        assert_eq!(told("2026-01-02"), ["2025-12-29", "2025-12-29"]);
    }
}

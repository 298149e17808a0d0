//! Calendar arithmetic in a programme's time zone. Pure.

use chrono::{
    DateTime, Datelike, Days, MappedLocalTime, Months, NaiveDateTime, NaiveTime, TimeDelta,
    TimeZone, Utc,
};
use chrono_tz::Tz;

/// The moment that a wall clock in `zone` shows `local`. Where clocks were put forward past it, the
/// moment they were; where they were put back, the first of the two.
pub fn to_utc(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let mut local = local;
    loop {
        match zone.from_local_datetime(&local) {
            MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => return at.to_utc(),
            MappedLocalTime::None => local += TimeDelta::minutes(15),
        }
    }
}

/// So many months later at the same wall-clock time; the last day of a shorter month.
pub fn months_later(at: DateTime<Utc>, months: u32, zone: Tz) -> DateTime<Utc> {
    let local = at.with_timezone(&zone).naive_local();
    local
        .checked_add_months(Months::new(months))
        .map_or(DateTime::<Utc>::MAX_UTC, |local| to_utc(local, zone))
}

/// The first moment after the month that `at` lies in.
pub fn end_of_month(at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let date = at.with_timezone(&zone).date_naive();
    let first = date.with_day(1).unwrap_or(date);
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    to_utc(next.and_time(NaiveTime::MIN), zone)
}

/// So many days later at the same wall-clock time.
pub fn days_later(at: DateTime<Utc>, days: u64, zone: Tz) -> DateTime<Utc> {
    let local = at.with_timezone(&zone).naive_local();
    local
        .checked_add_days(Days::new(days))
        .map_or(DateTime::<Utc>::MAX_UTC, |local| to_utc(local, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    const BERLIN: Tz = chrono_tz::Europe::Berlin;

    #[test]
    fn months_keep_the_wall_clock_over_summer_time() {
        assert_eq!(months_later(at("2026-01-15T11:00:00Z"), 6, BERLIN), at("2026-07-15T10:00:00Z"));
    }

    #[test]
    fn the_thirty_first_becomes_the_last_day() {
        assert_eq!(months_later(at("2026-01-31T11:00:00Z"), 1, BERLIN), at("2026-02-28T11:00:00Z"));
    }

    #[test]
    fn a_month_ends_where_the_programme_is() {
        assert_eq!(end_of_month(at("2026-01-31T23:30:00Z"), BERLIN), at("2026-02-28T23:00:00Z"));
        assert_eq!(end_of_month(at("2026-01-31T22:30:00Z"), BERLIN), at("2026-01-31T23:00:00Z"));
    }

    #[test]
    fn an_hour_that_was_skipped_moves_to_its_end() {
        assert_eq!(days_later(at("2026-03-28T01:30:00Z"), 1, BERLIN), at("2026-03-29T01:00:00Z"));
    }
}

//! A day of a programme's time zone, as a number: one step later is one more, on both databases.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, TimeZone, Utc};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// A day's number, counted from 1 January 1970, which is 0.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
)]
pub struct Day(i32);

/// 1 January 1970, counted from the beginning of the common era.
const EPOCH: i32 = 719_163;

impl Day {
    /// The day with this number.
    pub const fn new(number: i32) -> Self {
        Self(number)
    }

    /// The day in which `at` falls in this time zone.
    pub fn of<Z: TimeZone>(at: DateTime<Utc>, zone: &Z) -> Self {
        Self::from_date(at.with_timezone(zone).date_naive())
    }

    /// The day of this date.
    pub fn from_date(date: NaiveDate) -> Self {
        Self(date.num_days_from_ce() - EPOCH)
    }

    /// Its date.
    pub fn date(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(self.0.saturating_add(EPOCH)).unwrap_or(NaiveDate::MAX)
    }

    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }

    /// So many days later, or earlier if below zero.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_day_is_its_dates_number() {
        assert_eq!(Day::of(DateTime::UNIX_EPOCH, &Utc), Day::new(0));
        assert_eq!(Day::of(DateTime::UNIX_EPOCH - TimeDelta::seconds(1), &Utc), Day::new(-1));
        assert_eq!(Day::new(59).date().to_string(), "1970-03-01");
    }
}

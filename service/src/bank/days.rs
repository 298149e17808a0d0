//! The days on which banks move euros: those of T2, the Eurosystem's payment system. Pure.
//!
//! A payment asked for on another day moves on the next bank day anyway; to say so in the file leaves no bank
//! a choice.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// That day, or the first bank day after it.
pub fn on_or_after(day: NaiveDate) -> NaiveDate {
    day.iter_days().take(DAYS_MAX).find(|day| is_bank_day(*day)).unwrap_or(day)
}

/// The first bank day after that day.
pub fn after(day: NaiveDate) -> NaiveDate {
    on_or_after(day.checked_add_days(Days::new(1)).unwrap_or(day))
}

/// Longer than banks are ever closed.
const DAYS_MAX: usize = 10;

/// All but weekends, New Year, Good Friday, Easter Monday, 1 May and the two days of Christmas.
fn is_bank_day(day: NaiveDate) -> bool {
    let is_weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let is_fixed = matches!((day.month(), day.day()), (1 | 5, 1) | (12, 25 | 26));
    let around = easter(day.year()).map(|easter| (day - easter).num_days());
    !is_weekend && !is_fixed && !matches!(around, Some(-2 | 1))
}

/// Easter Sunday of the Gregorian calendar, by the anonymous algorithm that Meeus and Butcher give.
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let moon =
        (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let sum = moon + weekday - 7 * late + 114;
    let (month, day) = (u32::try_from(sum / 31).ok()?, u32::try_from(sum % 31 + 1).ok()?);
    NaiveDate::from_ymd_opt(year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn easter_is_when_it_is() {
        for known in ["2000-04-23", "2024-03-31", "2026-04-05", "2027-03-28", "2038-04-25"] {
            assert_eq!(easter(day(known).year()), Some(day(known)));
        }
    }

    #[test]
    fn money_moves_on_bank_days() {
        for (asked, moves) in [
            ("2026-04-20", "2026-04-20"),
            ("2026-04-03", "2026-04-07"),
            ("2026-05-01", "2026-05-04"),
            ("2026-12-25", "2026-12-28"),
            ("2027-01-01", "2027-01-04"),
            ("2026-11-28", "2026-11-30"),
        ] {
            assert_eq!(on_or_after(day(asked)), day(moves), "{asked}");
        }
        assert_eq!(after(day("2026-04-02")), day("2026-04-07"));
        assert_eq!(after(day("2026-04-20")), day("2026-04-21"));
    }
}

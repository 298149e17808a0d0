//! How a statement's kinds, amounts and days are put for people to read. Nothing is rounded here.

use chrono::{Datelike, NaiveDate};

use crate::settlement::core::LineKind;

/// What a line is about, in words.
pub(super) fn kind(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Issue => "Points issued",
        LineKind::IssueReturn => "Points issued, returned",
        LineKind::Burn => "Points burned here",
        LineKind::BurnReversal => "Points burned here, reversed",
        LineKind::Funding => "Funding of burned points",
        LineKind::FundingReversal => "Funding, reversed",
        LineKind::ServiceFee => "Service fee",
        LineKind::ServiceFeeReversal => "Service fee, reversed",
        LineKind::BreakageShare => "Share of breakage",
        LineKind::RewardSupply => "Rewards supplied",
        LineKind::RewardSupplyReversal => "Rewards supplied, given back",
        LineKind::Adjustment => "Adjustment",
        LineKind::Dispute => "Dispute",
        LineKind::Rounding => "Rounding",
        LineKind::Clearing => "Clearing",
    }
}

/// An amount as a decimal number that any reader takes for one: `-1234.50`.
pub(super) fn decimal(minor: i64, minor_per_unit: i64) -> String {
    let (whole, rest) = parts(minor, minor_per_unit);
    format!("{}{whole}{rest}", if minor < 0 { "-" } else { "" })
}

/// The same for people: `−1,234.50`.
pub(super) fn amount(minor: i64, minor_per_unit: i64) -> String {
    let (whole, rest) = parts(minor, minor_per_unit);
    format!("{}{}{rest}", if minor < 0 { "−" } else { "" }, grouped(whole))
}

/// A whole number for people.
pub(super) fn count(number: i64) -> String {
    format!("{}{}", if number < 0 { "−" } else { "" }, grouped(number.unsigned_abs()))
}

/// A price, in units of currency.
pub(super) fn price(micros: i64) -> String {
    decimal(micros, 1_000_000)
}

/// A rate in basis points: `19%`, `5.5%`.
pub(super) fn rate(bp: i32) -> String {
    let text = decimal(bp.into(), 100);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A day: `7 March 2026`.
pub(super) fn day(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// From a day to another, without saying anything twice: `1 to 31 March 2026`.
pub(super) fn days(first: NaiveDate, last: NaiveDate) -> String {
    let form = if first == last {
        return day(last);
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        "%-d"
    } else if first.year() == last.year() {
        "%-d %B"
    } else {
        "%-d %B %Y"
    };
    format!("{} to {}", first.format(form), day(last))
}

/// Whole units, and the rest with its point.
fn parts(minor: i64, minor_per_unit: i64) -> (u64, String) {
    let per_unit = minor_per_unit.max(1).unsigned_abs();
    let (whole, rest) = (minor.unsigned_abs() / per_unit, minor.unsigned_abs() % per_unit);
    let digits = usize::try_from(per_unit.ilog10()).unwrap_or(0);
    (whole, if digits == 0 { String::new() } else { format!(".{rest:0digits$}") })
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits.get(..first).unwrap_or_default().to_owned();
    for (at, digit) in digits.chars().skip(first).enumerate() {
        if at % 3 == 0 && !text.is_empty() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        assert_eq!(decimal(-123_450, 100), "-1234.50");
        assert_eq!(amount(-123_450, 100), "−1,234.50");
        assert_eq!(amount(123_456_789, 1), "123,456,789");
        assert_eq!(amount(5, 1000), "0.005");
        assert_eq!(amount(i64::MIN, 100), "−92,233,720,368,547,758.08");
        assert_eq!([count(0), count(-1_000), count(999)], ["0", "−1,000", "999"]);
        assert_eq!([rate(1900), rate(550), rate(1000), rate(0)], ["19%", "5.5%", "10%", "0%"]);
        assert_eq!(price(12_300), "0.012300");
    }

    #[test]
    fn days_say_nothing_twice() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let told = |first, last| days(day(first), day(last));
        assert_eq!(told("2026-03-01", "2026-03-31"), "1 to 31 March 2026");
        assert_eq!(told("2026-03-30", "2026-04-05"), "30 March to 5 April 2026");
        assert_eq!(told("2026-12-28", "2027-01-03"), "28 December 2026 to 3 January 2027");
        assert_eq!(told("2026-03-01", "2026-03-01"), "1 March 2026");
    }
}

//! The small things in a statement, each read exactly or refused with its place.

use chrono::NaiveDate;
use entity::amount::{Currency, Money};

use super::tree::Element;
use super::{Direction, NotAStatement, missing};

/// The most characters of a text that are kept; the longest that a bank may send has as many.
const TEXT_MAX: usize = 500;
/// The most of a name by which something is known again. Banks have 35.
const NAME_MAX: usize = 140;
/// What others show of a text that can't be.
const FOUND_MAX: usize = 40;

/// An amount, by its text and its `Ccy`.
pub(super) fn amount(element: &Element, place: &str) -> Result<Money, NotAStatement> {
    let currency = currency(place, element.currency())?;
    let wrong = || NotAStatement::Amount {
        place: place.to_owned(),
        found: shown(element.text()),
        currency,
    };
    let minor = minor(element.text(), currency.exponent()).ok_or_else(wrong)?;
    Ok(Money { minor, currency })
}

/// A decimal number, 0 or more, in units of so many digits behind the point. Zeros behind those are nothing.
pub(super) fn minor(text: &str, digits: u32) -> Option<i64> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let width = usize::try_from(digits).ok()?;
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > width {
        return None;
    }
    let units = format!("{whole}{fraction:0<width$}");
    let units = units.trim_start_matches('0');
    if units.is_empty() { Some(0) } else { units.parse().ok() }
}

pub(super) fn currency(place: &str, code: &str) -> Result<Currency, NotAStatement> {
    code.parse()
        .map_err(|_| NotAStatement::Currency { place: place.to_owned(), found: shown(code) })
}

/// Which way it went.
pub(super) fn direction(element: &Element, place: &str) -> Result<Direction, NotAStatement> {
    let path = "CdtDbtInd";
    match element.text_at(&[path]).ok_or_else(|| missing(place, path))? {
        "CRDT" => Ok(Direction::Credit),
        "DBIT" => Ok(Direction::Debit),
        other => Err(wrong(place, path, other, "CRDT or DBIT")),
    }
}

pub(super) fn is_reversal(element: &Element, place: &str) -> Result<bool, NotAStatement> {
    let path = "RvslInd";
    match element.text_at(&[path]) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(other) => Err(wrong(place, path, other, "true or false")),
    }
}

/// The day of booking, or of value where the bank leaves that one out.
pub(super) fn booked_on(entry: &Element, place: &str) -> Result<NaiveDate, NotAStatement> {
    let path = "BookgDt";
    let day = entry.at(&[path]).or(entry.at(&["ValDt"]));
    let day = day.and_then(|day| day.text_at(&["Dt"]).or(day.text_at(&["DtTm"])));
    let day = day.ok_or_else(|| missing(place, path))?;
    // A time zone or a time of day may follow: the day is the bank's.
    let date = day.get(..10).and_then(|date| date.parse().ok());
    date.ok_or_else(|| wrong(place, path, day, "a day such as 2026-11-30"))
}

/// What something is known by: never cut, since two that differ at their ends would become one.
pub(super) fn name(
    place: &str,
    element: &'static str,
    text: &str,
) -> Result<String, NotAStatement> {
    if text.chars().count() > NAME_MAX {
        return Err(wrong(place, element, text, "at most 140 characters"));
    }
    Ok(text.to_owned())
}

/// A text for people.
pub(super) fn text(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

/// Banks fill in a word where there is no reference.
pub(super) fn is_reference(text: &&str) -> bool {
    !["NOTPROVIDED", "NONREF", "NOT PROVIDED"].contains(text)
}

fn wrong(place: &str, element: &'static str, found: &str, right: &'static str) -> NotAStatement {
    NotAStatement::Value { place: place.to_owned(), element, found: shown(found), right }
}

fn shown(text: &str) -> String {
    text.chars().take(FOUND_MAX).collect()
}

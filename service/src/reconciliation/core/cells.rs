//! The cells of a line: what each column holds, which kind needs it, and what would be right.

use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use csv::StringRecord;
use entity::amount::{Currency, Points};
use entity::partners::partner::ReceiptScope;
use entity::reconciliation::reconciliation_item::ReconciliationKind as Kind;

use super::Frame;
use super::record::{Column, Columns};
use crate::refusal::Code;
use crate::text;

/// The most that a line may come to, in minor units: as much as a receipt.
const AMOUNT_MAX: i64 = 10_000_000_000_000;

/// Which column is wrong, and what would be right.
pub(super) type Wrong = (Column, String);

type Cell<T> = Result<T, Wrong>;

/// A line of the file.
pub(super) struct Row<'r> {
    pub(super) number: i32,
    pub(super) fields: &'r StringRecord,
    pub(super) columns: &'r Columns,
    pub(super) has_decimal_comma: bool,
}

impl Row<'_> {
    fn get(&self, column: Column) -> Option<&str> {
        let cell = self.fields.get(*self.columns.get(&column)?)?;
        (!cell.is_empty()).then_some(cell)
    }

    /// What a line of its kind can't do without.
    fn needed(&self, column: Column, why: &str) -> Cell<&str> {
        self.get(column).ok_or_else(|| wrong(column, format!("is missing: {why}")))
    }

    /// What no line of its kind has.
    fn absent(&self, column: Column, why: &str) -> Cell<()> {
        match self.get(column) {
            None => Ok(()),
            Some(_) => Err(wrong(column, format!("must be empty: {why}"))),
        }
    }

    fn text(&self, column: Column) -> Cell<Option<String>> {
        let Some(cell) = self.get(column) else { return Ok(None) };
        let cleaned = text::clean(cell, 64, Code::RecordLineInvalid);
        cleaned.map(Some).map_err(|_| wrong(column, "has 1 to 64 printable characters."))
    }
}

fn wrong(column: Column, message: impl Into<String>) -> Wrong {
    (column, message.into())
}

pub(super) fn kind(row: &Row<'_>) -> Cell<Kind> {
    let name = row.needed(Column::Kind, "SALE, RETURN or PAYMENT.")?;
    let known = Kind::ALL.iter().find(|kind| kind.name().eq_ignore_ascii_case(name));
    let known = known.copied();
    known.ok_or_else(|| wrong(Column::Kind, format!("{name:?} is none of SALE, RETURN, PAYMENT.")))
}

pub(super) fn occurred_at(row: &Row<'_>, frame: &Frame) -> Cell<DateTime<Utc>> {
    let column = Column::OccurredAt;
    let example = "a moment such as 2026-03-02T09:30:00+01:00.";
    let cell = row.needed(column, example)?;
    let moment = DateTime::parse_from_rfc3339(cell)
        .map_err(|_| wrong(column, format!("{cell:?} isn't {example}")))?;
    let moment = moment.with_timezone(&Utc).trunc_subsecs(6);
    if !frame.period.contains(moment) {
        let (from, until) = (frame.period.from, frame.period.until);
        let message = format!("{cell} isn't in the period from {from:?} until before {until:?}.");
        return Err(wrong(column, message));
    }
    Ok(moment)
}

pub(super) fn receipt_number(row: &Row<'_>, kind: Kind) -> Cell<Option<String>> {
    if kind != Kind::Payment {
        row.needed(Column::ReceiptNumber, "what the till printed.")?;
    }
    row.text(Column::ReceiptNumber)
}

pub(super) fn store_code(row: &Row<'_>, kind: Kind, frame: &Frame) -> Cell<Option<String>> {
    if kind != Kind::Payment && frame.scope != ReceiptScope::Partner {
        let why = "receipt numbers are unique within a store.";
        row.needed(Column::StoreCode, why)?;
    }
    row.text(Column::StoreCode)
}

pub(super) fn sold_on(row: &Row<'_>, kind: Kind, frame: &Frame) -> Cell<Option<NaiveDate>> {
    let column = Column::SoldOn;
    if kind != Kind::Return {
        return row.absent(column, "only a return has it.").map(|()| None);
    }
    let example = "the day of the sale, such as 2026-03-02.";
    if frame.scope == ReceiptScope::StoreDay {
        row.needed(column, example)?;
    }
    let Some(cell) = row.get(column) else { return Ok(None) };
    let day = NaiveDate::parse_from_str(cell, "%Y-%m-%d");
    day.map(Some).map_err(|_| wrong(column, format!("{cell:?} isn't {example}")))
}

pub(super) fn payment(row: &Row<'_>, kind: Kind) -> Cell<Option<String>> {
    let column = Column::Payment;
    if kind != Kind::Payment {
        return row.absent(column, "only a payment has it.").map(|()| None);
    }
    let cell = row.needed(column, "its idempotency key, its id, or your reference.")?;
    let is_right = cell.chars().count() <= 255 && !cell.chars().any(char::is_control);
    match is_right {
        true => Ok(Some(cell.to_owned())),
        false => Err(wrong(column, "has 1 to 255 printable characters.")),
    }
}

pub(super) fn points(row: &Row<'_>, kind: Kind) -> Cell<Option<Points>> {
    let column = Column::Points;
    if kind == Kind::Payment {
        row.needed(column, "how many were paid.")?;
    }
    let Some(cell) = row.get(column) else { return Ok(None) };
    let is_plain = cell.bytes().all(|byte| byte.is_ascii_digit());
    let points = cell.parse().ok().filter(|_| is_plain).and_then(|points| Points::new(points).ok());
    match points {
        Some(points) if kind == Kind::Payment && points.is_zero() => {
            Err(wrong(column, "a payment has more than 0."))
        }
        Some(points) => Ok(Some(points)),
        None => {
            Err(wrong(column, format!("{cell:?} isn't a whole number, at most {}.", Points::MAX)))
        }
    }
}

pub(super) fn card_number(row: &Row<'_>) -> Cell<Option<String>> {
    let column = Column::CardNumber;
    let Some(cell) = row.get(column) else { return Ok(None) };
    let number = text::card_number(cell);
    number.map(Some).map_err(|_| wrong(column, Code::CardNumberInvalid.description()))
}

pub(super) fn customer_number(row: &Row<'_>) -> Cell<Option<String>> {
    if row.get(Column::CardNumber).is_some() {
        let why = "a card number says who bought.";
        return row.absent(Column::CustomerNumber, why).map(|()| None);
    }
    row.text(Column::CustomerNumber)
}

pub(super) fn amount(row: &Row<'_>, kind: Kind, frame: &Frame) -> Cell<Option<i64>> {
    let column = Column::Amount;
    if kind == Kind::Payment {
        return row.absent(column, "a payment is in points.").map(|()| None);
    }
    let cell = row.needed(column, "what was paid, or what came back.")?;
    let point = if row.has_decimal_comma { cell.replacen(',', ".", 1) } else { cell.to_owned() };
    if point.starts_with('-') {
        return Err(wrong(column, "isn't below zero: that goods came back is said by the kind."));
    }
    let minor = minor(&point, frame.currency).filter(|minor| *minor <= AMOUNT_MAX);
    minor.map(Some).ok_or_else(|| {
        let (code, digits) = (frame.currency, frame.currency.exponent());
        let message = format!(
            "{cell:?} isn't an amount of {code}: digits, and at most {digits} after one point."
        );
        wrong(column, message)
    })
}

/// The amount in minor units, if it is one.
fn minor(text: &str, currency: Currency) -> Option<i64> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (text, ""),
    };
    let places = usize::try_from(currency.exponent()).ok()?;
    let is_plain = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_plain || fraction.len() > places {
        return None;
    }
    format!("{whole}{fraction:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_become_minor_units_of_their_currency() {
        let minor = |text: &str, code: &str| minor(text, code.parse().unwrap());
        assert_eq!(minor("12.34", "EUR"), Some(1234));
        assert_eq!(minor("12.3", "EUR"), Some(1230));
        assert_eq!(minor("12", "EUR"), Some(1200));
        assert_eq!(minor("1200", "JPY"), Some(1200));
        assert_eq!(minor("1.234", "BHD"), Some(1234));
        for text in
            ["", ".", "1.", ".5", "1.234", "1e3", "+1", "1 000", "1,5", "99999999999999999999"]
        {
            assert_eq!(minor(text, "EUR"), None, "{text}");
        }
    }
}

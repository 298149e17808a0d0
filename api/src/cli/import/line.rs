//! One row as a line of a receipt, or the reason why it is none. Shape only: what a partner, card or
//! store is, and whether a sale may be that old, the programme's own use case decides.

use chrono::{DateTime, Utc};
use csv::StringRecord;

use super::header::{COLUMNS, Column, Header};

const FIELD_CHARS_MAX: usize = 255;

/// What names a receipt: the partner's code, the number on it, and the store and day that it is of where
/// tills restart their numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::cli) struct Key {
    pub(in crate::cli) partner: String,
    pub(in crate::cli) receipt_no: String,
    /// Empty where it doesn't matter.
    pub(in crate::cli) store_no: String,
    /// `None` where it doesn't matter, or the row's moment is none.
    pub(in crate::cli) occurred_at: Option<DateTime<Utc>>,
}

/// What the lines of a receipt have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Head {
    pub(in crate::cli) occurred_at: DateTime<Utc>,
    /// Empty for a sale without a card.
    pub(in crate::cli) card_no: String,
    /// Empty where a partner has no stores.
    pub(in crate::cli) store_no: String,
}

/// What one line of a receipt is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Item {
    pub(in crate::cli) sku: String,
    pub(in crate::cli) category: String,
    pub(in crate::cli) brand: String,
    pub(in crate::cli) quantity: i64,
    /// Net of the discount.
    pub(in crate::cli) amount_minor: i64,
    pub(in crate::cli) discount_minor: i64,
}

/// A row as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Row {
    /// The line of the file that it begins on, the header's being 1.
    pub(in crate::cli) number: u64,
    pub(in crate::cli) fields: StringRecord,
}

/// Why a row can't be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Reason {
    /// Stable, for machines.
    pub(in crate::cli) code: String,
    /// For people: what is wrong, and what would be right.
    pub(in crate::cli) message: String,
}

impl Reason {
    pub(in crate::cli) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

/// A row that isn't recorded, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Refused {
    pub(in crate::cli) row: Row,
    pub(in crate::cli) reason: Reason,
}

/// A row that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Parsed {
    /// A line of a receipt.
    Line { key: Key, head: Head, item: Item, row: Row },
    /// No line. As far as it names its receipt, that receipt lacks this line now.
    Bad { key: Option<Key>, refused: Refused },
}

/// Reads a row.
pub(in crate::cli) fn parse(header: &Header, row: Row) -> Parsed {
    let fields = Fields { header, row: &row.fields };
    let key = fields.key();
    match (key, fields.content()) {
        (Ok(key), Ok((head, item))) => Parsed::Line { key, head, item, row },
        (Ok(key), Err(reason)) => Parsed::Bad { key: Some(key), refused: Refused { row, reason } },
        (Err(reason), _) => Parsed::Bad { key: None, refused: Refused { row, reason } },
    }
}

struct Fields<'row> {
    header: &'row Header,
    row: &'row StringRecord,
}

impl Fields<'_> {
    fn key(&self) -> Result<Key, Reason> {
        if self.row.len() != COLUMNS.len() {
            let message = format!("expected {} fields, found {}", COLUMNS.len(), self.row.len());
            return Err(Reason::new("FIELD_COUNT", message));
        }
        Ok(Key {
            partner: self.required(Column::Partner)?,
            receipt_no: self.required(Column::ReceiptNo)?,
            store_no: self.text(Column::StoreNo).unwrap_or_default(),
            occurred_at: self.moment(Column::OccurredAt).ok(),
        })
    }

    fn content(&self) -> Result<(Head, Item), Reason> {
        let head = Head {
            occurred_at: self.moment(Column::OccurredAt)?,
            card_no: self.text(Column::CardNo)?,
            store_no: self.text(Column::StoreNo)?,
        };
        let item = Item {
            sku: self.required(Column::Sku)?,
            category: self.text(Column::Category)?,
            brand: self.text(Column::Brand)?,
            quantity: self.number(Column::Quantity)?,
            amount_minor: self.number(Column::AmountMinor)?,
            discount_minor: self.number(Column::DiscountMinor)?,
        };
        Ok((head, item))
    }

    fn text(&self, column: Column) -> Result<String, Reason> {
        let text = self.header.field(self.row, column).trim();
        if text.chars().count() > FIELD_CHARS_MAX {
            let message = format!("`{}` has more than {FIELD_CHARS_MAX} characters", column.name());
            return Err(Reason::new("FIELD_TOO_LONG", message));
        }
        Ok(text.to_owned())
    }

    fn required(&self, column: Column) -> Result<String, Reason> {
        let text = self.text(column)?;
        if text.is_empty() {
            return Err(Reason::new("FIELD_EMPTY", format!("`{}` is empty", column.name())));
        }
        Ok(text)
    }

    fn moment(&self, column: Column) -> Result<DateTime<Utc>, Reason> {
        let text = self.required(column)?;
        let moment = DateTime::parse_from_rfc3339(&text).map_err(|_| {
            let right = "expected RFC 3339 with its time zone, as 2017-01-31T18:05:00Z";
            Reason::new("MOMENT_MALFORMED", format!("`{}` is `{text}`: {right}", column.name()))
        })?;
        Ok(moment.with_timezone(&Utc))
    }

    fn number(&self, column: Column) -> Result<i64, Reason> {
        let text = self.required(column)?;
        let name = column.name();
        match text.parse::<i64>() {
            Ok(number) if number >= 0 => Ok(number),
            Ok(_) => {
                let message =
                    format!("`{name}` is `{text}`, below zero: goods taken back are a return");
                Err(Reason::new("NUMBER_NEGATIVE", message))
            }
            Err(_) => {
                let message =
                    format!("`{name}` is `{text}`: expected a whole number of at most 2^63−1");
                Err(Reason::new("NUMBER_MALFORMED", message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    //! Good rows and bad ones.

    use super::*;

    const GOOD: &str =
        "fuel,42,2017-01-31T18:05:00+02:00,H0001,330,6534178,GASOLINE,Private,8423,2100,0";

    fn parsed(row: &str) -> Parsed {
        let header = Header::parse(&COLUMNS.iter().map(|(_, name)| *name).collect()).unwrap();
        parse(&header, Row { number: 7, fields: row.split(',').collect() })
    }

    fn line(row: &str) -> (Key, Head, Item) {
        match parsed(row) {
            Parsed::Line { key, head, item, .. } => (key, head, item),
            Parsed::Bad { refused, .. } => panic!("{refused:?}"),
        }
    }

    /// Whether the receipt is known, and the reason.
    fn refusal(row: &str) -> (bool, String) {
        match parsed(row) {
            Parsed::Line { .. } => panic!("{row} is a good row"),
            Parsed::Bad { key, refused: Refused { reason, .. } } => {
                (key.is_some(), format!("{}: {}", reason.code, reason.message))
            }
        }
    }

    #[test]
    fn a_row_is_a_line_of_a_receipt() {
        let (key, head, item) = line(GOOD);
        assert_eq!((key.partner.as_str(), key.receipt_no.as_str()), ("fuel", "42"));
        assert_eq!(head.occurred_at.to_rfc3339(), "2017-01-31T16:05:00+00:00");
        assert_eq!((item.quantity, item.amount_minor, item.discount_minor), (8423, 2100, 0));
    }

    #[test]
    fn a_sale_needs_no_card_and_no_store() {
        let (_, head, _) = line(&GOOD.replace("H0001,330", ","));
        assert_eq!((head.card_no.as_str(), head.store_no.as_str()), ("", ""));
    }

    #[test]
    fn a_bad_row_says_what_would_be_right_and_keeps_its_receipt() {
        for (from, to, says) in [
            (
                "18:05:00+02:00",
                "18:05:00",
                "MOMENT_MALFORMED: `occurred_at` is `2017-01-31T18:05:00`: expected RFC",
            ),
            ("8423", "8.423", "NUMBER_MALFORMED: `quantity` is `8.423`: expected a whole number"),
            ("2100", "-2100", "NUMBER_NEGATIVE: `amount_minor` is `-2100`, below zero"),
            ("2100", "9223372036854775808", "NUMBER_MALFORMED: `amount_minor`"),
            ("6534178", " ", "FIELD_EMPTY: `sku` is empty"),
            (
                "GASOLINE",
                &"x".repeat(256),
                "FIELD_TOO_LONG: `category` has more than 255 characters",
            ),
        ] {
            let (is_receipt_known, reason) = refusal(&GOOD.replace(from, to));
            assert!(reason.starts_with(says) && is_receipt_known, "{reason}");
        }
    }

    #[test]
    fn a_row_that_names_no_receipt_belongs_to_none() {
        assert_eq!(
            refusal("fuel,42"),
            (false, "FIELD_COUNT: expected 11 fields, found 2".to_owned())
        );
        let without_partner = GOOD.replace("fuel", "");
        assert_eq!(
            refusal(&without_partner),
            (false, "FIELD_EMPTY: `partner` is empty".to_owned())
        );
    }
}

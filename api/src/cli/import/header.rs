//! The first row: which column stands where. Their order is free; all must be there, once, and none
//! besides, for a column that nobody reads is a mistake that somebody made.

use csv::StringRecord;

/// The columns of a receipts file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Partner,
    ReceiptNo,
    OccurredAt,
    CardNo,
    StoreNo,
    Sku,
    Category,
    Brand,
    Quantity,
    AmountMinor,
    DiscountMinor,
}

pub(super) const COLUMNS: [(Column, &str); 11] = [
    (Column::Partner, "partner"),
    (Column::ReceiptNo, "receipt_no"),
    (Column::OccurredAt, "occurred_at"),
    (Column::CardNo, "card_no"),
    (Column::StoreNo, "store_no"),
    (Column::Sku, "sku"),
    (Column::Category, "category"),
    (Column::Brand, "brand"),
    (Column::Quantity, "quantity"),
    (Column::AmountMinor, "amount_minor"),
    (Column::DiscountMinor, "discount_minor"),
];

impl Column {
    pub(super) fn name(self) -> &'static str {
        COLUMNS.iter().find(|(column, _)| *column == self).map_or("", |(_, name)| name)
    }
}

/// Where each column stands in this file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header([usize; COLUMNS.len()]);

/// What is wrong with a header, all of it at once.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the first row must name the columns {}: {}", expected(), .0.join("; "))]
pub(crate) struct BadHeader(Vec<String>);

impl Header {
    pub(super) fn parse(row: &StringRecord) -> Result<Self, BadHeader> {
        let names: Vec<&str> = row.iter().map(str::trim).collect();
        let mut problems = Vec::new();
        if names.is_empty() {
            problems.push("the file is empty".to_owned());
        } else if names.len() == 1 && names[0].contains([';', '\t', '|']) {
            problems.push("columns are separated by commas".to_owned());
        } else {
            problems.extend(unknown(&names));
            problems.extend(missing_or_repeated(&names));
        }
        if !problems.is_empty() {
            return Err(BadHeader(problems));
        }
        let position = |wanted| names.iter().position(|name| *name == wanted).unwrap_or_default();
        Ok(Self(COLUMNS.map(|(_, name)| position(name))))
    }

    /// The field of a row that stands in this column.
    pub(super) fn field<'row>(&self, row: &'row StringRecord, column: Column) -> &'row str {
        let at = COLUMNS.iter().position(|(known, _)| *known == column);
        at.and_then(|at| row.get(self.0[at])).unwrap_or_default()
    }
}

fn expected() -> String {
    COLUMNS.map(|(_, name)| name).join(",")
}

fn unknown(names: &[&str]) -> impl Iterator<Item = String> {
    names.iter().filter(|name| COLUMNS.iter().all(|(_, known)| known != *name)).map(|name| {
        match COLUMNS.iter().find(|(_, known)| is_near(known, name)) {
            Some((_, known)) => format!("`{name}` is unknown, perhaps it is `{known}`"),
            None => format!("`{name}` is unknown"),
        }
    })
}

/// Whether somebody who wrote `name` may have meant `known`.
fn is_near(known: &str, name: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace([' ', '-', '_'], "");
    let (known, name) = (plain(known), plain(name));
    name.len() > 2 && (known.starts_with(&name) || name.starts_with(&known))
}

fn missing_or_repeated(names: &[&str]) -> impl Iterator<Item = String> {
    COLUMNS.iter().filter_map(|(_, known)| {
        match names.iter().filter(|name| *name == known).count() {
            0 => Some(format!("`{known}` is missing")),
            1 => None,
            times => Some(format!("`{known}` is there {times} times")),
        }
    })
}

#[cfg(test)]
mod tests {
    //! Headers as people send them.

    use super::*;

    fn parse(header: &str) -> Result<Header, String> {
        let row: StringRecord = header.split(',').collect();
        Header::parse(&row).map_err(|bad| bad.0.join("; "))
    }

    #[test]
    fn columns_may_stand_in_any_order() {
        let mut names = COLUMNS.map(|(_, name)| name);
        names.reverse();
        let header = parse(&names.join(",")).unwrap();
        let row: StringRecord = (0..names.len()).map(|at| at.to_string()).collect();
        assert_eq!(header.field(&row, Column::Partner), "10");
        assert_eq!(header.field(&row, Column::DiscountMinor), "0");
    }

    #[test]
    fn every_problem_is_named_and_what_would_be_right() {
        let header =
            expected().replace("amount_minor,", "Amount,").replace("brand", "sku") + ",colour";
        assert_eq!(
            parse(&header).unwrap_err(),
            "`Amount` is unknown, perhaps it is `amount_minor`; `colour` is unknown; \
             `sku` is there 2 times; `brand` is missing; `amount_minor` is missing"
        );
    }

    #[test]
    fn semicolons_and_nothing_at_all_are_told_apart() {
        assert_eq!(parse("partner;receipt_no").unwrap_err(), "columns are separated by commas");
        let empty = Header::parse(&StringRecord::new()).unwrap_err().to_string();
        assert!(
            empty.ends_with(": the file is empty") && empty.contains("partner,receipt_no"),
            "{empty}"
        );
    }
}

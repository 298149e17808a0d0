//! Lines into receipts.
//!
//! A till writes the lines of a receipt one after the other, and so do the files that we have seen.
//! An export sorted by article does not. So a receipt stays open while others begin, and is closed,
//! oldest first, when more than `OPEN_LINES_MAX` lines wait: memory is bounded, and receipts come out
//! in the order in which they begin, which backfill needs. A line that comes later still begins its
//! receipt anew, and the books refuse that as a receipt number reused with other content: nothing is
//! recorded twice or in part without a word.
//!
//! A receipt is recorded whole or not at all: one bad line spoils it.

use std::collections::{HashMap, VecDeque};

use super::line::{Head, Item, Key, Parsed, Reason, Refused, Row};
use super::scopes::Scopes;

/// Some seventy times the longest receipt seen.
const OPEN_LINES_MAX: usize = 10_000;

/// A whole receipt, fit to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Receipt {
    pub(in crate::cli) key: Key,
    pub(in crate::cli) head: Head,
    pub(in crate::cli) lines: Vec<(Row, Item)>,
}

/// What became of a receipt once its lines were there: itself, or all of them refused.
pub(in crate::cli) type Closed = Result<Receipt, Vec<Refused>>;

/// The receipts whose lines may still come.
#[derive(Debug, Default)]
pub(in crate::cli) struct Receipts {
    scopes: Scopes,
    open: VecDeque<Open>,
    /// Which one of all that ever opened a key's receipt is; the first `closed` are no longer in `open`.
    places: HashMap<Key, usize>,
    closed: usize,
    lines: usize,
}

impl Receipts {
    /// None yet, of partners with these scopes.
    pub(in crate::cli) fn new(scopes: Scopes) -> Self {
        Self { scopes, ..Self::default() }
    }

    /// Takes the next row. Gives what it closes: receipts, or the row itself if it names none.
    pub(in crate::cli) fn push(&mut self, parsed: Parsed) -> Vec<Closed> {
        match parsed {
            Parsed::Line { key, head, item, row } => self.receipt(key).take(head, item, row),
            Parsed::Bad { key: Some(key), refused } => self.receipt(key).refused.push(refused),
            Parsed::Bad { key: None, refused } => return vec![Err(vec![refused])],
        }
        self.lines += 1;
        let mut closed = Vec::new();
        while self.lines > OPEN_LINES_MAX {
            closed.extend(self.close_oldest());
        }
        closed
    }

    /// Closes what is open: the file has ended.
    pub(in crate::cli) fn finish(mut self) -> Vec<Closed> {
        std::iter::from_fn(|| self.close_oldest()).collect()
    }

    fn receipt(&mut self, key: Key) -> &mut Open {
        let key = self.scopes.within(key);
        let next = self.closed + self.open.len();
        let place = *self.places.entry(key.clone()).or_insert(next) - self.closed;
        if place == self.open.len() {
            self.open.push_back(Open { key, head: None, lines: Vec::new(), refused: Vec::new() });
        }
        &mut self.open[place]
    }

    fn close_oldest(&mut self) -> Option<Closed> {
        let oldest = self.open.pop_front()?;
        self.places.remove(&oldest.key);
        self.closed += 1;
        self.lines -= oldest.lines.len() + oldest.refused.len();
        Some(oldest.close())
    }
}

#[derive(Debug)]
struct Open {
    key: Key,
    head: Option<(Head, u64)>,
    lines: Vec<(Row, Item)>,
    refused: Vec<Refused>,
}

impl Open {
    fn take(&mut self, head: Head, item: Item, row: Row) {
        let (first, number) = self.head.get_or_insert_with(|| (head.clone(), row.number));
        if *first == head {
            self.lines.push((row, item));
            return;
        }
        let message =
            format!("occurred_at, card_no or store_no differs from line {number} of this receipt");
        self.refused.push(Refused { row, reason: Reason::new("RECEIPT_DIFFERS", message) });
    }

    fn close(self) -> Closed {
        let Self { key, head, lines, mut refused } = self;
        match (head, refused.first()) {
            (Some((head, _)), None) => Ok(Receipt { key, head, lines }),
            (_, first) => {
                let number = first.map_or(0, |refused| refused.row.number);
                let message =
                    format!("a receipt is recorded whole, and its line {number} is refused");
                let reason = Reason::new("RECEIPT_INCOMPLETE", message);
                refused.extend(
                    lines.into_iter().map(|(row, _)| Refused { row, reason: reason.clone() }),
                );
                refused.sort_by_key(|refused| refused.row.number);
                Err(refused)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    //! Files told as rows of partner, number, card and amount.

    use csv::StringRecord;

    use super::super::header::{COLUMNS, Header};
    use super::super::line::parse;
    use super::*;

    /// What comes out of a file, in order: `grocer 1: 2 lines`, or `3 RECEIPT_DIFFERS`.
    fn receipts(rows: &[&str]) -> Vec<String> {
        let mut receipts = Receipts::default();
        let mut closed: Vec<_> =
            (2..).zip(rows).flat_map(|(number, row)| receipts.push(parsed(number, row))).collect();
        closed.extend(receipts.finish());
        closed.into_iter().flat_map(told).collect()
    }

    fn parsed(number: u64, row: &str) -> Parsed {
        let header = Header::parse(&COLUMNS.iter().map(|(_, name)| *name).collect()).unwrap();
        let [partner, receipt_no, card, amount] = row.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let fields =
            [partner, receipt_no, "2017-01-01T10:00:00Z", card, "", "1", "", "", "1", amount, "0"];
        parse(&header, Row { number, fields: StringRecord::from(fields.to_vec()) })
    }

    fn told(closed: Closed) -> Vec<String> {
        match closed {
            Ok(Receipt { key, lines, .. }) => {
                vec![format!("{} {}: {} lines", key.partner, key.receipt_no, lines.len())]
            }
            Err(refused) => {
                refused.into_iter().map(|r| format!("{} {}", r.row.number, r.reason.code)).collect()
            }
        }
    }

    #[test]
    fn a_receipt_is_named_by_partner_and_number_together() {
        let rows = ["grocer 1 H1 100", "grocer 1 H1 200", "kitchen 1 H1 50", "grocer 2 H2 1"];
        assert_eq!(
            receipts(&rows),
            ["grocer 1: 2 lines", "kitchen 1: 1 lines", "grocer 2: 1 lines"]
        );
    }

    /// The same at stores and moments: rows of partner, number, store and moment.
    fn scoped(rows: &[&str]) -> Vec<String> {
        use entity::partners::partner::ReceiptScope::{Partner, Store, StoreDay};
        let partners = [("chain", Partner), ("shop", Store), ("till", StoreDay)];
        let partners = partners.map(|(code, scope)| (code.to_owned(), scope)).into();
        let mut receipts = Receipts::new(Scopes::new("Europe/Rome".parse().unwrap(), partners));
        let header = Header::parse(&COLUMNS.iter().map(|(_, name)| *name).collect()).unwrap();
        let mut closed = Vec::new();
        for (number, row) in (2..).zip(rows) {
            let [partner, receipt_no, store, at] = row.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{row}")
            };
            let fields = [partner, receipt_no, at, "H1", store, "1", "", "", "1", "100", "0"];
            let row = Row { number, fields: StringRecord::from(fields.to_vec()) };
            closed.extend(receipts.push(parse(&header, row)));
        }
        closed.extend(receipts.finish());
        closed.into_iter().flat_map(told).collect()
    }

    #[test]
    fn numbers_restart_by_store_or_by_day_where_the_partner_s_tills_do_so() {
        let (today, tonight) = ("2017-01-01T10:00:00Z", "2017-01-01T23:30:00Z");
        let rows = |partner: &str| {
            [(1, today), (2, today), (1, tonight)]
                .map(|(store, at)| format!("{partner} 17 {store} {at}"))
        };
        let of = |partner| scoped(&rows(partner).each_ref().map(String::as_str));
        let differs = ["2 RECEIPT_INCOMPLETE", "3 RECEIPT_DIFFERS", "4 RECEIPT_DIFFERS"];
        assert_eq!(of("chain"), differs);
        assert_eq!(of("shop"), ["2 RECEIPT_INCOMPLETE", "4 RECEIPT_DIFFERS", "shop 17: 1 lines"]);
        // Half past eleven at night in UTC is tomorrow in Rome.
        assert_eq!(of("till"), ["till 17: 1 lines"; 3]);
        assert_eq!(of("nobody"), differs);
    }

    #[test]
    fn lines_of_a_receipt_may_stand_apart() {
        let rows = ["grocer 1 H1 100", "grocer 2 H2 1", "grocer 1 H1 200"];
        assert_eq!(receipts(&rows), ["grocer 1: 2 lines", "grocer 2: 1 lines"]);
    }

    #[test]
    fn lines_that_disagree_spoil_their_receipt_and_no_other() {
        let rows = ["grocer 1 H1 100", "grocer 2 H2 1", "grocer 1 H9 200"];
        assert_eq!(
            receipts(&rows),
            ["2 RECEIPT_INCOMPLETE", "4 RECEIPT_DIFFERS", "grocer 2: 1 lines"]
        );
    }

    #[test]
    fn no_receipt_is_recorded_without_a_bad_line() {
        let rows = ["grocer 1 H1 100", "grocer 1 H1 x", "grocer 1 H1 300"];
        assert_eq!(
            receipts(&rows),
            ["2 RECEIPT_INCOMPLETE", "3 NUMBER_MALFORMED", "4 RECEIPT_INCOMPLETE"]
        );
    }

    #[test]
    fn waiting_lines_are_bounded_and_the_oldest_receipt_goes_first() {
        let mut receipts = Receipts::default();
        let closed: Vec<_> = (0..OPEN_LINES_MAX + 2)
            .flat_map(|number| receipts.push(parsed(1, &format!("grocer {number} H1 100"))))
            .flat_map(told)
            .collect();
        assert_eq!(closed, ["grocer 0: 1 lines", "grocer 1: 1 lines"]);
        assert_eq!(receipts.finish().len(), OPEN_LINES_MAX);
    }
}

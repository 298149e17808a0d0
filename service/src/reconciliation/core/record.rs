//! A record as CSV: a header that names the columns, in any order, then a line for each sale, return and
//! payment. Commas or semicolons, whichever the header has; RFC 4180 otherwise, with or without a BOM.
//!
//! All that is wrong is told, up to twenty places, each by line and column: who exports a record mends it
//! once, not line by line.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::cells::{self, Row};
use super::{Frame, Line};
use crate::refusal::{Code, Refusal};

/// The most bytes of a record.
const BYTES_MAX: usize = 3 * 1024 * 1024;
/// The most lines of a record, its header not counted.
pub(in crate::reconciliation) const LINES_MAX: usize = 10_000;
/// How many of the places that are wrong are told.
const FAULTS_MAX: usize = 20;

/// A column of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Kind,
    OccurredAt,
    ReceiptNumber,
    StoreCode,
    Amount,
    Points,
    CardNumber,
    CustomerNumber,
    Payment,
    SoldOn,
}

impl Column {
    const ALL: [Self; 10] = [
        Self::Kind,
        Self::OccurredAt,
        Self::ReceiptNumber,
        Self::StoreCode,
        Self::Amount,
        Self::Points,
        Self::CardNumber,
        Self::CustomerNumber,
        Self::Payment,
        Self::SoldOn,
    ];

    /// Without these no line can be understood; what else a line needs depends on its kind.
    const NEEDED: [Self; 2] = [Self::Kind, Self::OccurredAt];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::OccurredAt => "occurred_at",
            Self::ReceiptNumber => "receipt_number",
            Self::StoreCode => "store_code",
            Self::Amount => "amount",
            Self::Points => "points",
            Self::CardNumber => "card_number",
            Self::CustomerNumber => "customer_number",
            Self::Payment => "payment",
            Self::SoldOn => "sold_on",
        }
    }
}

/// Where each column stands in a line.
pub(super) type Columns = BTreeMap<Column, usize>;

/// What is wrong, as far as it is told.
#[derive(Default)]
pub(super) struct Faults {
    told: Vec<Refusal>,
    count: usize,
}

impl Faults {
    fn add(&mut self, fault: Refusal) {
        self.count += 1;
        if self.told.len() < FAULTS_MAX {
            self.told.push(fault);
        }
    }

    fn at(&mut self, line: i32, place: &str, message: &str) {
        let message = format!("Line {line}, {place}: {message}");
        let fault = Refusal::new(Code::RecordLineInvalid).because(message);
        self.add(fault.at(&format!("csv.{line}.{place}")));
    }

    /// What a cell holds, or nothing and a fault more.
    fn keep<T>(&mut self, row: &Row<'_>, cell: Result<T, cells::Wrong>) -> Option<T> {
        cell.map_err(|(column, message)| self.at(row.number, column.name(), &message)).ok()
    }

    fn into_told(mut self) -> Vec<Refusal> {
        let untold = self.count - self.told.len();
        if untold > 0 {
            let message = format!("{untold} more places are wrong.");
            self.told.push(Refusal::new(Code::RecordLineInvalid).because(message).at("csv"));
        }
        self.told
    }
}

/// Reads a record; all that is wrong with it if anything is.
pub(in crate::reconciliation) fn read(
    text: &str,
    frame: &Frame,
) -> Result<Vec<Line>, Vec<Refusal>> {
    let too_large =
        |message: String| vec![Refusal::new(Code::RecordTooLarge).because(message).at("csv")];
    if text.len() > BYTES_MAX {
        return Err(too_large(format!(
            "A record has at most {BYTES_MAX} bytes; this one has {}.",
            text.len()
        )));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Where cells are parted by semicolons, a comma may be the decimal point.
    let has_decimal_comma = has_semicolons(text);
    let mut rows = Rows::of(text);
    let (_, header) = rows.next().ok_or_else(|| vec![invalid("There is no header line.")])?;
    let columns = columns(&header)?;
    let (mut lines, mut faults, mut count) = (Vec::new(), Faults::default(), 0);
    for (number, fields) in rows.by_ref() {
        count += 1;
        if count > LINES_MAX {
            return Err(too_large(format!("A record has at most {LINES_MAX} lines.")));
        }
        if fields.len() != header.len() {
            let message = format!("{} cells; the header has {}.", fields.len(), header.len());
            faults.at(number, "line", &message);
            continue;
        }
        let row = Row { number, fields: &fields, columns: &columns, has_decimal_comma };
        lines.extend(line(&row, frame, &mut faults));
    }
    if rows.has_open_quote() {
        faults.at(rows.last, "line", "a quote isn't closed.");
    }
    if count == 0 {
        faults.add(invalid("There is no line below the header."));
    }
    if faults.count > 0 { Err(faults.into_told()) } else { Ok(lines) }
}

fn line(row: &Row<'_>, frame: &Frame, faults: &mut Faults) -> Option<Line> {
    let before = faults.count;
    let occurred_at = faults.keep(row, cells::occurred_at(row, frame));
    let kind = faults.keep(row, cells::kind(row))?;
    let receipt_number = faults.keep(row, cells::receipt_number(row, kind));
    let store_code = faults.keep(row, cells::store_code(row, kind, frame));
    let amount_minor = faults.keep(row, cells::amount(row, kind, frame));
    let points = faults.keep(row, cells::points(row, kind));
    let card_number = faults.keep(row, cells::card_number(row));
    let customer_number = faults.keep(row, cells::customer_number(row));
    let payment = faults.keep(row, cells::payment(row, kind));
    let sold_on = faults.keep(row, cells::sold_on(row, kind, frame));
    (faults.count == before).then_some(())?;
    Some(Line {
        number: row.number,
        kind,
        occurred_at: occurred_at?,
        receipt_number: receipt_number?,
        store_code: store_code?,
        sold_on: sold_on?,
        payment: payment?,
        amount_minor: amount_minor?,
        points: points?,
        card_number: card_number?,
        customer_number: customer_number?,
    })
}

fn columns(header: &StringRecord) -> Result<Columns, Vec<Refusal>> {
    let (mut columns, mut faults) = (Columns::new(), Faults::default());
    for (place, name) in header.iter().enumerate() {
        let known = Column::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(name));
        match known {
            None => faults.add(invalid(&format!(
                "There is no column {name:?}; there are {}.",
                Column::ALL.map(Column::name).join(", ")
            ))),
            Some(column) => {
                if columns.insert(column, place).is_some() {
                    faults.add(invalid(&format!("The column {} comes twice.", column.name())));
                }
            }
        }
    }
    for column in Column::NEEDED {
        if !columns.contains_key(&column) {
            faults.add(invalid(&format!("The column {} is missing.", column.name())));
        }
    }
    if faults.count > 0 { Err(faults.into_told()) } else { Ok(columns) }
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(Code::RecordInvalid).because(message).at("csv")
}

/// The rows of a file that aren't blank, each with the line that it begins at.
struct Rows<'t> {
    text: &'t str,
    reader: csv::Reader<&'t [u8]>,
    /// How far lines were counted, and the number of the line there.
    counted: (usize, i32),
    /// Where the last row began.
    last: i32,
}

impl<'t> Rows<'t> {
    fn of(text: &'t str) -> Self {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .delimiter(if has_semicolons(text) { b';' } else { b',' })
            .from_reader(text.as_bytes());
        Self { text, reader, counted: (0, 1), last: 1 }
    }

    /// Signs that part nothing: one is left open, and has swallowed what follows.
    fn has_open_quote(&self) -> bool {
        self.text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
    }

    /// The number of the line at this byte, which lies behind the last that was asked for. The reader
    /// takes blank lines for a part of the row behind them.
    fn line_at(&mut self, byte: usize) -> i32 {
        let rest = self.text.get(byte..).unwrap_or_default();
        let start = byte + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        let (from, line) = self.counted;
        let breaks = self.text.get(from..start).unwrap_or_default().matches('\n').count();
        let line = line.saturating_add(i32::try_from(breaks).unwrap_or(i32::MAX));
        self.counted = (start, line);
        line
    }
}

impl Iterator for Rows<'_> {
    type Item = (i32, StringRecord);

    fn next(&mut self) -> Option<Self::Item> {
        let mut fields = StringRecord::new();
        loop {
            let at = self.reader.position().byte();
            // What is read is text in memory, of rows of any length: nothing can fail.
            if !self.reader.read_record(&mut fields).unwrap_or(false) {
                return None;
            }
            self.last = self.line_at(usize::try_from(at).unwrap_or(usize::MAX));
            if fields.iter().any(|field| !field.is_empty()) {
                return Some((self.last, fields));
            }
        }
    }
}

fn has_semicolons(text: &str) -> bool {
    text.trim_start().lines().next().is_some_and(|header| header.contains(';'))
}

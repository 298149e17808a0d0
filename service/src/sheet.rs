//! Tables as CSV files (RFC 4180), safe to open in a spreadsheet: whatever a file holds that people may have
//! written, no cell of it is run as a formula. Every export is written by this module; what goes into it
//! is decided elsewhere.
//!
//! A spreadsheet takes a cell for a formula that begins with `=`, `+`, `-` or `@`, with their full-width
//! forms, or with a tab or a line break before them (OWASP, "CSV Injection"). Such a cell gets an apostrophe
//! in front, which tells the spreadsheet that it is text. A plain number, below zero or not, is left as it is:
//! it is to be summed. Semicolons are quoted like commas, for where a spreadsheet parts cells by these.

/// A table on its way into a file.
#[derive(Clone, Debug)]
pub struct Sheet {
    text: String,
    columns: usize,
}

impl Sheet {
    /// One with these columns and no row yet.
    pub fn new(columns: &[&str]) -> Self {
        let mut sheet = Self { text: String::new(), columns: columns.len() };
        sheet.row(columns);
        sheet
    }

    /// Adds a row: a cell for each column, in their order. What is missing is empty.
    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let mut cells = cells.into_iter();
        for column in 0..self.columns {
            if column > 0 {
                self.text.push(',');
            }
            if let Some(cell) = cells.next() {
                self.cell(cell.as_ref());
            }
        }
        debug_assert!(cells.next().is_none(), "a row has more cells than there are columns");
        self.text.push_str("\r\n");
    }

    /// The file.
    pub fn finish(self) -> String {
        self.text
    }

    fn cell(&mut self, cell: &str) {
        let guard = if is_formula(cell) { "'" } else { "" };
        if !cell.contains(['"', ',', ';', '\r', '\n', '\t']) {
            self.text.extend([guard, cell]);
            return;
        }
        self.text.extend(["\"", guard, &cell.replace('"', "\"\""), "\""]);
    }
}

/// Whether a spreadsheet might run the cell. Blanks in front are passed by, as some spreadsheets do.
fn is_formula(cell: &str) -> bool {
    let begins = cell.trim_start_matches(' ');
    let signs = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    begins.starts_with(signs) && !is_number(cell)
}

/// A sign, digits, and digits after one point.
fn is_number(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell(text: &str) -> String {
        let mut sheet = Sheet::new(&["a"]);
        sheet.row([text]);
        sheet.finish().strip_prefix("a\r\n").unwrap().strip_suffix("\r\n").unwrap().to_owned()
    }

    #[test]
    fn a_formula_becomes_text_and_a_number_stays_one() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+1+1", "'+1+1"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1+1", "'  =1+1"),
            ("＝1+1", "'＝1+1"),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
            ("-12.50", "-12.50"),
            ("+7", "+7"),
            ("-", "'-"),
            ("-1.", "'-1."),
            ("1-1", "1-1"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(cell(text), written, "{text:?}");
        }
    }

    #[test]
    fn what_parts_cells_is_quoted() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("a;=1"), "\"a;=1\"");
        assert_eq!(cell("say \"no\""), "\"say \"\"no\"\"\"");
        let mut sheet = Sheet::new(&["a", "b"]);
        sheet.row(["1"]);
        assert_eq!(sheet.finish(), "a,b\r\n1,\r\n");
    }

    proptest! {
        /// Whatever cells hold, a reader finds them again, and none that begins like a formula.
        #[test]
        fn what_is_written_is_read(
            rows in prop::collection::vec(prop::array::uniform3("(?s)[-=+@;, \"\t\r\na1.]{0,6}|.{0,6}"), 0..8)
        ) {
            let mut sheet = Sheet::new(&["a", "b", "c"]);
            rows.iter().for_each(|row| sheet.row(row));
            let text = sheet.finish();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let read: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(read.len(), rows.len());
            for (written, read) in rows.iter().flatten().zip(read.iter().flatten()) {
                let guarded = ["'", written].concat();
                prop_assert!(read == written || *read == guarded);
                prop_assert!(is_number(read) || !is_formula(read));
            }
        }
    }
}

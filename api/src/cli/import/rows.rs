//! A file, row by row: opened, its header checked, each row read as a line of a receipt. Only what
//! makes going on senseless is an error here; a bad row is a row.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder, StringRecord};

use super::header::{BadHeader, Header};
use super::line::{Parsed, Reason, Refused, Row, parse};
use super::source::{self, Counters};

/// Why a file can't be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// It can't be opened.
    #[error("can't open {}: {source}", path.display())]
    Closed { path: PathBuf, source: io::Error },
    /// Its first row isn't that of a receipts file.
    #[error("{}: {source}", path.display())]
    Header { path: PathBuf, source: BadHeader },
    /// It stops making sense. What was read before is good.
    #[error("{}: {problem}; the last good row is on line {line}", path.display())]
    Broken { path: PathBuf, line: u64, problem: String },
}

/// The rows of one file.
pub(super) struct Rows {
    path: PathBuf,
    file_bytes: u64,
    counters: Counters,
    reader: Reader<Box<dyn Read + Send>>,
    header: Header,
    /// How many lines the reader's own count is behind.
    lag: u64,
    /// The line on which the last good row begins.
    line: u64,
}

impl Rows {
    pub(super) fn open(path: &Path) -> Result<Self, Unreadable> {
        let counters = Counters::default();
        let (text, file_bytes) = source::open(path, &counters)
            .map_err(|source| Unreadable::Closed { path: path.to_owned(), source })?;
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(text);
        let names = reader.headers().map_err(|error| broken(path, 0, error))?;
        let header = Header::parse(names)
            .map_err(|source| Unreadable::Header { path: path.to_owned(), source })?;
        // A line that ends in CR LF has, for the reader, ended before the LF.
        let is_behind = reader.position().line() == 1;
        let lag = u64::from(is_behind);
        Ok(Self { path: path.to_owned(), file_bytes, counters, reader, header, lag, line: 1 })
    }

    /// How long the file is, as it lies on the disk.
    pub(super) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The next row, or nothing once the file has ended.
    pub(super) fn next(&mut self) -> Result<Option<Parsed>, Unreadable> {
        let mut record = ByteRecord::new();
        let is_row = self
            .reader
            .read_byte_record(&mut record)
            .map_err(|error| broken(&self.path, self.line, error))?;
        self.counters.row_ended();
        if !is_row {
            return Ok(None);
        }
        self.line = record.position().map_or(self.line, |at| at.line() + self.lag);
        Ok(Some(self.parse(record)))
    }

    fn parse(&self, record: ByteRecord) -> Parsed {
        let number = self.line;
        match StringRecord::from_byte_record(record) {
            Ok(fields) => parse(&self.header, Row { number, fields }),
            Err(error) => {
                let fields = StringRecord::from_byte_record_lossy(error.into_byte_record());
                let row = Row { number, fields };
                let key = match parse(&self.header, row.clone()) {
                    Parsed::Line { key, .. } => Some(key),
                    Parsed::Bad { key, .. } => key,
                };
                let reason = Reason::new("NOT_UTF8", "the row isn't text in UTF-8");
                Parsed::Bad { key, refused: Refused { row, reason } }
            }
        }
    }
}

fn broken(path: &Path, line: u64, error: csv::Error) -> Unreadable {
    let problem = match error.into_kind() {
        ErrorKind::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the file was cut off in the middle of its compressed data".to_owned()
        }
        ErrorKind::Io(error) => error.to_string(),
        ErrorKind::Utf8 { .. } => "the first row isn't text in UTF-8".to_owned(),
        other => csv::Error::from(io::Error::other(format!("{other:?}"))).to_string(),
    };
    Unreadable::Broken { path: path.to_owned(), line, problem }
}

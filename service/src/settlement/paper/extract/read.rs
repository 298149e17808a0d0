//! An extract's lines, read one at a time: each must be in the one form, short enough and complete. What it
//! says is judged elsewhere.

use std::io::{BufRead, Read};

use sha2::{Digest, Sha256};

use super::verify::NotVerified;
use super::{Row, hex, line_of};

/// The most that the first line has: a year of a partner with thousands of prices. It is what bounds the
/// reader's memory.
pub(super) const STATEMENT_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// The most that any other has.
pub(super) const MOVEMENT_BYTES_MAX: u64 = 16 * 1024;
/// How much of what a parser complains about is told.
const WHY_CHARACTERS_MAX: usize = 200;

/// The lines of a file, as far as they were read.
pub(super) struct Rows<R> {
    from: R,
    /// The last one that was read.
    line: Vec<u8>,
    /// Its number, counted from 1.
    pub(super) number: u64,
    /// The hash of those before it.
    hash: Sha256,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn of(from: R) -> Self {
        Self { from, line: Vec::new(), number: 0, hash: Sha256::new() }
    }

    /// The next line, which has to be there.
    pub(super) fn next(&mut self, bytes_max: u64) -> Result<Row, NotVerified> {
        self.hash.update(&self.line);
        if !self.take(bytes_max)? {
            return Err(self.garbage("the file ends before its last line: it was cut off"));
        }
        if !self.line.ends_with(b"\n") {
            let is_long = u64::try_from(self.line.len()).is_ok_and(|length| length > bytes_max);
            return Err(self.garbage(if is_long {
                format!("it has more than {bytes_max} bytes")
            } else {
                "the file ends within it: it was cut off".to_owned()
            }));
        }
        let text = std::str::from_utf8(&self.line).map_err(|_| self.garbage("it isn't UTF-8"))?;
        let row: Row = serde_json::from_str(text).map_err(|error| self.garbage(why(&error)))?;
        if line_of(&row).ok().as_ref() != Some(&self.line) {
            return Err(self.garbage(
                "it isn't in the form of an extract: has another program written the file anew?",
            ));
        }
        Ok(row)
    }

    /// There is nothing more.
    pub(super) fn end(&mut self) -> Result<(), NotVerified> {
        if self.take(1)? {
            return Err(self.garbage("it comes after the last line"));
        }
        Ok(())
    }

    /// The hash of the lines before the last one that was read.
    pub(super) fn hash_before(&self) -> String {
        hex(&self.hash.clone().finalize())
    }

    /// What can't be read, and where.
    pub(super) fn garbage(&self, why: impl Into<String>) -> NotVerified {
        NotVerified::Garbage { line: self.number, why: why.into() }
    }

    /// Whether there is a line, or the beginning of one.
    fn take(&mut self, bytes_max: u64) -> Result<bool, NotVerified> {
        self.line.clear();
        self.number += 1;
        let mut limited = self.from.by_ref().take(bytes_max + 1);
        Ok(limited.read_until(b'\n', &mut self.line)? > 0)
    }
}

/// What a parser says, with the column: the line is known better here.
pub(super) fn why(error: &serde_json::Error) -> String {
    let told = error.to_string();
    let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
    format!("{}, at column {}", plain(told), error.column())
}

/// A text of a file on its way to a terminal: not without end, and without anything that steers it.
pub(super) fn plain(text: &str) -> String {
    let shown = text.chars().take(WHY_CHARACTERS_MAX);
    shown.map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

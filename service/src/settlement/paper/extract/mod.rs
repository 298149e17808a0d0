//! The extract of a statement: a file with which its partner works the statement out again, offline and by
//! itself, and whatever else it does with every movement behind a figure.
//!
//! It is JSON Lines in UTF-8, written in one form to the byte. The first line has the statement's canonical
//! text and its hash. Then comes a line for each movement, in the order of the sequence of facts; the last
//! line says how many there were, and the hash of all lines before it.
//!
//! What makes the figures is bound by the statement's hash, and so by the statements that follow it: no
//! movement can be left out, doubled, put in or changed in a figure without a total telling. Which entry, lot
//! and receipt a movement came of is in no total: that it wasn't changed on the way the last line tells, and
//! that it is true the partner's own receipts do.

mod difference;
mod read;
#[cfg(test)]
mod tests;
mod verify;

use std::io::{self, Write};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::difference::{Difference, Tally};
pub use self::verify::{NotVerified, Verified, verify};
use super::super::core::statement::Statement;
use crate::settlement::core::LineKind;
use crate::text::hex;

/// The form of file that this program writes.
pub const VERSION: u32 = 1;

/// One movement behind a statement. `(position, number)` is its natural key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Movement {
    /// Where its entry stands in the sequence of facts.
    pub position: i64,
    /// Which of the entry's movements it is.
    pub number: i32,
    /// The entry, as the schema's ids name it.
    pub entry: String,
    /// The line that adds it up.
    pub kind: LineKind,
    /// The code of the tax on that line.
    pub tax_code: Option<String>,
    /// The rate of it.
    pub tax_bp: i32,
    /// The day, in the programme's time zone.
    pub day: NaiveDate,
    /// Under which version of the partner's contract.
    pub contract: Option<i32>,
    /// The code of the other partner: who accepted, or who issued.
    pub with: Option<String>,
    /// Micro-units of the settlement currency a point.
    pub price_micros: i64,
    /// The shares that count of it: 10¹² is all of it.
    pub factor: i64,
    /// How many points.
    pub points: i64,
    /// The lot that they are of.
    pub lot: Option<String>,
    /// The receipt behind it, where there is one.
    pub receipt: Option<Receipt>,
}

/// What a partner finds a sale by in its own books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// The code of the store, where the sale names one.
    pub store: Option<String>,
    /// Its number.
    pub number: String,
    /// The day at the till.
    pub occurred_on: NaiveDate,
}

/// A line of the file: an object of one field, which says what it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Row {
    Statement(Said),
    Movement(Box<Movement>),
    End(End),
}

/// The first line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    /// The form of the file.
    version: u32,
    /// The statement's canonical text.
    text: String,
    /// The hash of that text, in hexadecimal.
    hash: String,
}

/// The last.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    /// How many movements there are.
    movements: u64,
    /// The hash of all lines before this one.
    hash: String,
}

/// An extract being written. It keeps nothing of what it wrote but a hash, so that it is as small for a
/// million movements as for one.
pub struct Extract<W> {
    to: W,
    hash: Sha256,
    movements: u64,
    last: Option<(i64, i32)>,
}

impl<W: Write> Extract<W> {
    /// Begins with what the statement says.
    pub fn begin(to: W, statement: &Statement) -> io::Result<Self> {
        let mut extract = Self { to, hash: Sha256::new(), movements: 0, last: None };
        let (text, hash) = (statement.canonical(), statement.hash());
        extract.row(&Row::Statement(Said { version: VERSION, text, hash }))?;
        Ok(extract)
    }

    /// The next movement. They come in the order of their keys, so that none can come twice.
    pub fn movement(&mut self, movement: Movement) -> io::Result<()> {
        let key = Some((movement.position, movement.number));
        if key <= self.last {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "movements are written in the order of the sequence, each once",
            ));
        }
        self.last = key;
        self.movements += 1;
        self.row(&Row::Movement(Box::new(movement)))
    }

    /// Where it is written to, for who sends on what there is so far.
    pub fn written(&mut self) -> &mut W {
        &mut self.to
    }

    /// Ends it. Without this last line a reader takes it for cut off.
    pub fn finish(mut self) -> io::Result<W> {
        let hash = hex(&self.hash.clone().finalize());
        self.row(&Row::End(End { movements: self.movements, hash }))?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn row(&mut self, row: &Row) -> io::Result<()> {
        let line = line_of(row)?;
        self.hash.update(&line);
        self.to.write_all(&line)
    }
}

/// The one form of a line, with its end.
fn line_of(row: &Row) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(row)?;
    line.push(b'\n');
    Ok(line)
}

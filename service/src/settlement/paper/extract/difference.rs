//! Where a statement and the movements behind it part: what is said, and what it comes to.

use std::fmt;

use super::read::plain;
use crate::settlement::core::LineKind;
use crate::settlement::core::statement::{LineKey, Total};

/// Points, and in how many movements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many points.
    pub points: i64,
    /// In how many movements.
    pub movements: i64,
}

/// The first that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A movement of which no day of the statement tells.
    Unforeseen {
        /// The line of the file.
        at: u64,
        /// The line of the statement that it names.
        line: LineKey,
        /// Its day and what else days are told apart by.
        day: Box<Total>,
    },
    /// A movement that stands where it can't: it comes twice, or out of order.
    Misplaced {
        /// The line of the file.
        at: u64,
    },
    /// A day whose movements come to something else.
    Day {
        /// The statement's line.
        line: LineKey,
        /// The day, and what else days are told apart by.
        day: Box<Total>,
        /// What the statement says.
        said: Tally,
        /// What the movements come to.
        comes_to: Tally,
    },
    /// A line that its days don't make.
    Line {
        /// Which.
        line: LineKey,
        /// What of it.
        field: &'static str,
        /// What the statement says.
        said: String,
        /// What the days come to.
        comes_to: String,
    },
    /// A total that the lines don't make.
    Total {
        /// Which.
        field: &'static str,
        /// What the statement says.
        said: i64,
        /// What the lines come to.
        comes_to: i64,
    },
    /// A text that says the same otherwise, or has a line too many or too few.
    Text {
        /// The first byte, counted from 0, that is another in the one form.
        at: usize,
    },
    /// A hash that isn't the text's.
    Hash {
        /// What the extract says.
        said: String,
        /// What the text comes to.
        comes_to: String,
    },
    /// Another number of movements than the last line says.
    Movements {
        /// What it says.
        said: u64,
        /// How many there are.
        comes_to: u64,
    },
    /// Lines that aren't those of which the last line has the hash: something changed that is in no total.
    Seal {
        /// What the last line says.
        said: String,
        /// What the lines come to.
        comes_to: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unforeseen { at, line, day } => {
                write!(f, "line {at} of the extract is a movement of ")?;
                write!(f, "{}, {}, of which the statement says nothing", named(line), told(day))
            }
            Self::Misplaced { at } => {
                write!(f, "line {at} of the extract is a movement that came before, or should have")
            }
            Self::Day { line, day, said, comes_to } => {
                let (line, day) = (named(line), told(day));
                write!(
                    f,
                    "{line}, {day}: the statement says {said}, its movements come to {comes_to}"
                )
            }
            Self::Line { line, field, said, comes_to } => {
                let (line, said) = (named(line), plain(said));
                write!(f, "{line}: the statement says {field} {said}, its days come to {comes_to}")
            }
            Self::Total { field, said, comes_to } => {
                write!(f, "the statement says {field} {said}, its lines come to {comes_to}")
            }
            Self::Text { at } => {
                write!(f, "the statement's text isn't what its facts make: it differs at byte {at}")
            }
            Self::Hash { said, comes_to } => {
                write!(f, "the hash is said to be {}, the text's is {comes_to}", plain(said))
            }
            Self::Movements { said, comes_to } => {
                write!(f, "there are said to be {said} movements, there are {comes_to}")
            }
            Self::Seal { said, comes_to } => {
                let said = plain(said);
                write!(
                    f,
                    "an entry, a lot or a receipt was changed: the last line says that the lines "
                )?;
                write!(f, "before it have the hash {said}, they have {comes_to}")
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.movements == 1 { "movement" } else { "movements" };
        write!(f, "{} points in {} {unit}", self.points, self.movements)
    }
}

/// A line's name: `ISSUE with tax STD (1900 bp)`.
fn named((kind, tax_code, tax_bp): &LineKey) -> String {
    let kind: LineKind = *kind;
    match tax_code {
        Some(code) => format!("{} with tax {} ({tax_bp} bp)", kind.name(), plain(code)),
        None if *tax_bp != 0 => format!("{} with a tax of {tax_bp} bp", kind.name()),
        None => kind.name().to_owned(),
    }
}

/// A day with what else tells it from others.
fn told(day: &Total) -> String {
    let mut told = day.day.to_string();
    if let Some(version) = day.contract {
        told += &format!(", contract {version}");
    }
    if let Some(with) = &day.with {
        told += &format!(", with {}", plain(with));
    }
    told + &format!(", {} micro-units a point, factor {}", day.price_micros, day.factor)
}

//! An extract, checked: its movements are added up to days, the statement is put together from these anew,
//! and what comes out is compared with what is said, to the byte. It needs nothing but the file.
//!
//! The file may come from anybody. What is kept of it is the first line, which has a limit, and a tally for
//! each day of it; a movement that belongs to none of these ends the reading.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::difference::{Difference, Tally};
use super::read::{MOVEMENT_BYTES_MAX, Rows, STATEMENT_BYTES_MAX, why};
use super::{End, Movement, Row, Said, VERSION};
use crate::settlement::core::statement::{self, Line, LineKey, Lines, Statement, Total};

/// The highest rate: all of the net price.
const TAX_BP_MAX: i32 = 10_000;

/// An extract whose statement holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it says.
    pub statement: Statement,
    /// The hash of that.
    pub hash: String,
    /// How many day totals it has.
    pub days: usize,
    /// How many movements are behind them.
    pub movements: u64,
}

/// Why an extract doesn't show that its statement holds.
#[derive(Debug, thiserror::Error)]
pub enum NotVerified {
    /// The file can't be read.
    #[error(transparent)]
    Unreadable(#[from] std::io::Error),
    /// It isn't an extract, or not all of one.
    #[error("line {line}: {why}")]
    Garbage {
        /// The first line that shows it.
        line: u64,
        /// How.
        why: String,
    },
    /// It is one, and something in it is wrong.
    #[error("{0}")]
    Differs(Difference),
}

impl From<Difference> for NotVerified {
    fn from(difference: Difference) -> Self {
        Self::Differs(difference)
    }
}

/// What days are told apart by: a line, and a total that counts nothing.
type Place = (LineKey, Total);

/// What is said of a day, and what was found.
#[derive(Default)]
struct Counted {
    said: Tally,
    found: Tally,
}

/// Checks an extract: reads it once, and holds no more of it than what its statement says.
pub fn verify(reader: impl BufRead) -> Result<Verified, NotVerified> {
    let mut rows = Rows::of(reader);
    let Row::Statement(said) = rows.next(STATEMENT_BYTES_MAX)? else {
        return Err(rows.garbage("an extract begins with its statement"));
    };
    let statement = parsed(&said).map_err(|why| rows.garbage(why))?;
    let mut counts = counts(&statement);
    let (mut movements, mut last) = (0, None);
    let end = loop {
        match rows.next(MOVEMENT_BYTES_MAX)? {
            Row::Statement(_) => return Err(rows.garbage("an extract has one statement")),
            Row::End(end) => break end,
            Row::Movement(movement) => {
                let key = Some((movement.position, movement.number));
                if key <= last {
                    return Err(Difference::Misplaced { at: rows.number }.into());
                }
                last = key;
                movements += 1;
                count(&mut counts, *movement, rows.number)?;
            }
        }
    };
    let before = rows.hash_before();
    rows.end()?;
    let anew = assembled(&statement, &counts)?;
    compare(&statement, &anew)?;
    let hash = compare_texts(&said, &anew)?;
    compare_end(&end, movements, before)?;
    Ok(Verified { statement, hash, days: counts.len(), movements })
}

/// The statement that the first line says, if it can be worked with.
fn parsed(said: &Said) -> Result<Statement, String> {
    if said.version != VERSION {
        return Err(format!("it has form {}, and this program reads {VERSION}", said.version));
    }
    let statement: Statement = serde_json::from_str(&said.text)
        .map_err(|error| format!("the statement's text: {}", why(&error)))?;
    let version = statement.head.version;
    if version != statement::VERSION {
        let own = statement::VERSION;
        return Err(format!("the statement has form {version}, and this program reads {own}"));
    }
    if statement.head.minor_per_unit < 1 {
        return Err("a currency has one minor unit a unit at least".to_owned());
    }
    if statement.lines.iter().any(|line| !(0..=TAX_BP_MAX).contains(&line.tax_bp)) {
        return Err(format!("taxes are 0 to {TAX_BP_MAX} basis points"));
    }
    Ok(statement)
}

/// What is said of each day.
fn counts(statement: &Statement) -> BTreeMap<Place, Counted> {
    let mut counts = BTreeMap::new();
    for line in &statement.lines {
        for day in &line.days {
            let said = Tally { points: day.points, movements: day.movements };
            let place = (key(line), Total { points: 0, movements: 0, ..day.clone() });
            counts.insert(place, Counted { said, found: Tally::default() });
        }
    }
    counts
}

fn key(line: &Line) -> LineKey {
    (line.kind, line.tax_code.clone(), line.tax_bp)
}

/// Adds a movement to its day.
fn count(
    counts: &mut BTreeMap<Place, Counted>,
    movement: Movement,
    at: u64,
) -> Result<(), NotVerified> {
    let points = movement.points;
    let line = (movement.kind, movement.tax_code, movement.tax_bp);
    let day = Total {
        day: movement.day,
        contract: movement.contract,
        with: movement.with,
        price_micros: movement.price_micros,
        factor: movement.factor,
        points: 0,
        movements: 0,
    };
    let place = (line, day);
    let Some(counted) = counts.get_mut(&place) else {
        let (line, day) = place;
        return Err(Difference::Unforeseen { at, line, day: Box::new(day) }.into());
    };
    let too_many = || NotVerified::Garbage { line: at, why: "points are whole, 0 to 2^53".into() };
    if !(0..1 << 53).contains(&points) {
        return Err(too_many());
    }
    counted.found.points = counted.found.points.checked_add(points).ok_or_else(too_many)?;
    counted.found.movements += 1;
    Ok(())
}

/// The statement that the movements make. Corrections have none: they are the statement's own.
fn assembled(
    statement: &Statement,
    counts: &BTreeMap<Place, Counted>,
) -> Result<Statement, NotVerified> {
    let mut lines: Lines = statement.parts();
    lines.values_mut().for_each(|(days, _)| days.clear());
    for ((line, day), Counted { said, found }) in counts {
        if said != found {
            let (line, day) = (line.clone(), Box::new(day.clone()));
            return Err(Difference::Day { line, day, said: *said, comes_to: *found }.into());
        }
        let total = Total { points: found.points, movements: found.movements, ..day.clone() };
        if let Some((days, _)) = lines.get_mut(line) {
            days.push(total);
        }
    }
    let too_large =
        |_| NotVerified::Garbage { line: 1, why: "its amounts are too large".to_owned() };
    Statement::assemble(statement.head.clone(), lines).map_err(too_large)
}

/// The first line, and then the first total, that says something else.
fn compare(said: &Statement, anew: &Statement) -> Result<(), Difference> {
    for (one, other) in said.lines.iter().zip(&anew.lines) {
        if key(one) != key(other) {
            break;
        }
        let exact = ("exact", one.exact.clone(), other.exact.clone());
        let numbers = [
            ("points", one.points, other.points),
            ("grossMinor", one.gross_minor, other.gross_minor),
            ("taxMinor", one.tax_minor, other.tax_minor),
            ("netMinor", one.net_minor, other.net_minor),
        ];
        let told = numbers.map(|(field, one, other)| (field, one.to_string(), other.to_string()));
        let mut fields = std::iter::once(exact).chain(told);
        if let Some((field, said, comes_to)) = fields.find(|(_, one, other)| one != other) {
            return Err(Difference::Line { line: key(one), field, said, comes_to });
        }
    }
    let totals = [
        ("totalMinor", said.total_minor, anew.total_minor),
        ("closingMinor", said.closing_minor, anew.closing_minor),
        ("dueMinor", said.due_minor, anew.due_minor),
        ("carriedMinor", said.carried_minor, anew.carried_minor),
    ];
    match totals.into_iter().find(|(_, one, other)| one != other) {
        Some((field, said, comes_to)) => Err(Difference::Total { field, said, comes_to }),
        None => Ok(()),
    }
}

/// The text, byte by byte, and its hash.
fn compare_texts(said: &Said, anew: &Statement) -> Result<String, Difference> {
    let text = anew.canonical();
    if said.text != text {
        let alike = said.text.bytes().zip(text.bytes()).take_while(|(one, other)| one == other);
        return Err(Difference::Text { at: alike.count() });
    }
    let comes_to = anew.hash();
    if said.hash != comes_to {
        return Err(Difference::Hash { said: said.hash.clone(), comes_to });
    }
    Ok(comes_to)
}

/// What the last line says.
fn compare_end(end: &End, movements: u64, before: String) -> Result<(), Difference> {
    if end.movements != movements {
        return Err(Difference::Movements { said: end.movements, comes_to: movements });
    }
    if end.hash != before {
        return Err(Difference::Seal { said: end.hash.clone(), comes_to: before });
    }
    Ok(())
}

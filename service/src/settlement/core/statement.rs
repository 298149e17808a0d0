//! A partner's statement: what it says, in a form of which there is one for the same facts, and its hash.
//!
//! A statement holds natural keys and whole numbers, no generated ids and no times of day, so that whoever
//! works it out again, on whatever database, comes to the same bytes. Each names the hash of the one before
//! it: none can be changed, left out or put in between without the next ones telling.
//!
//! Prices in contracts include tax, as far as there is any: what a line comes to is gross, and the tax in it
//! is gross × rate ÷ (1 + rate), rounded half to even.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::book::LineKind;
use super::money::{Exact, Price};
use crate::refusal::{Code, Refusal};
use crate::text::hex;

/// The form that this program writes.
pub const VERSION: u32 = 1;
/// All of it, in basis points.
const WHOLE: i128 = 10_000;

/// What is said above the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    /// The form, [`VERSION`].
    pub version: u32,
    /// The programme's code.
    pub programme: String,
    /// The partner's code.
    pub partner: String,
    /// The settlement currency, as ISO 4217 has it.
    pub currency: String,
    /// How many minor units make one unit of it.
    pub minor_per_unit: i64,
    /// The cycle's name.
    pub cycle: String,
    /// The cycle's first day.
    pub first_day: NaiveDate,
    /// Its last.
    pub last_day: NaiveDate,
    /// Counted from 1, without gaps, for each partner.
    pub number: i32,
    /// The hash of the partner's statement before, in hexadecimal; null of the first.
    pub previous_hash: Option<String>,
    /// What the partner owed when the cycle began, in minor units; below zero what it was owed.
    pub opening_minor: i64,
    /// What of that was too little to be paid, and is due with this statement.
    pub carried_in_minor: i64,
    /// What the partner paid in the cycle, less what it was paid.
    pub paid_minor: i64,
    /// The least that is paid; less is carried forward.
    pub minimum_minor: i64,
}

/// What a line adds up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Total {
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
    /// In how many movements.
    pub movements: i64,
}

/// What an operator corrected, or a dispute that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Correction {
    /// `ADJUSTMENT` or `DISPUTE`.
    pub kind: LineKind,
    /// In minor units; above zero the partner owes more.
    pub amount_minor: i64,
    /// The name of the cycle that it corrects.
    pub refers_to: Option<String>,
    /// The line there.
    pub refers_to_line: Option<LineKind>,
    /// Why.
    pub reason: String,
}

/// All of one kind and one tax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    /// What it is about.
    pub kind: LineKind,
    /// The code of the tax in it, as the contract names it.
    pub tax_code: Option<String>,
    /// Its rate.
    pub tax_bp: i32,
    /// How many points.
    pub points: i64,
    /// Exactly, in units of currency; above zero the partner owes it.
    pub exact: String,
    /// Rounded half to even, once, in minor units.
    pub gross_minor: i64,
    /// The tax in it.
    pub tax_minor: i64,
    /// The rest.
    pub net_minor: i64,
    /// What it adds up, by day.
    pub days: Vec<Total>,
    /// What it adds up besides.
    pub corrections: Vec<Correction>,
}

/// A partner's statement for a cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// What is said above the lines.
    pub head: Head,
    /// In the order of their kinds.
    pub lines: Vec<Line>,
    /// All lines together, in minor units; above zero the partner owes it.
    pub total_minor: i64,
    /// What the partner owes at the end: opening + total − paid.
    pub closing_minor: i64,
    /// What is to be paid now; below zero to the partner.
    pub due_minor: i64,
    /// What is too little, and is due with the next statement.
    pub carried_minor: i64,
}

/// What belongs on which line: its kind, and the tax.
pub type LineKey = (LineKind, Option<String>, i32);

/// Days and corrections by line.
pub type Lines = BTreeMap<LineKey, (Vec<Total>, Vec<Correction>)>;

impl Statement {
    /// What lines come to, one by one and together.
    pub fn assemble(head: Head, lines: Lines) -> Result<Self, Refusal> {
        let per_unit = head.minor_per_unit;
        let (mut all, mut exact) = (Vec::new(), Exact::ZERO);
        for ((kind, tax_code, tax_bp), (days, corrections)) in lines {
            let (line, own) = line((kind, tax_code, tax_bp), days, corrections, per_unit)?;
            exact = exact.plus(own);
            all.push(line);
        }
        let total_minor = exact.minor(per_unit)?;
        let rounded = sum(all.iter().map(|line| line.gross_minor))?;
        let rounding = total_minor.checked_sub(rounded).ok_or_else(too_large)?;
        if rounding != 0 {
            all.push(Line::rounding(rounding, per_unit));
        }
        let paid = head.paid_minor.checked_neg().ok_or_else(too_large)?;
        let closing_minor = sum([head.opening_minor, total_minor, paid])?;
        let due = sum([head.carried_in_minor, total_minor])?;
        let is_paid = due != 0 && due.saturating_abs() >= head.minimum_minor;
        let (due_minor, carried_minor) = if is_paid { (due, 0) } else { (0, due) };
        Ok(Self { head, lines: all, total_minor, closing_minor, due_minor, carried_minor })
    }

    /// The one text that says all of it.
    pub fn canonical(&self) -> String {
        // Fields have the order in which they stand here; there are no maps in it, and no floats.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The hash of that text, in hexadecimal.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.canonical().as_bytes()))
    }

    /// What a bank transfer for it quotes, so that it is found again.
    pub fn reference(hash: &str) -> String {
        format!("FL{}", hash.get(..16).unwrap_or(hash).to_uppercase())
    }

    /// Its lines' days and corrections, for who assembles it anew.
    pub fn parts(&self) -> Lines {
        let lines = self.lines.iter().filter(|line| line.kind != LineKind::Rounding);
        let part = |line: &Line| {
            let key = (line.kind, line.tax_code.clone(), line.tax_bp);
            (key, (line.days.clone(), line.corrections.clone()))
        };
        lines.map(part).collect()
    }
}

impl Line {
    fn rounding(minor: i64, per_unit: i64) -> Self {
        Self {
            kind: LineKind::Rounding,
            tax_code: None,
            tax_bp: 0,
            points: 0,
            exact: Exact::of_minor(minor, per_unit).to_string(),
            gross_minor: minor,
            tax_minor: 0,
            net_minor: minor,
            days: Vec::new(),
            corrections: Vec::new(),
        }
    }
}

impl Total {
    /// What it comes to for the partner, on a line of that kind: above zero it owes it.
    pub fn owed(&self, kind: LineKind) -> Result<Exact, Refusal> {
        let price = Price { micros: self.price_micros, factor: self.factor };
        let money = price.of(self.points)?;
        Ok(if is_owed_to_partner(kind) { money.negated() } else { money })
    }
}

/// Whether lines of a kind are the programme's to pay.
pub fn is_owed_to_partner(kind: LineKind) -> bool {
    matches!(
        kind,
        LineKind::IssueReturn
            | LineKind::Burn
            | LineKind::FundingReversal
            | LineKind::ServiceFeeReversal
            | LineKind::BreakageShare
            | LineKind::RewardSupply
    )
}

fn line(
    (kind, tax_code, tax_bp): LineKey,
    mut days: Vec<Total>,
    mut corrections: Vec<Correction>,
    per_unit: i64,
) -> Result<(Line, Exact), Refusal> {
    days.sort();
    corrections.sort();
    let mut exact = Exact::ZERO;
    for day in &days {
        exact = exact.plus(day.owed(kind)?);
    }
    for correction in &corrections {
        exact = exact.plus(Exact::of_minor(correction.amount_minor, per_unit));
    }
    let gross_minor = exact.minor(per_unit)?;
    let tax_minor = tax_in(gross_minor, tax_bp);
    let line = Line {
        kind,
        tax_code,
        tax_bp,
        points: sum(days.iter().map(|day| day.points))?,
        exact: exact.to_string(),
        gross_minor,
        tax_minor,
        net_minor: gross_minor - tax_minor,
        days,
        corrections,
    };
    Ok((line, exact))
}

/// The tax in a gross amount, rounded half to even.
fn tax_in(gross_minor: i64, tax_bp: i32) -> i64 {
    let (tax, whole) = (i128::from(gross_minor) * i128::from(tax_bp), WHOLE + i128::from(tax_bp));
    let (down, rest) = (tax.div_euclid(whole), tax.rem_euclid(whole));
    let up = match (2 * rest).cmp(&whole) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => down.rem_euclid(2),
        std::cmp::Ordering::Greater => 1,
    };
    i64::try_from(down + up).unwrap_or(gross_minor)
}

fn sum(all: impl IntoIterator<Item = i64>) -> Result<i64, Refusal> {
    all.into_iter().try_fold(0_i64, i64::checked_add).ok_or_else(too_large)
}

fn too_large() -> Refusal {
    Refusal::new(Code::Overflow)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn head() -> Head {
        let day = |text: &str| text.parse().unwrap();
        Head {
            version: VERSION,
            programme: "arno".to_owned(),
            partner: "grocer".to_owned(),
            currency: "EUR".to_owned(),
            minor_per_unit: 100,
            cycle: "2026-03".to_owned(),
            first_day: day("2026-03-01"),
            last_day: day("2026-03-31"),
            number: 1,
            previous_hash: None,
            opening_minor: 0,
            carried_in_minor: 0,
            paid_minor: 0,
            minimum_minor: 0,
        }
    }

    fn total(day: u32, price_micros: i64, points: i64) -> Total {
        Total {
            day: NaiveDate::from_ymd_opt(2026, 3, day).unwrap(),
            contract: Some(1),
            with: None,
            price_micros,
            factor: 1_000_000_000_000,
            points,
            movements: 1,
        }
    }

    /// Points at a price that doesn't go into cents, a fee on them, and a correction.
    pub(in super::super) fn lines(points: i64, correction: i64) -> Lines {
        let mut lines = issued(vec![total(1, 12_345, points)]);
        lines.insert((LineKind::ServiceFee, None, 0), (vec![total(1, 123, points)], Vec::new()));
        let correction = Correction {
            kind: LineKind::Adjustment,
            amount_minor: correction,
            refers_to: None,
            refers_to_line: None,
            reason: "a test".to_owned(),
        };
        lines.insert((LineKind::Adjustment, None, 0), (Vec::new(), vec![correction]));
        lines
    }

    fn issued(days: Vec<Total>) -> Lines {
        Lines::from([((LineKind::Issue, Some("STD".to_owned()), 1900), (days, Vec::new()))])
    }

    #[test]
    fn the_same_facts_make_the_same_bytes_whatever_their_order() {
        let days = vec![total(3, 12_300, 7), total(2, 12_300, 7), total(1, 12_300, 7)];
        let turned = days.iter().rev().cloned().collect();
        let one = Statement::assemble(head(), issued(days)).unwrap();
        let other = Statement::assemble(head(), issued(turned)).unwrap();
        assert_eq!((one.canonical(), one.hash()), (other.canonical(), other.hash()));
        assert_eq!((one.lines[0].exact.as_str(), one.total_minor), ("0.2583", 26));
        let again: Statement = serde_json::from_str(&one.canonical()).unwrap();
        assert_eq!(Statement::assemble(again.head.clone(), again.parts()).unwrap(), one);
    }

    #[test]
    fn what_rounding_makes_of_lines_is_a_line() {
        let mut lines = issued(vec![total(1, 5_000, 1)]);
        lines.insert((LineKind::ServiceFee, None, 0), (vec![total(1, 4_000, 1)], Vec::new()));
        let statement = Statement::assemble(head(), lines).unwrap();
        let gross: Vec<i64> = statement.lines.iter().map(|line| line.gross_minor).collect();
        assert_eq!((gross, statement.total_minor), (vec![0, 0, 1], 1));
        assert_eq!(statement.lines[2].kind, LineKind::Rounding);
    }

    #[test]
    fn tax_is_in_the_price_and_rounded_to_the_even_cent() {
        assert_eq!([tax_in(11_900, 1900), tax_in(-11_900, 1900), tax_in(100, 0)], [1900, -1900, 0]);
        assert_eq!([tax_in(10, 10_000), tax_in(5, 10_000), tax_in(3, 10_000)], [5, 2, 2]);
    }

    #[test]
    fn too_little_is_carried_until_it_is_enough() {
        let of = |minimum_minor, carried_in_minor, points| {
            let head =
                Head { minimum_minor, carried_in_minor, opening_minor: carried_in_minor, ..head() };
            let days = vec![total(1, 10_000, points)];
            let own = Statement::assemble(head, issued(days)).unwrap();
            (own.due_minor, own.carried_minor, own.closing_minor)
        };
        assert_eq!(of(1000, 0, 999), (0, 999, 999));
        assert_eq!(of(1000, 999, 1), (1000, 0, 1000));
        assert_eq!(of(0, -5, 5), (0, 0, 0));
    }
}

//! A statement that tests of this module tell of: a grocer that issues, accepts, is charged a fee and has
//! something corrected.

use chrono::NaiveDate;

use crate::settlement::core::LineKind;
use crate::settlement::core::statement::{Correction, Head, Lines, Statement, Total, VERSION};

/// All of a price.
pub(super) const WHOLE: i64 = 1_000_000_000_000;

/// A day of March.
pub(super) fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

/// What is said above the lines.
pub(super) fn head() -> Head {
    Head {
        version: VERSION,
        programme: "arno".to_owned(),
        partner: "grocer".to_owned(),
        currency: "EUR".to_owned(),
        minor_per_unit: 100,
        cycle: "2026-03".to_owned(),
        first_day: day(1),
        last_day: day(31),
        number: 3,
        previous_hash: Some("5f".repeat(32)),
        opening_minor: 12_000,
        carried_in_minor: 0,
        paid_minor: 12_000,
        minimum_minor: 1000,
    }
}

/// So many points on a day, at a price, in so many movements.
pub(super) fn total(on: u32, with: Option<&str>, price_micros: i64, sum: (i64, i64)) -> Total {
    let (points, movements) = sum;
    Total {
        day: day(on),
        contract: Some(1),
        with: with.map(str::to_owned),
        price_micros,
        factor: WHOLE,
        points,
        movements,
    }
}

/// What an operator took back.
pub(super) fn correction() -> Correction {
    Correction {
        kind: LineKind::Adjustment,
        amount_minor: -250,
        refers_to: Some("2026-02".to_owned()),
        refers_to_line: Some(LineKind::Burn),
        reason: "The till at the harbour was down on 14 February".to_owned(),
    }
}

/// What its lines add up.
pub(super) fn lines() -> Lines {
    let tax = || Some("STD".to_owned());
    let issued = vec![
        total(2, None, 12_000, (4000, 3)),
        total(9, None, 12_000, (3000, 1)),
        total(9, None, 13_800, (2000, 2)),
    ];
    Lines::from([
        ((LineKind::Issue, tax(), 1900), (issued, vec![])),
        ((LineKind::Burn, None, 0), (vec![total(7, Some("kitchen"), 9000, (300, 2))], vec![])),
        ((LineKind::ServiceFee, tax(), 1900), (vec![total(9, None, 120, (3000, 1))], vec![])),
        ((LineKind::Adjustment, None, 0), (vec![], vec![correction()])),
    ])
}

/// The statement.
pub(super) fn statement() -> Statement {
    Statement::assemble(head(), lines()).unwrap()
}

//! A cycle's obligations as statements: lines that are rounded once, net positions, and the matrix of
//! partners. Pure.

use std::collections::BTreeMap;

use entity::ids::PartnerId;

use super::book::{Book, LineKind};
use super::money::Exact;

/// All obligations of one kind, of one partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is about.
    pub kind: LineKind,
    /// How many points.
    pub points: i64,
    /// Exactly; above zero the partner owes it.
    pub exact: Exact,
    /// Rounded half to even, in minor units.
    pub minor: i64,
}

/// What a partner comes to in a cycle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// In the order of their kinds.
    pub lines: Vec<Line>,
    /// The rounded total less the sum of the rounded lines, in minor units.
    pub rounding_minor: i64,
    /// What the partner owes, in minor units; below zero what it is owed.
    pub net_minor: i64,
}

/// Points of one partner that were spent at another, itself included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// How many.
    pub points: i64,
    /// What is collected for them when they are spent.
    pub funding: Exact,
    /// What the acceptor is owed for them.
    pub burn: Exact,
}

/// Each partner's position.
pub fn positions(book: &Book, minor_per_unit: i64) -> BTreeMap<PartnerId, Position> {
    let mut sums: BTreeMap<PartnerId, BTreeMap<LineKind, (i64, Exact)>> = BTreeMap::new();
    for (key, sum) in &book.obligations {
        let (points, exact) = sums.entry(key.partner).or_default().entry(key.kind).or_default();
        *points = points.saturating_add(sum.points);
        *exact = exact.plus(sum.money);
    }
    let position = |lines: BTreeMap<LineKind, (i64, Exact)>| {
        let net_minor =
            lines.values().map(|(_, exact)| *exact).sum::<Exact>().minor(minor_per_unit);
        let line = |(kind, (points, exact)): (LineKind, (i64, Exact))| Line {
            kind,
            points,
            exact,
            minor: exact.minor(minor_per_unit),
        };
        let lines: Vec<Line> =
            lines.into_iter().map(line).filter(|line| line.points != 0).collect();
        let rounded: i64 = lines.iter().map(|line| line.minor).sum();
        Position { lines, rounding_minor: net_minor - rounded, net_minor }
    };
    sums.into_iter().map(|(partner, lines)| (partner, position(lines))).collect()
}

/// By whose points they were, and where they were spent.
pub type Matrix = BTreeMap<(PartnerId, PartnerId), Cell>;

/// The matrix of partners. What the programme itself gave is nobody's.
pub fn matrix(book: &Book) -> Matrix {
    let mut cells = Matrix::new();
    for (key, sum) in &book.obligations {
        let Some(with) = key.with else { continue };
        match key.kind {
            LineKind::Burn | LineKind::BurnReversal => {
                let cell = cells.entry((with, key.partner)).or_default();
                let is_back = key.kind == LineKind::BurnReversal;
                cell.points += if is_back { -sum.points } else { sum.points };
                cell.burn = cell.burn.plus(sum.money.negated());
            }
            LineKind::Funding | LineKind::FundingReversal => {
                let cell = cells.entry((key.partner, with)).or_default();
                cell.funding = cell.funding.plus(sum.money);
            }
            _ => {}
        }
    }
    cells
}

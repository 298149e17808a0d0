//! A cycle's obligations as net positions and as the matrix of partners: lines that are rounded once. Pure.

use std::collections::BTreeMap;

use entity::ids::PartnerId;

use super::book::{Book, LineKind};
use super::money::Exact;
use crate::refusal::Refusal;

/// All obligations of one kind, of one partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionLine {
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
    pub lines: Vec<PositionLine>,
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
pub fn positions(
    book: &Book,
    minor_per_unit: i64,
) -> Result<BTreeMap<PartnerId, Position>, Refusal> {
    let mut sums: BTreeMap<PartnerId, BTreeMap<LineKind, (i64, Exact)>> = BTreeMap::new();
    for (partner, key, more) in book.obligations() {
        let (points, exact) = sums.entry(partner).or_default().entry(key.kind).or_default();
        *points = points.saturating_add(more);
        *exact = exact.plus(key.owed(more)?);
    }
    sums.into_iter()
        .map(|(partner, lines)| Ok((partner, position(lines, minor_per_unit)?)))
        .collect()
}

fn position(
    lines: BTreeMap<LineKind, (i64, Exact)>,
    minor_per_unit: i64,
) -> Result<Position, Refusal> {
    let net: Exact = lines.values().map(|(_, exact)| *exact).sum();
    let line = |(kind, (points, exact)): (LineKind, (i64, Exact))| {
        Ok(PositionLine { kind, points, exact, minor: exact.minor(minor_per_unit)? })
    };
    let lines = lines.into_iter().map(line).collect::<Result<Vec<PositionLine>, Refusal>>()?;
    let net_minor = net.minor(minor_per_unit)?;
    let rounded: i64 = lines.iter().map(|line| line.minor).sum();
    Ok(Position { lines, rounding_minor: net_minor - rounded, net_minor })
}

/// By whose points they were, and where they were spent.
pub type Matrix = BTreeMap<(PartnerId, PartnerId), Cell>;

/// The matrix of partners. What the programme itself gave is nobody's.
pub fn matrix(book: &Book) -> Result<Matrix, Refusal> {
    let mut cells = Matrix::new();
    for (partner, key, points) in book.obligations() {
        let Some(with) = key.with else { continue };
        let owed = key.owed(points)?;
        match key.kind {
            LineKind::Burn | LineKind::BurnReversal => {
                let cell = cells.entry((with, partner)).or_default();
                let is_back = key.kind == LineKind::BurnReversal;
                cell.points += if is_back { -points } else { points };
                cell.burn = cell.burn.less(owed);
            }
            LineKind::Funding | LineKind::FundingReversal => {
                let cell = cells.entry((partner, with)).or_default();
                cell.funding = cell.funding.plus(owed);
            }
            _ => {}
        }
    }
    Ok(cells)
}

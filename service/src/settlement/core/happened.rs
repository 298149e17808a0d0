//! An entry of the ledger, with all that its money depends on.

use entity::amount::Points;
use entity::ledger::allocation::AllocationKind;
use entity::ledger::entry::{self, EntryKind};
use entity::ledger::lot;

use super::money::{Price, WHOLE};
use crate::ledger::reason::{Figures, Supplied};

/// An entry with all that its money depends on.
pub(crate) struct Happened<'a> {
    /// Where it stands in the sequence of facts.
    pub(crate) position: i64,
    pub(crate) entry: &'a entry::Model,
    pub(crate) figures: &'a Figures,
    /// Lots that it made of points that weren't there before.
    pub(crate) made: &'a [lot::Model],
    /// Its parts in lots.
    pub(crate) parts: Vec<Part<'a>>,
    /// Of a reversal: the payment, and its parts.
    pub(crate) undone: Option<(&'a entry::Model, Vec<Part<'a>>)>,
    /// Of a return: what the goods had earned.
    pub(crate) returned: Vec<Returned<'a>>,
    /// Who delivers what was paid for, or what was given back.
    pub(crate) supplied: Option<Supplied>,
}

/// How many points an entry took from a lot, or gave back to it.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) kind: AllocationKind,
    pub(crate) lot: &'a lot::Model,
    pub(crate) points: Points,
    /// Of a payment: what its acceptor is owed a point.
    pub(crate) price_micros: Option<i64>,
}

/// A part of a purchase's points that came back.
#[derive(Clone, Copy)]
pub(crate) struct Returned<'a> {
    pub(crate) lot: &'a lot::Model,
    pub(crate) points: Points,
    /// Of these, what had expired.
    pub(crate) excused: Points,
}

impl<'a> Happened<'a> {
    /// How many points it spent; below zero, of how many it undid that.
    pub(crate) fn burned(&self) -> i64 {
        let spent = |parts: &[Part<'_>]| -> i64 {
            parts
                .iter()
                .filter(|part| part.price_micros.is_some())
                .map(|part| part.points.get())
                .sum()
        };
        let undone = self.undone.as_ref().map_or(0, |(_, parts)| spent(parts));
        match self.entry.kind {
            EntryKind::Paid | EntryKind::Captured => spent(&self.parts),
            _ => -undone,
        }
    }

    pub(super) fn taken(&self) -> impl Iterator<Item = &Part<'a>> {
        self.parts
            .iter()
            .filter(|part| part.kind == AllocationKind::Taken && part.price_micros.is_none())
    }
}

impl<'a> Part<'a> {
    pub(super) fn of(lot: &'a lot::Model, points: Points) -> Self {
        Self { kind: AllocationKind::Taken, lot, points, price_micros: None }
    }

    /// What its acceptor is owed a point, for that share of it.
    pub(super) fn accepted_at(&self, share_bp: i64) -> Price {
        Price::shared(self.price_micros.unwrap_or(0), [share_bp, WHOLE, WHOLE])
    }
}

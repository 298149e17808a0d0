//! What has become of the points that each part of a purchase earned, wherever they were moved since, and what
//! their funders are given back for it. Pure.
//!
//! Points that are gone when their goods come back are paid for by others. For whoever funds them it makes no
//! difference which of them those were, only how many: what was billed when points were burned goes back for
//! as many as others stand in for, and never for more than were burned; the share of breakage is for points
//! that expired and were still paid for; a service fee that went back when the issuer accepted its own points
//! doesn't go back again. So each of these is a function of sums, and an event posts by how much it changed:
//! in whichever order points are burned, moved, taken back and stood in for, it comes to the same.

use std::collections::HashMap;

use entity::amount::Points;
use entity::ids::PurchaseId;
use entity::ledger::lot::{self, Share};

/// So many that no sum of points reaches it, nor overflows with it.
const ENOUGH: i64 = i64::MAX / 4;

/// A purchase, and which part of its points.
pub(crate) type Earned = (PurchaseId, i32);

/// What has become of a part's points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Spent, or taken to fill a debt.
    pub(crate) burned: i64,
    /// Of these, accepted by their own issuer without a fee.
    pub(crate) free: i64,
    pub(crate) expired: i64,
    /// Gone when their goods came back.
    pub(crate) short: i64,
    /// Of these, for which others stood in, or which the programme gave up.
    pub(crate) settled: i64,
}

/// The parts of which something is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    known: HashMap<Earned, Fate>,
    others: Fate,
}

impl Fate {
    /// Of points that weren't bought: their goods never come back.
    const NEVER_SHORT: Self =
        Self { burned: ENOUGH, free: ENOUGH, expired: ENOUGH, short: 0, settled: 0 };

    /// So many more were burned; below zero, burns were undone.
    pub(super) fn burn(&mut self, points: i64, is_free: bool) {
        self.burned += points;
        if is_free {
            self.free += points;
        }
    }

    /// For how many points what is due at burn has been given back.
    pub(super) fn refunded(&self) -> i64 {
        self.burned.min(self.settled)
    }

    /// For how many that expired a share of breakage is due.
    pub(super) fn broken(&self) -> i64 {
        let expired_unpaid = self.short.saturating_sub(self.burned).clamp(0, self.expired);
        self.expired - expired_unpaid
    }

    /// For how many that didn't come back themselves the fee has been given back, of a share of its issuer, or
    /// of somebody else.
    pub(super) fn without_fee(&self, lot: &lot::Model, share: &Share) -> i64 {
        let is_own = share.partner.is_some() && share.partner == lot.issuer_id;
        if is_own { self.short.max(self.free) } else { self.short }
    }
}

/// By how much two sums differ: no event changes one by more points than a number of them holds.
pub(super) fn apart(before: i64, after: i64) -> Points {
    Points::new(before.saturating_sub(after).saturating_abs()).unwrap_or(Points::MAX)
}

impl Fates {
    /// Goes on from what is known.
    pub(crate) fn new(known: impl IntoIterator<Item = (Earned, Fate)>) -> Self {
        Self { known: known.into_iter().collect(), others: Fate::default() }
    }

    /// For who doesn't know what happened before: as if all had been burned.
    pub(crate) fn assumed() -> Self {
        let others = Fate { burned: ENOUGH, ..Fate::default() };
        Self { known: HashMap::new(), others }
    }

    /// Changes what has become of a lot's points; says how it was before, and is now.
    pub(super) fn change(&mut self, lot: &lot::Model, change: impl FnOnce(&mut Fate)) -> [Fate; 2] {
        let before = self.of(lot);
        let mut after = before;
        change(&mut after);
        if let Some(purchase) = lot.purchase_id {
            self.known.insert((purchase, lot.part), after);
        }
        [before, after]
    }

    fn of(&self, lot: &lot::Model) -> Fate {
        let Some(purchase) = lot.purchase_id else { return Fate::NEVER_SHORT };
        self.get((purchase, lot.part)).unwrap_or(self.others)
    }

    /// What is known of a part.
    pub(crate) fn get(&self, earned: Earned) -> Option<Fate> {
        self.known.get(&earned).copied()
    }

    /// All that is known.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Earned, Fate)> {
        self.known.iter().map(|(earned, fate)| (*earned, *fate))
    }
}

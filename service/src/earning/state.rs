//! What limits and budgets look at, and what decisions have taken from them so far.
//!
//! It is loaded for a batch, each decision sees those before it, and what they changed is stored with
//! them. Pure: how it comes out of the books and back is `earning::books`' business.

use std::collections::{BTreeMap, HashMap};

use entity::ids::{PartnerId, RuleId, WalletId};
use uuid::Uuid;

use super::effects::Position;

/// A wallet's counter of a rule in a period.
pub(crate) type Counter = (WalletId, RuleId, String);

/// How much a wallet had of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) count: i64,
    pub(crate) points: i64,
    pub(crate) stamps: i64,
}

impl Use {
    fn add(&mut self, more: Self) {
        self.count += more.count;
        self.points += more.points;
        self.stamps += more.stamps;
    }
}

/// What a budget has left; nothing where it isn't bounded so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) points: Option<i64>,
    /// Ten-thousandths of micro-units.
    pub(crate) cost: Option<i64>,
}

/// Points and what they cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) points: i64,
    pub(crate) cost: i64,
}

/// Counters and budgets, as the decisions so far leave them.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    uses: HashMap<Counter, Use>,
    left: HashMap<Uuid, Left>,
    /// Of partners whose credit is limited, what they may still owe, in micro-units; below zero, what they
    /// owe beyond their limit.
    credit: HashMap<PartnerId, i64>,
}

impl State {
    /// As the books have it.
    pub(crate) fn new(uses: HashMap<Counter, Use>, left: HashMap<Uuid, Left>) -> Self {
        Self { uses, left, credit: HashMap::new() }
    }

    /// From now on these partners owe no more than that.
    pub(super) fn limit(&mut self, credit: HashMap<PartnerId, i64>) {
        self.credit = credit;
    }

    /// Whether anybody's credit is limited.
    pub(super) fn has_limits(&self) -> bool {
        !self.credit.is_empty()
    }

    /// What a partner may still owe; none is without limit.
    pub(super) fn credit(&self, partner: PartnerId) -> Option<i64> {
        self.credit.get(&partner).copied()
    }

    /// All counters.
    pub(crate) fn uses(&self) -> impl Iterator<Item = (&Counter, &Use)> {
        self.uses.iter()
    }

    /// All budgets.
    pub(crate) fn budgets(&self) -> impl Iterator<Item = (&Uuid, &Left)> {
        self.left.iter()
    }

    /// A counter.
    pub(crate) fn used(&self, counter: &Counter) -> Use {
        self.uses.get(counter).copied().unwrap_or_default()
    }

    pub(super) fn position(&self, wallet: WalletId, rule: RuleId) -> Position {
        let used = self.used(&(wallet, rule, String::new()));
        Position { count: used.count, stamps: used.stamps }
    }

    /// What a budget has left.
    pub(crate) fn left(&self, owner: Uuid) -> Left {
        self.left.get(&owner).copied().unwrap_or_default()
    }

    /// What a decision changes is seen by the next one.
    pub(crate) fn follow(&mut self, changes: &Changes) {
        for (counter, more) in &changes.uses {
            self.uses.entry(counter.clone()).or_default().add(*more);
        }
        for (owner, taken) in &changes.budgets {
            if let Some(left) = self.left.get_mut(owner) {
                left.points = left.points.map(|left| left - taken.points);
                left.cost = left.cost.map(|left| left - taken.cost);
            }
        }
        for (partner, micros) in &changes.credit {
            if let Some(left) = self.credit.get_mut(partner) {
                *left = left.saturating_sub(*micros);
            }
        }
    }
}

/// What decisions and returns change about counters and budgets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// What is added; below zero what is taken back.
    pub(crate) uses: BTreeMap<Counter, Use>,
    /// What is taken; below zero what is given back.
    pub(crate) budgets: BTreeMap<Uuid, Taken>,
    /// What partners owe for it whose credit is limited, in micro-units. It comes back when the money
    /// books know better (`settlement::credit`), never here.
    pub(crate) credit: BTreeMap<PartnerId, i64>,
}

impl Changes {
    pub(crate) fn used(&mut self, counter: Counter, more: Use) {
        self.uses.entry(counter).or_default().add(more);
    }

    pub(crate) fn taken(&mut self, owner: Uuid, more: Taken) {
        let taken = self.budgets.entry(owner).or_default();
        taken.points += more.points;
        taken.cost = taken.cost.saturating_add(more.cost);
    }

    pub(super) fn owed(&mut self, partner: PartnerId, micros: i64) {
        let owed = self.credit.entry(partner).or_default();
        *owed = owed.saturating_add(micros);
    }

    /// Both together.
    pub(crate) fn join(&mut self, other: Self) {
        other.uses.into_iter().for_each(|(counter, more)| self.used(counter, more));
        other.budgets.into_iter().for_each(|(owner, more)| self.taken(owner, more));
        other.credit.into_iter().for_each(|(partner, micros)| self.owed(partner, micros));
    }
}

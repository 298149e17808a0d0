//! Points that wallets owe, with who pays for them: the first owed is the first filled.

use std::collections::{HashMap, VecDeque};

use entity::amount::Points;
use entity::ids::WalletId;
use entity::ledger::lot::Terms;

/// Points whose goods came back after they had been spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owed {
    pub(super) terms: Terms,
    pub(super) points: Points,
}

/// Owed points in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Queue(VecDeque<Owed>);

impl Queue {
    pub(super) fn push(&mut self, owed: Owed) {
        if !owed.points.is_zero() {
            self.0.push_back(owed);
        }
    }

    /// The first points, up to so many.
    pub(super) fn take(&mut self, points: Points) -> Vec<Owed> {
        let (mut left, mut taken) = (points, Vec::new());
        while let Some(first) = self.0.front_mut().filter(|_| !left.is_zero()) {
            let part = left.min(first.points);
            taken.push(Owed { terms: first.terms.clone(), points: part });
            (left, first.points) = (left.less(part), first.points.less(part));
            if first.points.is_zero() {
                self.0.pop_front();
            }
        }
        taken
    }
}

/// By wallet.
#[derive(Clone, Debug, Default)]
pub(super) struct Debts(HashMap<WalletId, Queue>);

impl Debts {
    pub(super) fn of(&mut self, wallet: WalletId) -> &mut Queue {
        self.0.entry(wallet).or_default()
    }

    /// All that is owed.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &Owed> {
        self.0.values().flat_map(|queue| &queue.0)
    }

    /// What one wallet owes another owes from now on.
    pub(super) fn pool(&mut self, from: WalletId, into: WalletId) {
        if let Some(Queue(owed)) = self.0.remove(&from) {
            self.of(into).0.extend(owed);
        }
    }
}

//! Entries in an order in which each comes after what it depends on.
//!
//! The sequence of facts keeps the order of each wallet, and nothing of how wallets' entries lie among each
//! other: what a household is given may stand before the entry that gives it. Debts go with it, so the
//! household's entries wait here until the giving one had its turn.

use std::collections::{HashMap, HashSet};

use entity::ids::{EntryId, WalletId};

/// What of an entry its turn depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) wallet: WalletId,
    pub(crate) entry: EntryId,
    /// The entry that has to come before it, which isn't the same wallet's.
    pub(crate) after: Option<EntryId>,
}

/// The places of entries in such an order; those whose turn doesn't come are left out.
#[derive(Default)]
pub(crate) struct Ordered {
    pub(crate) places: Vec<usize>,
    done: HashSet<EntryId>,
    /// Entries of wallets that wait, by what they wait for.
    waiting: HashMap<EntryId, Vec<(usize, Turn)>>,
    stopped: HashMap<WalletId, EntryId>,
}

impl Ordered {
    /// Orders entries, of which `done` had their turn before.
    pub(crate) fn of(turns: &[Turn], done: HashSet<EntryId>) -> Self {
        let mut ordered = Self { done, ..Self::default() };
        for (place, turn) in turns.iter().enumerate() {
            ordered.take(place, *turn);
        }
        ordered
    }

    /// The first place whose turn didn't come.
    pub(crate) fn stopped_at(&self) -> Option<usize> {
        self.waiting.values().flatten().map(|(place, _)| *place).min()
    }

    fn take(&mut self, place: usize, turn: Turn) {
        let open = turn.after.filter(|entry| !self.done.contains(entry));
        if let Some(awaited) = self.stopped.get(&turn.wallet).copied().or(open) {
            self.stopped.insert(turn.wallet, awaited);
            self.waiting.entry(awaited).or_default().push((place, turn));
            return;
        }
        self.places.push(place);
        self.done.insert(turn.entry);
        let freed = self.waiting.remove(&turn.entry).unwrap_or_default();
        for (_, turn) in &freed {
            self.stopped.remove(&turn.wallet);
        }
        for (place, turn) in freed {
            self.take(place, turn);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn turn(wallet: u128, entry: u128, after: Option<u128>) -> Turn {
        let id = |id| EntryId::from_uuid(Uuid::from_u128(id));
        let wallet = WalletId::from_uuid(Uuid::from_u128(wallet));
        Turn { wallet, entry: id(entry), after: after.map(id) }
    }

    #[test]
    fn what_is_given_comes_after_what_gives_and_the_rest_of_the_wallet_after_that() {
        let turns =
            [turn(1, 10, None), turn(1, 11, Some(30)), turn(1, 12, None), turn(2, 20, None)];
        let stopped = Ordered::of(&turns, HashSet::new());
        assert_eq!((stopped.places.clone(), stopped.stopped_at()), (vec![0, 3], Some(1)));
        let turns = [&turns[..], &[turn(3, 30, None), turn(3, 31, None)]].concat();
        let ordered = Ordered::of(&turns, HashSet::new());
        assert_eq!((ordered.places.clone(), ordered.stopped_at()), (vec![0, 3, 4, 1, 2, 5], None));
    }

    #[test]
    fn a_chain_of_households_is_followed_to_its_end() {
        let turns =
            [turn(1, 10, Some(20)), turn(2, 19, Some(30)), turn(2, 20, None), turn(3, 30, None)];
        assert_eq!(Ordered::of(&turns, HashSet::new()).places, [3, 1, 2, 0]);
        let done = HashSet::from([turns[2].entry]);
        assert_eq!(Ordered::of(&turns[..1], done).places, [0]);
    }
}

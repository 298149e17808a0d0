//! Points that wallets owe, with who had paid for them: the first owed is the first filled.

use std::collections::BTreeMap;

use entity::amount::Points;
use entity::ids::WalletId;
use entity::ledger::lot;

/// Which return they are of, by its position in the sequence, and which of its parts.
pub(crate) type Place = (i64, i32);

/// Points whose goods came back after they had been spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owed {
    /// The lot that they were of.
    pub(crate) lot: lot::Model,
    pub(crate) points: Points,
}

/// What each wallet owes, by when it came to owe it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Debts(BTreeMap<Place, (WalletId, Owed)>);

impl Debts {
    /// The wallet owes these from now on.
    pub(crate) fn push(&mut self, wallet: WalletId, place: Place, owed: Owed) {
        if !owed.points.is_zero() {
            self.0.insert(place, (wallet, owed));
        }
    }

    /// The first points that the wallet owes, up to so many.
    pub(crate) fn take(&mut self, wallet: WalletId, points: Points) -> Vec<Owed> {
        let (mut left, mut taken) = (points, Vec::new());
        for (_, owed) in self.0.values_mut().filter(|(owner, _)| *owner == wallet) {
            let part = left.min(owed.points);
            if part.is_zero() {
                break;
            }
            taken.push(Owed { lot: owed.lot.clone(), points: part });
            (left, owed.points) = (left.less(part), owed.points.less(part));
        }
        self.0.retain(|_, (_, owed)| !owed.points.is_zero());
        taken
    }

    /// What one wallet owes another owes from now on.
    pub(crate) fn pool(&mut self, from: WalletId, into: WalletId) {
        for (wallet, _) in self.0.values_mut().filter(|(wallet, _)| *wallet == from) {
            *wallet = into;
        }
    }

    /// All that is owed, with who owes it.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Place, WalletId, &Owed)> {
        self.0.iter().map(|(place, (wallet, owed))| (*place, *wallet, owed))
    }
}

/// Points that a return is short of, part by part, in their order.
#[derive(Default)]
pub(super) struct Short(Vec<(lot::Model, Points)>);

impl Short {
    pub(super) fn push(&mut self, lot: &lot::Model, points: Points) {
        self.0.push((lot.clone(), points));
    }

    /// The first of them, up to so many.
    pub(super) fn take(&mut self, points: Points) -> Vec<Owed> {
        let (mut left, mut taken) = (points, Vec::new());
        for (lot, short) in &mut self.0 {
            let part = left.min(*short);
            if !part.is_zero() {
                taken.push(Owed { lot: lot.clone(), points: part });
                (left, *short) = (left.less(part), short.less(part));
            }
        }
        taken
    }
}

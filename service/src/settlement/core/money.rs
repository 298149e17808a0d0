//! Money as settlement adds it up: exactly, and rounded once.
//!
//! What a point costs is a price in micro-units times up to three shares in basis points, so that money here
//! counts in 10⁻¹⁸ of a unit of the settlement currency. A sum of any length stays exact; a statement line
//! rounds it to minor units, half to even.

use std::iter::Sum;

use entity::amount::{BasisPoints, Points};

use crate::refusal::{Code, Refusal};

/// 10⁻¹⁸ of a unit of currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exact(i128);

/// 10¹⁸: what makes a unit.
const UNIT: i128 = 1_000_000_000_000_000_000;
/// All of it, in basis points.
pub(crate) const WHOLE: i64 = 10_000;

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// What so many points cost at a price, of which these shares count.
    pub(crate) fn of(points: Points, price_micros: i64, shares: [i64; 3]) -> Result<Self, Refusal> {
        let product = shares
            .into_iter()
            .chain([price_micros])
            .try_fold(i128::from(points.get()), |product, by| product.checked_mul(by.into()));
        product.map(Self).ok_or(Refusal::new(Code::Overflow))
    }

    /// In minor units, rounded half to even; a currency has so many of them a unit.
    pub fn minor(self, minor_per_unit: i64) -> i64 {
        let each = UNIT / i128::from(minor_per_unit.max(1));
        let (whole, rest) = (self.0.div_euclid(each), self.0.rem_euclid(each));
        let up = match (2 * rest).cmp(&each) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => whole.rem_euclid(2),
            std::cmp::Ordering::Greater => 1,
        };
        i64::try_from(whole + up).unwrap_or(i64::MAX)
    }

    /// In micro-units, for people who check: rounded towards nothing.
    pub fn micros(self) -> i128 {
        self.0 / (UNIT / 1_000_000)
    }

    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This less the other.
    pub(crate) fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The other way round.
    pub(crate) fn negated(self) -> Self {
        Self(-self.0)
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Sum for Exact {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Self::plus)
    }
}

/// A share as a number.
pub(crate) fn bp(share: BasisPoints) -> i64 {
    share.get().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(micros: i128) -> Exact {
        Exact(micros * (UNIT / 1_000_000))
    }

    #[test]
    fn halves_go_to_the_even_cent_on_both_sides_of_nothing() {
        for (micros, minor) in [
            (5_000, 0),
            (15_000, 2),
            (25_000, 2),
            (25_001, 3),
            (-5_000, 0),
            (-15_000, -2),
            (-25_001, -3),
        ] {
            assert_eq!(exact(micros).minor(100), minor, "{micros}");
        }
        assert_eq!(exact(1_499_999).minor(1), 1, "a currency without minor units");
    }

    #[test]
    fn three_obligations_are_rounded_once() {
        let each = exact(86_100);
        assert_eq!([each; 3].into_iter().sum::<Exact>().minor(100), 26);
        assert_eq!(3 * each.minor(100), 27);
    }
}

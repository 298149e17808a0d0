//! Money as settlement adds it up: exactly, and rounded once.
//!
//! What a point costs is a price in micro-units times up to three shares in basis points, so that money here
//! counts in 10⁻¹⁸ of a unit of the settlement currency. A sum of any length stays exact; a statement line
//! rounds it to minor units, half to even.

use std::fmt;
use std::iter::Sum;

use entity::amount::BasisPoints;

use crate::refusal::{Code, Refusal};

/// What a point comes to: micro-units, and the shares that count of them as a product of three in basis
/// points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price {
    /// Micro-units of the settlement currency a point.
    pub micros: i64,
    /// Of 10¹², which is all of it.
    pub factor: i64,
}

impl Price {
    /// A price of which these shares count.
    pub(crate) fn shared(micros: i64, shares: [i64; 3]) -> Self {
        Self { micros, factor: shares.into_iter().product() }
    }

    /// What so many points come to.
    pub fn of(self, points: i64) -> Result<Exact, Refusal> {
        let each = i128::from(self.micros) * i128::from(self.factor);
        each.checked_mul(points.into()).map(Exact).ok_or(Refusal::new(Code::Overflow))
    }

    /// The same, the other way round.
    pub(crate) fn negated(self) -> Self {
        Self { micros: -self.micros, ..self }
    }

    /// Whether points at this price come to nothing.
    pub fn is_zero(self) -> bool {
        self.micros == 0 || self.factor == 0
    }
}

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

    /// So many minor units of a currency that has so many of them a unit.
    pub fn of_minor(minor: i64, minor_per_unit: i64) -> Self {
        Self(i128::from(minor) * (UNIT / i128::from(minor_per_unit.max(1))))
    }

    /// In minor units, rounded half to even; a currency has so many of them a unit.
    pub fn minor(self, minor_per_unit: i64) -> Result<i64, Refusal> {
        let each = UNIT / i128::from(minor_per_unit.max(1));
        let (whole, rest) = (self.0.div_euclid(each), self.0.rem_euclid(each));
        let up = match (2 * rest).cmp(&each) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => whole.rem_euclid(2),
            std::cmp::Ordering::Greater => 1,
        };
        i64::try_from(whole + up).map_err(|_| Refusal::new(Code::Overflow))
    }

    /// In micro-units, rounded up.
    pub(crate) fn micros_up(self) -> Result<i64, Refusal> {
        let micro = UNIT / 1_000_000;
        let up = self.0.div_euclid(micro) + i128::from(self.0.rem_euclid(micro) > 0);
        i64::try_from(up).map_err(|_| Refusal::new(Code::Overflow))
    }

    /// As much of it as a part is of a whole, to the micro-unit.
    pub(crate) fn share(self, part: i64, whole: i64) -> Self {
        let micro = UNIT / 1_000_000;
        let micros = (self.0 / micro).saturating_mul(part.into());
        Self(micros.checked_div(whole.into()).unwrap_or(0).saturating_mul(micro))
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
        Self(self.0.saturating_neg())
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

/// As a decimal number of units: what is exact stays so, and there are no zeros at its end.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (
            self.0.unsigned_abs() / UNIT.unsigned_abs(),
            self.0.unsigned_abs() % UNIT.unsigned_abs(),
        );
        let rest = format!("{rest:018}");
        match rest.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            rest => write!(f, "{sign}{whole}.{rest}"),
        }
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
            assert_eq!(exact(micros).minor(100).unwrap(), minor, "{micros}");
        }
        assert_eq!(exact(1_499_999).minor(1).unwrap(), 1, "a currency without minor units");
        assert!(Exact(i128::MIN).minor(100).is_err());
    }

    #[test]
    fn nothing_is_rounded_where_it_is_shown() {
        assert_eq!(exact(-1_250_000).to_string(), "-1.25");
        assert_eq!(Exact(1).to_string(), "0.000000000000000001");
        assert_eq!(Exact::of_minor(-700, 100).to_string(), "-7");
        let price = Price::shared(12_000, [6000, 5000, WHOLE]);
        assert_eq!(price.of(1000).unwrap().to_string(), "3.6");
        let most = Price::shared(1_000_000_000_000, [WHOLE; 3]);
        assert!(most.of(i64::MAX).is_err());
    }

    #[test]
    fn what_is_reserved_is_rounded_up_to_the_micro_unit() {
        assert_eq!(exact(7).micros_up().unwrap(), 7);
        assert_eq!(Exact(1).micros_up().unwrap(), 1);
        assert_eq!(Exact(-1).micros_up().unwrap(), 0);
        assert!(Exact(i128::MAX).micros_up().is_err());
    }

    #[test]
    fn three_obligations_are_rounded_once() {
        let each = exact(86_100);
        assert_eq!([each; 3].into_iter().sum::<Exact>().minor(100).unwrap(), 26);
        assert_eq!(3 * each.minor(100).unwrap(), 27);
    }
}

//! Numbers that mean value: whole points, minor units, basis points, micro-units.
//!
//! All are checked when made and added with overflow as an error. There are no floats here, no
//! `Deref` and no `Add`: arithmetic that can fail says so.

use std::fmt;
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// A number outside what its type may hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutOfRange {
    /// Points below zero or above 2^53 − 1.
    #[error("points must be between 0 and 9007199254740991")]
    Points,
    /// A share below zero or above the whole.
    #[error("basis points must be between 0 and 10000")]
    BasisPoints,
    /// Not an ISO 4217 code with a minor unit.
    #[error("not an ISO 4217 currency code")]
    Currency,
}

/// Whole points, 0 to 2^53 − 1, so that JSON and Redis doubles hold them exactly.
#[derive(
    Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, DeriveValueType,
)]
pub struct Points(i64);

impl Points {
    /// None.
    pub const ZERO: Self = Self(0);
    /// The most that one number may hold: 2^53 − 1.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// Points from a number, if it is in range.
    pub const fn new(points: i64) -> Result<Self, OutOfRange> {
        if points < 0 || points > Self::MAX.0 {
            return Err(OutOfRange::Points);
        }
        Ok(Self(points))
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Whether there are none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The same for `serde`, which passes a reference.
    pub const fn is_zero_ref(&self) -> bool {
        self.0 == 0
    }

    /// The sum, unless it is out of range.
    pub fn plus(self, other: Self) -> Result<Self, OutOfRange> {
        Self::new(self.0 + other.0)
    }

    /// The difference, unless it is below zero.
    pub fn minus(self, other: Self) -> Result<Self, OutOfRange> {
        Self::new(self.0 - other.0)
    }

    /// The difference, or zero where it would be below.
    pub fn less(self, other: Self) -> Self {
        Self((self.0 - other.0).max(0))
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// A share of a whole: 1 is 0.01 %, 10,000 is all of it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, DeriveValueType,
)]
pub struct BasisPoints(i32);

impl BasisPoints {
    /// The whole.
    pub const WHOLE: Self = Self(10_000);

    /// A share from a number, if it is in range.
    pub const fn new(share: i32) -> Result<Self, OutOfRange> {
        if share < 0 || share > Self::WHOLE.0 {
            return Err(OutOfRange::BasisPoints);
        }
        Ok(Self(share))
    }

    /// The number.
    pub const fn get(self) -> i32 {
        self.0
    }
}

impl<'de> Deserialize<'de> for BasisPoints {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(i32::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, DeriveValueType)]
#[sea_orm(value_type = "String", column_type = "Text")]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The three letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many digits follow the point: 2 for EUR, 0 for JPY.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// How many minor units make one unit: 100 for EUR, 1 for JPY.
    pub fn minor_per_unit(self) -> i64 {
        10_i64.pow(self.exponent())
    }
}

/// What a minor unit is in ten-thousandths of micro-units, in which what points cost is kept: a price has
/// six decimals, a share of it four more.
pub fn cost_of_minor(minor_per_unit: i64) -> i64 {
    10_000 * 1_000_000 / minor_per_unit.max(1)
}

impl FromStr for Currency {
    type Err = OutOfRange;
    fn from_str(code: &str) -> Result<Self, OutOfRange> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or(OutOfRange::Currency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount of money in minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Cents, pence, yen: may be below zero.
    pub minor: i64,
    /// Of what.
    pub currency: Currency,
}

impl fmt::Display for Money {
    /// The decimal number alone: `12.34`, `-0.05`, `1200` for a currency without minor units.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_unit = self.currency.minor_per_unit().unsigned_abs();
        let minor = self.minor.unsigned_abs();
        let sign = if self.minor < 0 { "-" } else { "" };
        let width = usize::try_from(self.currency.exponent()).unwrap_or(0);
        if width == 0 {
            return write!(f, "{sign}{minor}");
        }
        write!(f, "{sign}{}.{:0width$}", minor / per_unit, minor % per_unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stay_where_doubles_are_exact() {
        assert_eq!(Points::new(-1), Err(OutOfRange::Points));
        assert_eq!(Points::MAX.plus(Points(1)), Err(OutOfRange::Points));
        assert_eq!(Points::ZERO.minus(Points(1)), Err(OutOfRange::Points));
        assert_eq!(Points(3).less(Points(5)), Points::ZERO);
    }

    #[test]
    fn money_shows_as_many_digits_as_its_currency_has() {
        let show = |minor, code: &str| Money { minor, currency: code.parse().unwrap() }.to_string();
        assert_eq!(show(1234, "EUR"), "12.34");
        assert_eq!(show(-5, "USD"), "-0.05");
        assert_eq!(show(1200, "JPY"), "1200");
        assert_eq!(show(1, "BHD"), "0.001");
        assert_eq!(show(i64::MIN, "EUR"), "-92233720368547758.08");
    }

    #[test]
    fn a_currency_is_one_of_iso_4217() {
        assert_eq!("XXX".parse::<Currency>(), Err(OutOfRange::Currency));
        assert_eq!("eur".parse::<Currency>(), Err(OutOfRange::Currency));
        assert!("USD".parse::<Currency>().is_ok());
    }
}

//! Money and exact decimals on the wire: strings, never floating-point numbers.
//!
//! A decimal is kept as a whole number of its smallest unit, and turned into minor units or
//! micro-units only where it fits without rounding. Nothing here rounds.

use std::fmt;
use std::str::FromStr;

use async_graphql::{
    InputObject, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value,
};
use entity::amount;

use super::scalars::CurrencyCode;

const DIGITS_MAX: usize = 18;

/// An exact decimal number as a string: an optional minus, digits, and at most six digits after the
/// point, such as `"12.34"`; at most 18 digits in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    units: i64,
    places: u32,
}

/// A text that isn't a decimal, or a decimal that doesn't fit what it should become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDecimal {
    /// Not of the form that is expected.
    #[error("a decimal such as \"12.34\" is expected, of at most 18 digits, 6 after the point")]
    Malformed,
    /// More digits after the point than can be kept.
    #[error("at most {0} digits after the point are kept here")]
    TooPrecise(u32),
    /// Too large.
    #[error("the number is too large")]
    TooLarge,
}

impl Decimal {
    /// The most digits that may follow the point.
    pub const PLACES_MAX: u32 = 6;

    /// `units` of `10^-places`: 1234 and 2 are 12.34.
    pub const fn scaled(units: i64, places: u32) -> Self {
        Self { units, places }
    }

    /// How many units of `10^-places` this is, if it is a whole number of them.
    pub fn units(self, places: u32) -> Result<i64, NotDecimal> {
        if places >= self.places {
            let factor = 10_i64.checked_pow(places - self.places).ok_or(NotDecimal::TooLarge)?;
            return self.units.checked_mul(factor).ok_or(NotDecimal::TooLarge);
        }
        let factor = 10_i64.checked_pow(self.places - places).ok_or(NotDecimal::TooLarge)?;
        if self.units % factor == 0 {
            Ok(self.units / factor)
        } else {
            Err(NotDecimal::TooPrecise(places))
        }
    }
}

impl FromStr for Decimal {
    type Err = NotDecimal;

    fn from_str(text: &str) -> Result<Self, NotDecimal> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((_, "")) => return Err(NotDecimal::Malformed),
            Some(parts) => parts,
            None => (unsigned, ""),
        };
        let digits = || whole.bytes().chain(fraction.bytes());
        let places = u32::try_from(fraction.len()).map_err(|_| NotDecimal::Malformed)?;
        if whole.is_empty()
            || digits().count() > DIGITS_MAX
            || places > Self::PLACES_MAX
            || !digits().all(|digit| digit.is_ascii_digit())
        {
            return Err(NotDecimal::Malformed);
        }
        let units = digits().fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        let units = if text.starts_with('-') { -units } else { units };
        Ok(Self { units, places })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let unit = 10_u64.pow(self.places);
        let (whole, rest) = (self.units.unsigned_abs() / unit, self.units.unsigned_abs() % unit);
        match usize::try_from(self.places) {
            Ok(width) if width > 0 => write!(f, "{sign}{whole}.{rest:0width$}"),
            _ => write!(f, "{sign}{whole}"),
        }
    }
}

/// An exact decimal number as a string: an optional minus, digits, and at most six digits after the
/// point, such as `"12.34"`; at most 18 digits in all.
#[Scalar(specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        text.parse().map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::from(self.to_string())
    }
}

/// An amount of money in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SimpleObject)]
pub struct Money {
    /// The amount, with as many digits after the point as the currency has: `"12.34"`, `"1200"`.
    pub amount: Decimal,
    /// The currency of the amount.
    pub currency_code: CurrencyCode,
}

impl From<amount::Money> for Money {
    fn from(amount::Money { minor, currency }: amount::Money) -> Self {
        Self {
            amount: Decimal::scaled(minor, currency.exponent()),
            currency_code: CurrencyCode(currency),
        }
    }
}

/// An amount of money in one currency, as given by a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, InputObject)]
pub struct MoneyInput {
    /// The amount, with at most as many digits after the point as the currency has: `"12.34"`.
    pub amount: Decimal,
    /// The currency of the amount.
    pub currency_code: CurrencyCode,
}

impl TryFrom<MoneyInput> for amount::Money {
    type Error = NotDecimal;

    fn try_from(input: MoneyInput) -> Result<Self, NotDecimal> {
        let CurrencyCode(currency) = input.currency_code;
        Ok(Self { minor: input.amount.units(currency.exponent())?, currency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_reads_back_as_it_was_written() {
        for text in ["0", "12.34", "-0.05", "1200", "0.000001", "999999999999999999"] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        let texts = [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "+1",
            "1,5",
            "0.0000001",
            "1000000000000000000",
            " 1",
            "١",
        ];
        for text in texts {
            assert_eq!(text.parse::<Decimal>(), Err(NotDecimal::Malformed), "{text}");
        }
        assert!(<Decimal as ScalarType>::parse(Value::from(12)).is_err());
    }

    #[test]
    fn a_decimal_becomes_units_only_without_rounding() {
        let decimal = |text: &str| text.parse::<Decimal>().unwrap();
        assert_eq!(decimal("12.3").units(2), Ok(1230));
        assert_eq!(decimal("12.340").units(2), Ok(1234));
        assert_eq!(decimal("12.345").units(2), Err(NotDecimal::TooPrecise(2)));
        assert_eq!(decimal("999999999999999999").units(6), Err(NotDecimal::TooLarge));
    }

    #[test]
    fn money_follows_the_digits_of_its_currency() {
        let money = |amount: &str, code: &str| {
            amount::Money::try_from(MoneyInput {
                amount: amount.parse().unwrap(),
                currency_code: CurrencyCode(code.parse().unwrap()),
            })
        };
        assert_eq!(money("12.3", "EUR").map(|money| money.minor), Ok(1230));
        assert_eq!(money("12.3", "JPY"), Err(NotDecimal::TooPrecise(0)));
        let yen = Money::from(money("1200", "JPY").unwrap());
        assert_eq!(yen.amount.to_string(), "1200");
    }
}

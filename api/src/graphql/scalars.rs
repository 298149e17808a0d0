//! The scalars of the schema: how ids, points, shares, currencies and moments look on the wire.
//!
//! Each wraps the value type that the services speak and refuses what that type refuses, before a
//! resolver runs. Money and decimals are in `money`. No arithmetic here.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContextSelectionSet, ID, InputType, InputValueError, InputValueResult, OutputType, Pos,
    Positioned, Scalar, ScalarType, ServerResult, Value,
};
use chrono::{NaiveDate, SecondsFormat, Utc};
use entity::amount;
use entity::ids::TypedId;

use super::money::Decimal;

/// A typed id: `ID` to clients, and refused before a resolver runs when it is of another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<T>(pub T);

impl<T: TypedId> InputType for Id<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <ID as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value.unwrap_or_default() {
            Value::String(text) => T::from_str(&text).map(Self).map_err(InputValueError::custom),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl<T: TypedId> OutputType for Id<T> {
    fn type_name() -> Cow<'static, str> {
        <ID as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::String(self.0.to_string()))
    }
}

/// What is wrong with a value of one of our scalars, and what would be right.
pub(crate) fn problem(scalar: &str, value: Value) -> Option<String> {
    match scalar {
        "BasisPoints" => problem_of::<BasisPoints>(value),
        "CurrencyCode" => problem_of::<CurrencyCode>(value),
        "Date" => problem_of::<Date>(value),
        "DateTime" => problem_of::<DateTime>(value),
        "Decimal" => problem_of::<Decimal>(value),
        "Points" => problem_of::<Points>(value),
        _ => None,
    }
}

fn problem_of<T: InputType>(value: Value) -> Option<String> {
    let error = T::parse(Some(value)).err()?.into_server_error(Pos::default());
    // The library puts the type before what we say.
    let said = error.message.split_once("\": ").map(|(_, said)| said.to_owned());
    Some(said.unwrap_or(error.message))
}

/// A whole number of points as a JSON integer, from -(2^53 - 1) to 2^53 - 1, so that every JSON
/// reader holds it exactly. Below zero only where a change is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Points(i64);

impl Points {
    /// A change of points, unless a double couldn't hold it.
    pub fn change(points: i64) -> Option<Self> {
        let bound = amount::Points::MAX.get();
        (-bound..=bound).contains(&points).then_some(Self(points))
    }
}

impl Points {
    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// A whole number of points as a JSON integer, from -(2^53 - 1) to 2^53 - 1, so that every JSON
/// reader holds it exactly. Below zero only where a change is shown.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for Points {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Number(number) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let points = number.as_i64().and_then(Self::change);
        points.ok_or_else(|| InputValueError::custom("a whole number within 2^53 is expected"))
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

impl From<amount::Points> for Points {
    fn from(points: amount::Points) -> Self {
        Self(points.get())
    }
}

impl TryFrom<Points> for amount::Points {
    type Error = amount::OutOfRange;

    fn try_from(points: Points) -> Result<Self, amount::OutOfRange> {
        Self::new(points.0)
    }
}

/// A share as a whole number of hundredths of a percent: 10000 is all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasisPoints(pub amount::BasisPoints);

/// A share as a whole number of hundredths of a percent: 10000 is all of it.
#[Scalar(specified_by_url = "https://en.wikipedia.org/wiki/Basis_point")]
impl ScalarType for BasisPoints {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Number(number) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let share = number.as_i64().and_then(|share| i32::try_from(share).ok()).unwrap_or(-1);
        amount::BasisPoints::new(share).map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.get())
    }
}

/// A currency by its three letters in ISO 4217, such as `EUR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrencyCode(pub amount::Currency);

/// A currency by its three letters in ISO 4217, such as `EUR`.
#[Scalar(specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html")]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(code) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        code.parse().map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.code())
    }
}

/// A moment as RFC 3339 writes it. Answers are in UTC and end in `Z`; inputs may carry any offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub chrono::DateTime<Utc>);

/// A moment as RFC 3339 writes it. Answers are in UTC and end in `Z`; inputs may carry any offset.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        chrono::DateTime::parse_from_rfc3339(text)
            .map(|moment| Self(moment.with_timezone(&Utc)))
            .map_err(|_| {
                InputValueError::custom("a moment such as 2026-01-31T09:30:00Z is expected")
            })
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// A day without time or zone, as `2026-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

/// A day without time or zone, as `2026-01-31`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|_| text.len() == "2026-01-31".len())
            .map(Self)
            .ok_or_else(|| InputValueError::custom("a day such as 2026-01-31 is expected"))
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.to_string())
    }
}

/// An object of JSON: texts, whole numbers, true and false by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributes(pub serde_json::Map<String, serde_json::Value>);

/// An object of JSON: texts, whole numbers, true and false by name.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-4")]
impl ScalarType for Attributes {
    fn parse(value: Value) -> InputValueResult<Self> {
        let wrong = || InputValueError::custom("an object such as {\"stars\": 5} is expected");
        match value.into_json() {
            Ok(serde_json::Value::Object(attributes)) => Ok(Self(attributes)),
            _ => Err(wrong()),
        }
    }

    fn to_value(&self) -> Value {
        let object = serde_json::Value::Object(self.0.clone());
        Value::from_json(object).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use entity::ids::{MemberId, PartnerId};

    use super::*;

    fn reads<T: ScalarType>(value: impl Into<Value>) -> bool {
        T::parse(value.into()).is_ok()
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let member = MemberId::at(chrono::DateTime::UNIX_EPOCH).to_string();
        let read = |text: &str| Some(Value::from(text));
        assert!(<Id<MemberId> as InputType>::parse(read(&member)).is_ok());
        assert!(<Id<PartnerId> as InputType>::parse(read(&member)).is_err());
        assert!(<Id<MemberId> as InputType>::parse(Some(Value::from(7))).is_err());
    }

    #[test]
    fn points_are_integers_that_a_double_holds() {
        assert!(reads::<Points>(9_007_199_254_740_991_i64));
        assert!(!reads::<Points>(9_007_199_254_740_992_i64));
        assert!(!reads::<Points>("7"));
        assert!(amount::Points::try_from(Points(-1)).is_err());
    }

    #[test]
    fn moments_come_in_with_any_offset_and_leave_in_utc() {
        let moment =
            <DateTime as ScalarType>::parse(Value::from("2026-01-31T10:30:00.5+01:00")).unwrap();
        assert_eq!(ScalarType::to_value(&moment), Value::from("2026-01-31T09:30:00.500Z"));
        assert!(!reads::<DateTime>("2026-01-31T10:30:00"));
    }

    #[test]
    fn days_shares_and_currencies_are_exact() {
        assert!(reads::<Date>("2026-02-28") && !reads::<Date>("2026-02-29"));
        assert!(!reads::<Date>("2026-2-28"));
        assert!(reads::<BasisPoints>(10_000) && !reads::<BasisPoints>(10_001));
        assert!(reads::<CurrencyCode>("EUR") && !reads::<CurrencyCode>("eur"));
    }
}

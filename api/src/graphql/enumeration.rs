//! The enumerations of the tables as enums of the schema, names and descriptions included, so that
//! neither is written twice.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaTypeId, Registry};
use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Name, OutputType,
    Positioned, ServerResult, Value,
};
use entity::text_enum::TextEnum;

use super::meta;

/// A table's enumeration on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enumeration<E>(pub E);

fn describe<E: TextEnum>(registry: &mut Registry) -> String {
    registry.create_output_type::<Enumeration<E>, _>(MetaTypeId::Enum, |_| {
        let values = E::ALL.iter().map(|value| (value.text(), value.description()));
        meta::enumeration::<Enumeration<E>>(E::NAME, E::DESCRIPTION.to_owned(), values)
    })
}

impl<E: TextEnum> OutputType for Enumeration<E> {
    fn type_name() -> Cow<'static, str> {
        E::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        describe::<E>(registry)
    }

    async fn resolve(
        &self,
        _: &ContextSelectionSet<'_>,
        _: &Positioned<Field>,
    ) -> ServerResult<Value> {
        Ok(Value::Enum(Name::new(self.0.text())))
    }
}

impl<E: TextEnum> InputType for Enumeration<E> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        E::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        describe::<E>(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let text = match value.unwrap_or_default() {
            Value::Enum(name) => name.to_string(),
            Value::String(text) => text,
            other => return Err(InputValueError::expected_type(other)),
        };
        let found = E::ALL.iter().copied().find(|value| value.text() == text);
        found
            .map(Self)
            .ok_or_else(|| InputValueError::custom(format!("{} has no value {text}", E::NAME)))
    }

    fn to_value(&self) -> Value {
        Value::Enum(Name::new(self.0.text()))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

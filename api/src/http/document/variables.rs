//! Variables between the two libraries: checked as JSON, executed as GraphQL values.

use apollo_compiler::response::serde_json_bytes::ByteString;
use apollo_compiler::response::{JsonMap, JsonValue};
use async_graphql::{Name, Value, Variables};

/// The same values as the executing library wants them.
pub(super) fn executable(values: &JsonMap) -> Variables {
    let fields = values.iter().map(|(name, value)| (Name::new(name.as_str()), graphql(value)));
    Variables::from_value(Value::Object(fields.collect()))
}

pub(super) fn graphql(value: &JsonValue) -> Value {
    match value {
        JsonValue::Null => Value::Null,
        JsonValue::Bool(flag) => Value::Boolean(*flag),
        JsonValue::Number(number) => Value::Number(number.clone()),
        JsonValue::String(text) => Value::String(text.as_str().to_owned()),
        JsonValue::Array(items) => Value::List(items.iter().map(graphql).collect()),
        JsonValue::Object(fields) => {
            let field = |(name, value): (&ByteString, &JsonValue)| {
                (Name::new(name.as_str()), graphql(value))
            };
            Value::Object(fields.iter().map(field).collect())
        }
    }
}

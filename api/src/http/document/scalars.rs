//! Variables against the scalars of our own: what a moment, an amount or a currency looks like, said
//! of the field where it stands. The executing library would say it of the type alone.

use apollo_compiler::Schema;
use apollo_compiler::ast::Type;
use apollo_compiler::executable::Operation;
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::schema::ExtendedType;

use super::variables::graphql;
use crate::graphql::error::Fault;
use crate::graphql::scalars;
use crate::http::rejection::Rejection;

/// Refuses the first value that isn't what its scalar says.
pub(super) fn check(
    schema: &Schema,
    operation: &Operation,
    values: &JsonMap,
) -> Result<(), Rejection> {
    operation.variables.iter().try_for_each(|variable| {
        let value = values.get(variable.name.as_str()).unwrap_or(&JsonValue::Null);
        within(schema, &format!("${}", variable.name), &variable.ty, value)
    })
}

/// As deep as the schema's inputs are, which the tests know.
fn within(schema: &Schema, path: &str, ty: &Type, value: &JsonValue) -> Result<(), Rejection> {
    match (value, schema.types.get(ty.inner_named_type())) {
        (JsonValue::Null, _) => Ok(()),
        (JsonValue::Array(items), _) => items.iter().enumerate().try_for_each(|(place, item)| {
            within(schema, &format!("{path}.{place}"), ty.item_type(), item)
        }),
        (JsonValue::Object(fields), Some(ExtendedType::InputObject(input))) => {
            fields.iter().try_for_each(|(name, value)| match input.fields.get(name.as_str()) {
                Some(field) => within(schema, &format!("{path}.{}", field.name), &field.ty, value),
                None => Ok(()),
            })
        }
        (value, Some(ExtendedType::Scalar(scalar))) => {
            match scalars::problem(&scalar.name, graphql(value)) {
                Some(problem) => {
                    Err(Rejection::new(Fault::BadUserInput, format!("{path}: {problem}")))
                }
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

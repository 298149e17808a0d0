//! What an operation costs, before it runs: every object one, a page as many times as it may hold,
//! a change as many as it names.
//!
//! Only bounded documents come here (`measure`), so a plain walk is cheap. Sums saturate.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast::Value;
use apollo_compiler::executable::{Field, Operation, OperationType, Selection, SelectionSet};
use apollo_compiler::response::{JsonMap, JsonValue};

use crate::http::limits::PAGE_DEFAULT;

/// What a list that isn't a page is taken to hold.
const LIST_LENGTH: u32 = 10;
/// What a change costs beside what it names.
const CHANGE_COST: u32 = 10;
/// So many bytes of a text that a change is given count like one thing that it names: a partner's record, of
/// some ten lines a kilobyte.
const TEXT_BYTES: usize = 1024;

/// The cost of an operation with these variables.
pub(crate) fn of(document: &ExecutableDocument, operation: &Operation, variables: &JsonMap) -> u32 {
    let walk = Walk { document, variables };
    let read = walk.set(&operation.selection_set, None);
    let change = match operation.operation_type {
        OperationType::Mutation => CHANGE_COST.saturating_add(walk.named(&operation.selection_set)),
        OperationType::Query | OperationType::Subscription => 0,
    };
    read.saturating_add(change).max(1)
}

struct Walk<'d> {
    document: &'d ExecutableDocument,
    variables: &'d JsonMap,
}

impl Walk<'_> {
    /// `page` is how many nodes the connection around may hold.
    fn set(&self, set: &SelectionSet, page: Option<u32>) -> u32 {
        set.selections.iter().fold(0, |sum, selection| {
            let cost = match selection {
                Selection::Field(field) => self.field(field, page),
                Selection::InlineFragment(inline) => self.set(&inline.selection_set, page),
                Selection::FragmentSpread(spread) => spread
                    .fragment_def(self.document)
                    .map_or(0, |fragment| self.set(&fragment.selection_set, page)),
            };
            sum.saturating_add(cost)
        })
    }

    fn field(&self, field: &Field, page: Option<u32>) -> u32 {
        if field.selection_set.is_empty() || field.name.starts_with("__") {
            return 0;
        }
        let is_connection = field.ty().inner_named_type().ends_with("Connection");
        let within = is_connection.then(|| self.page(field));
        let times = match (field.ty().is_list(), page) {
            (false, _) => 1,
            (true, Some(page)) => page,
            (true, None) => self.list(field),
        };
        times.saturating_mul(self.set(&field.selection_set, within).saturating_add(1))
    }

    /// How many nodes a connection is asked for.
    fn page(&self, field: &Field) -> u32 {
        ["first", "last"]
            .into_iter()
            .filter_map(|name| field.specified_argument_by_name(name))
            .find_map(|value| self.number(value))
            .unwrap_or_else(|| u32::try_from(PAGE_DEFAULT).unwrap_or(u32::MAX))
    }

    /// How long a plain list may be: as long as the longest list that was asked with.
    fn list(&self, field: &Field) -> u32 {
        let asked = field.arguments.iter().map(|argument| self.length(&argument.value));
        asked.max().filter(|length| *length > 0).unwrap_or(LIST_LENGTH)
    }

    /// How many things the arguments of the change name.
    fn named(&self, set: &SelectionSet) -> u32 {
        set.root_fields(self.document).flat_map(|field| &field.arguments).fold(
            0,
            |sum: u32, argument| {
                let value = &argument.value;
                sum.saturating_add(self.length(value)).saturating_add(self.text(value))
            },
        )
    }

    /// What the texts in an argument count, or directly in an object that is one.
    fn text(&self, value: &Value) -> u32 {
        match value {
            Value::String(text) => clamp(text.len() / TEXT_BYTES),
            Value::Object(fields) => {
                fields.iter().fold(0, |sum: u32, (_, value)| sum.saturating_add(self.text(value)))
            }
            Value::Variable(name) => self.variables.get(name.as_str()).map_or(0, given_text),
            _ => 0,
        }
    }

    fn number(&self, value: &Value) -> Option<u32> {
        match value {
            Value::Int(number) => number.try_to_i32().ok().and_then(|n| u32::try_from(n).ok()),
            Value::Variable(name) => self
                .variables
                .get(name.as_str())
                .and_then(|value| value.as_u64().and_then(|number| u32::try_from(number).ok())),
            _ => None,
        }
    }

    /// The length of the longest list in an argument, or directly in an object that is one.
    fn length(&self, value: &Value) -> u32 {
        match value {
            Value::List(items) => clamp(items.len()),
            Value::Object(fields) => {
                fields.iter().map(|(_, value)| self.length(value)).max().unwrap_or(0)
            }
            Value::Variable(name) => self.variables.get(name.as_str()).map_or(0, given_length),
            _ => 0,
        }
    }
}

fn given_length(value: &JsonValue) -> u32 {
    match value {
        JsonValue::Array(items) => clamp(items.len()),
        JsonValue::Object(fields) => fields
            .values()
            .filter_map(JsonValue::as_array)
            .map(|items| clamp(items.len()))
            .max()
            .unwrap_or(0),
        _ => 0,
    }
}

fn given_text(value: &JsonValue) -> u32 {
    match value {
        JsonValue::String(text) => clamp(text.as_str().len() / TEXT_BYTES),
        JsonValue::Object(fields) => {
            fields.iter().fold(0, |sum: u32, (_, value)| sum.saturating_add(given_text(value)))
        }
        _ => 0,
    }
}

fn clamp(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

//! What a client reads: the data made whole, every error with its code.
//!
//! The library leaves out the key of a field that failed and doesn't bubble errors through non-null
//! types. The pass here walks the answer beside the operation, whose fields know their types: it
//! puts `null` where an error stands, hands it up through what can't be null, and restores the order
//! that was asked for, since fields come in as they finish.

use std::collections::{BTreeMap, HashMap};

use apollo_compiler::ExecutableDocument;
use apollo_compiler::ast::Type;
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, PathSegment, Response, ServerError, Value};
use serde::Serialize;

use super::document::Prepared;
use super::rejection::Rejection;
use crate::graphql::error::{Fault, RETRY_AFTER};

/// What goes out, on every transport.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ServerError>,
    /// Absent when nothing ran, `null` when an error took it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: BTreeMap<&'static str, Value>,
    /// Objects in the data: what the call really cost.
    #[serde(skip)]
    objects: u32,
}

impl From<Rejection> for Answer {
    fn from(rejection: Rejection) -> Self {
        let errors = rejection.into_errors();
        Self { errors, data: None, extensions: BTreeMap::new(), objects: 0 }
    }
}

impl Answer {
    /// The answer to an operation that ran, under the request's id.
    pub(crate) fn of(prepared: &Prepared, response: Response, request_id: &str) -> Self {
        let mut errors = response.errors;
        errors.sort_by(|one, other| one.locations.cmp(&other.locations));
        let failed = Failed::tree(&errors);
        let mut whole = Whole { document: prepared.checked(), objects: 0 };
        let data = prepared
            .operation()
            .and_then(|operation| whole.root(&operation.selection_set, response.data, &failed));
        for error in &mut errors {
            finish(error, request_id);
        }
        Self {
            errors,
            data: Some(data.unwrap_or(Value::Null)),
            extensions: BTreeMap::new(),
            objects: whole.objects,
        }
    }

    /// How many objects came out.
    pub(crate) fn objects(&self) -> u32 {
        self.objects
    }

    /// The code of its first error, for the metrics.
    pub(crate) fn first_code(&self) -> Option<&str> {
        let extensions = self.errors.first()?.extensions.as_ref()?;
        match extensions.get("code")? {
            Value::String(code) => Some(code),
            _ => None,
        }
    }

    /// In how many seconds another try is worth it: the longest that any of its errors says.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        let seconds = |error: &ServerError| match error.extensions.as_ref()?.get(RETRY_AFTER)? {
            Value::Number(seconds) => seconds.as_u64(),
            _ => None,
        };
        self.errors.iter().filter_map(seconds).max()
    }

    /// Adds to `extensions`.
    pub(crate) fn extend(&mut self, name: &'static str, value: Value) {
        self.extensions.insert(name, value);
    }
}

/// An error without a code comes from the library and means that an argument couldn't be read. One
/// of ours tells the id to ask about.
fn finish(error: &mut ServerError, request_id: &str) {
    let extensions = error.extensions.get_or_insert_default();
    match extensions.get("code") {
        None => extensions.set("code", Fault::BadUserInput.code()),
        Some(Value::String(code)) if code == Fault::Internal.code() => {
            extensions.set("requestId", request_id);
        }
        Some(_) => {}
    }
}

/// Where errors stand, as a tree of response keys and list places.
#[derive(Debug, Default)]
struct Failed {
    is_here: bool,
    keys: HashMap<String, Failed>,
    places: HashMap<usize, Failed>,
}

impl Failed {
    fn tree(errors: &[ServerError]) -> Self {
        let mut root = Self::default();
        for error in errors {
            let leaf = error.path.iter().fold(&mut root, |at, step| match step {
                PathSegment::Field(key) => at.keys.entry(key.clone()).or_default(),
                PathSegment::Index(place) => at.places.entry(*place).or_default(),
            });
            leaf.is_here = true;
        }
        root
    }
}

/// A `null` that its field may not hold: the parent takes it.
struct Bubble;

struct Whole<'d> {
    document: &'d ExecutableDocument,
    objects: u32,
}

impl<'d> Whole<'d> {
    fn root(&mut self, set: &'d SelectionSet, data: Value, failed: &Failed) -> Option<Value> {
        if failed.is_here {
            return None;
        }
        let fields = match data {
            Value::Object(fields) => fields,
            // Nothing at all came back: every field failed, or all were skipped.
            _ => IndexMap::new(),
        };
        self.object(&[set], fields, failed).ok()
    }

    fn object(
        &mut self,
        sets: &[&'d SelectionSet],
        mut given: IndexMap<Name, Value>,
        failed: &Failed,
    ) -> Result<Value, Bubble> {
        self.objects = self.objects.saturating_add(1);
        let mut asked = IndexMap::new();
        for set in sets {
            self.collect(set, &mut asked);
        }
        let mut whole = IndexMap::with_capacity(given.len());
        for (key, fields) in asked {
            let Some(field) = fields.first() else { continue };
            let failed = failed.keys.get(key);
            let value = match (given.swap_remove(key), failed) {
                (Some(value), _) => self.value(field.ty(), value, &fields, failed)?,
                (None, Some(_)) if field.ty().is_non_null() => return Err(Bubble),
                (None, Some(_)) => Value::Null,
                // Skipped, or a field of another type than the object's.
                (None, None) => continue,
            };
            whole.insert(Name::new(key), value);
        }
        Ok(Value::Object(whole))
    }

    /// The fields of a selection set by response key, fragments expanded, in order.
    fn collect(&self, set: &'d SelectionSet, asked: &mut IndexMap<&'d str, Vec<&'d Field>>) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    asked.entry(field.response_key().as_str()).or_default().push(field);
                }
                Selection::InlineFragment(inline) => self.collect(&inline.selection_set, asked),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name) {
                        self.collect(&fragment.selection_set, asked);
                    }
                }
            }
        }
    }

    fn value(
        &mut self,
        ty: &Type,
        value: Value,
        fields: &[&'d Field],
        failed: Option<&Failed>,
    ) -> Result<Value, Bubble> {
        let whole = match value {
            Value::List(items) => self.list(ty, items, fields, failed),
            Value::Object(given) => self.composite(given, fields, failed),
            Value::Null if lost_all_fields(ty, fields, failed) => {
                self.composite(IndexMap::new(), fields, failed)
            }
            Value::Null => Err(Bubble),
            leaf => Ok(leaf),
        };
        match whole {
            Err(Bubble) if !ty.is_non_null() => Ok(Value::Null),
            whole => whole,
        }
    }

    fn composite(
        &mut self,
        given: IndexMap<Name, Value>,
        fields: &[&'d Field],
        failed: Option<&Failed>,
    ) -> Result<Value, Bubble> {
        let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
        // A scalar may be an object too; it is handed on as it is.
        if sets.iter().all(|set| set.is_empty()) {
            return Ok(Value::Object(given));
        }
        self.object(&sets, given, failed.unwrap_or(&Failed::default()))
    }

    fn list(
        &mut self,
        ty: &Type,
        items: Vec<Value>,
        fields: &[&'d Field],
        failed: Option<&Failed>,
    ) -> Result<Value, Bubble> {
        let item_type = ty.item_type();
        let items = items.into_iter().enumerate().map(|(place, item)| {
            let failed = failed.and_then(|failed| failed.places.get(&place));
            self.value(item_type, item, fields, failed)
        });
        items.collect::<Result<_, _>>().map(Value::List)
    }
}

/// The library shows an object of which nothing came as `null`. It was an object if errors stand
/// below it and none on it, or if it can't be null and no error stands there at all.
fn lost_all_fields(ty: &Type, fields: &[&Field], failed: Option<&Failed>) -> bool {
    let is_object = !ty.is_list() && fields.iter().any(|field| !field.selection_set.is_empty());
    is_object
        && match failed {
            Some(failed) => !failed.is_here && !failed.keys.is_empty(),
            None => ty.is_non_null(),
        }
}

#[cfg(test)]
mod tests;

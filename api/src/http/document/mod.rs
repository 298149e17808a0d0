//! From text to a document that may run: guarded, parsed, measured, validated, remembered.
//!
//! Every transport comes through here, so that no bomb finds another door. The library's parser
//! makes what is executed; `apollo-compiler` validates and coerces variables before a field runs,
//! which the library does too late and with holes. Documents are kept in a bounded cache.

pub(crate) mod cost;
mod measure;
mod scalars;
mod variables;

use std::sync::Arc;

use apollo_compiler::executable::Operation;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{self as apollo, introspection};
use async_graphql::Variables;
use async_graphql::parser::{self, types::ExecutableDocument};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use super::guard;
use super::rejection::Rejection;
use crate::graphql::error::Fault;

/// Bytes of memory for the documents that are kept: some hundreds of usual size.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;
/// Documents that are expected; only sizes the cache's tables.
const CACHE_ITEMS: usize = 1_024;
/// Parts of the cache, each with its lock and its share of the bytes. So few, whatever the number
/// of processors, that the longest document still fits into one: what doesn't is never kept.
const CACHE_SHARDS: usize = 4;
/// Bytes of memory that a byte of text becomes, in the two trees of it that are kept. Measured with
/// short fields, of which a text holds the most: 190.
const HEAP_PER_BYTE: u64 = 200;
/// Bytes of memory that even an empty document takes.
const HEAP_PER_DOCUMENT: u64 = 4 * 1024;

/// What an operation does, which decides who may send it how.
pub(crate) use apollo_compiler::ast::OperationType;
pub(crate) use apollo_compiler::response::JsonMap;

/// The documents that were seen, checked against one schema.
pub(crate) struct Documents {
    schema: Valid<apollo::Schema>,
    seen: Cache<Arc<str>, Arc<Document>, ByHeap>,
}

/// A document that may run.
pub(crate) struct Document {
    executable: ExecutableDocument,
    checked: Valid<apollo::ExecutableDocument>,
}

/// One operation of a document, with the variables it is to run with.
pub(crate) struct Prepared {
    document: Arc<Document>,
    name: Option<String>,
    variables: Valid<JsonMap>,
    cost: u32,
}

#[derive(Clone)]
struct ByHeap;

impl Weighter<Arc<str>, Arc<Document>> for ByHeap {
    fn weight(&self, text: &Arc<str>, _: &Arc<Document>) -> u64 {
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        bytes.saturating_mul(HEAP_PER_BYTE).saturating_add(HEAP_PER_DOCUMENT)
    }
}

fn cache() -> Result<Cache<Arc<str>, Arc<Document>, ByHeap>, String> {
    let options = OptionsBuilder::new()
        .estimated_items_capacity(CACHE_ITEMS)
        .weight_capacity(CACHE_BYTES)
        .shards(CACHE_SHARDS)
        .build()
        .map_err(|error| error.to_string())?;
    let (hashes, life) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
    Ok(Cache::with_options(options, ByHeap, hashes, life))
}

impl Documents {
    /// Reads the schema once. It is our own, so an error means a bug, which the tests catch.
    pub(crate) fn new(sdl: &str) -> Result<Self, String> {
        let schema = apollo::Schema::parse_and_validate(sdl, "schema.graphql")
            .map_err(|invalid| invalid.errors.to_string())?;
        Ok(Self { schema, seen: cache()? })
    }

    /// The document of this text, from the cache or from the beginning.
    pub(crate) fn read(&self, text: &str) -> Result<Arc<Document>, Rejection> {
        if let Some(known) = self.seen.get(text) {
            return Ok(known);
        }
        let document = Arc::new(self.check(text)?);
        self.seen.insert(text.into(), document.clone());
        Ok(document)
    }

    fn check(&self, text: &str) -> Result<Document, Rejection> {
        guard::check(text)?;
        let executable = parser::parse_query(text).map_err(|error| {
            let locations = error.positions().collect();
            Rejection::all(Fault::GraphqlParseFailed, [(unparsed(&error), locations)])
        })?;
        measure::check(&executable)?;
        let checked =
            apollo::ExecutableDocument::parse_and_validate(&self.schema, text, "document")
                .map_err(|invalid| invalid_document(&invalid.errors))?;
        for operation in checked.operations.iter() {
            introspection::check_max_depth(&checked, operation).map_err(|error| {
                Rejection::new(Fault::DocumentTooComplex, error.message().to_string())
            })?;
        }
        Ok(Document { executable, checked })
    }

    /// The named operation with its variables: everything is decided that can be before it runs.
    pub(crate) fn prepare(
        &self,
        document: Arc<Document>,
        name: Option<&str>,
        given: &JsonMap,
    ) -> Result<Prepared, Rejection> {
        let operation = document.operation(name)?;
        let coerced = apollo::request::coerce_variable_values(&self.schema, operation, given)
            .map_err(|error| Rejection::new(Fault::BadUserInput, error.message().to_string()))?;
        scalars::check(&self.schema, operation, &coerced)?;
        let cost = cost::of(&document.checked, operation, &coerced);
        let name = operation.name.as_ref().map(ToString::to_string);
        Ok(Prepared { document, name, variables: coerced, cost })
    }
}

impl Document {
    fn operation(&self, name: Option<&str>) -> Result<&Operation, Rejection> {
        // An empty name is how some clients say none.
        let name = name.filter(|name| !name.is_empty());
        self.checked.operations.get(name).map(|operation| &**operation).map_err(|_| {
            let message = match name {
                Some(name) => format!("the document has no operation named {name}"),
                None => "the document has several operations: operationName is needed".to_owned(),
            };
            Rejection::new(Fault::BadUserInput, message)
        })
    }

    /// What the named operation does.
    pub(crate) fn operation_type(&self, name: Option<&str>) -> Result<OperationType, Rejection> {
        self.operation(name).map(|operation| operation.operation_type)
    }

    /// Whether the named operation asks about the schema itself.
    pub(crate) fn introspects(&self, name: Option<&str>) -> Result<bool, Rejection> {
        let operation = self.operation(name)?;
        let asks = |name: &str| name == "__schema" || name == "__type";
        Ok(operation.root_fields(&self.checked).any(|field| asks(&field.name)))
    }
}

impl Prepared {
    /// What the operation costs, from what it asks for.
    pub(crate) fn cost(&self) -> u32 {
        self.cost
    }

    /// The request that the library executes.
    pub(crate) fn request(&self) -> async_graphql::Request {
        let mut request = async_graphql::Request::new(String::new());
        request.set_parsed_query(self.document.executable.clone());
        request.operation_name = self.name.clone();
        request.variables = self.variables();
        request
    }

    fn variables(&self) -> Variables {
        variables::executable(&self.variables)
    }

    /// The checked operation, which knows the types of its fields.
    pub(crate) fn operation(&self) -> Option<&Operation> {
        self.document.operation(self.name.as_deref()).ok()
    }

    /// The checked document that the operation stands in.
    pub(crate) fn checked(&self) -> &Valid<apollo::ExecutableDocument> {
        &self.document.checked
    }
}

/// What the parser missed, without the part of the document that it draws above that.
fn unparsed(error: &parser::Error) -> String {
    let shown = error.to_string();
    shown.rsplit_once("\n  = ").map_or(&*shown, |(_, missed)| missed).to_owned()
}

fn invalid_document(errors: &DiagnosticList) -> Rejection {
    let errors = errors.iter().map(|error| {
        let shown = error.to_json();
        let locations = shown
            .locations
            .iter()
            .map(|at| async_graphql::Pos { line: at.line, column: at.column });
        (shown.message.clone(), locations.collect())
    });
    Rejection::all(Fault::GraphqlValidationFailed, errors)
}

#[cfg(test)]
pub(crate) mod tests;

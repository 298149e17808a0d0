//! The document preparation as a whole, over the schema itself.

use super::*;
use crate::graphql;

/// What clients and tools send to learn the schema (graphql-js 16), fifteen fields deep.
pub(crate) const INTROSPECTION: &str = include_str!("introspection.graphql");

fn documents() -> Documents {
    Documents::new(&graphql::sdl()).unwrap()
}

fn prepare(text: &str, variables: serde_json::Value) -> Result<Prepared, Rejection> {
    let documents = documents();
    let document = documents.read(text)?;
    documents.prepare(document, None, &serde_json::from_value(variables).unwrap())
}

fn fault(text: &str) -> Option<Fault> {
    prepare(text, serde_json::json!({})).err().map(|rejection| rejection.fault())
}

#[test]
fn the_standard_introspection_query_passes() {
    assert_eq!(fault(INTROSPECTION), None);
}

#[test]
fn a_circular_introspection_query_does_not() {
    let circle = "{ __schema { types { fields { type { fields { type { fields { type { fields {
        name } } } } } } } } } }";
    assert_eq!(fault(circle), Some(Fault::DocumentTooComplex));
}

#[test]
fn each_kind_of_mistake_has_its_code() {
    assert_eq!(fault("{"), Some(Fault::GraphqlParseFailed));
    assert_eq!(fault("{ nothing }"), Some(Fault::GraphqlValidationFailed));
    assert_eq!(fault("query A { __typename } query B { __typename }"), Some(Fault::BadUserInput));
    let needed = "query A($name: String!) { __type(name: $name) { name } }";
    assert_eq!(fault(needed), Some(Fault::BadUserInput));
}

#[test]
fn answers_to_wrong_documents_stay_short() {
    let wrong = format!("{{ {} {} }}", "a".repeat(2_000), "b c d e f g h i j k l m n o p");
    let errors = documents().read(&wrong).err().unwrap().into_errors();
    assert_eq!(errors.len(), 10);
    assert!(errors.iter().all(|error| error.message.chars().count() <= 501));
    let errors = documents().read("query secret {\n").err().unwrap().into_errors();
    let message = &errors[0].message;
    assert!(message.starts_with("expected") && !message.contains("secret"), "{message}");
    assert_eq!(errors[0].locations.len(), 1);
}

#[test]
fn a_wrong_variable_is_refused_before_anything_runs() {
    let query = "query A($name: String!) { __type(name: $name) { name } }";
    assert!(prepare(query, serde_json::json!({ "name": "Query" })).is_ok());
    for wrong in [serde_json::json!({ "name": 7 }), serde_json::json!({ "name": null })] {
        let rejection = prepare(query, wrong).err().unwrap();
        assert_eq!(rejection.fault(), Fault::BadUserInput);
    }
}

#[test]
fn a_document_is_read_once() {
    let documents = documents();
    let first = documents.read("{ __typename }").unwrap();
    assert!(Arc::ptr_eq(&first, &documents.read("{ __typename }").unwrap()));
    assert!(!Arc::ptr_eq(&first, &documents.read("{  __typename }").unwrap()));
}

/// A document of so many bytes.
fn of_length(bytes: usize, name: usize) -> String {
    let mut text = format!("query a{name} {{ __typename }}");
    text.extend(std::iter::repeat_n(' ', bytes - text.len()));
    text
}

#[test]
fn the_longest_document_is_kept() {
    let documents = documents();
    let longest = of_length(crate::http::limits::DOCUMENT_BYTES_MAX, 0);
    let first = documents.read(&longest).unwrap();
    assert!(Arc::ptr_eq(&first, &documents.read(&longest).unwrap()));
}

#[test]
fn documents_are_kept_by_the_memory_they_take() {
    let documents = documents();
    for name in 0..100 {
        documents.read(&of_length(15_000, name)).unwrap();
    }
    // Three megabytes each, by the estimate.
    assert!((1..=22).contains(&documents.seen.len()), "{}", documents.seen.len());
    assert!(documents.seen.weight() <= CACHE_BYTES);
}

#[test]
fn introspection_is_seen_through_fragments() {
    let documents = documents();
    let asks = |text: &str| documents.read(text).unwrap().introspects(None).unwrap();
    assert!(asks("{ ...f } fragment f on Query { __schema { description } }"));
    assert!(!asks("{ __typename }"));
}

#[test]
fn objects_cost_one_each() {
    let cost = |text| prepare(text, serde_json::json!({})).unwrap().cost();
    assert_eq!(cost("{ __typename }"), 1);
    assert_eq!(cost("{ limits { depthMax } }"), 1);
    assert_eq!(cost("{ a: limits { depthMax } b: limits { depthMax } }"), 2);
}

#[test]
fn a_long_text_costs_a_change_by_the_kilobyte() {
    let document = "mutation($input: ReconcileInput!) { reconcile(input: $input) { isReplayed } }";
    let cost = |kilobytes: usize| {
        let (from, until) = ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z");
        let csv = "x".repeat(kilobytes * 1024);
        let input = serde_json::json!({ "from": from, "until": until, "csv": csv,
            "idempotencyKey": "k" });
        prepare(document, serde_json::json!({ "input": input })).unwrap().cost()
    };
    assert_eq!(cost(300) - cost(0), 300);
}

//! The pass over answers, on a schema whose fields fail on demand.

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use serde_json::json;

use super::*;
use crate::graphql::error::Result;
use crate::http::document::Documents;

struct Probe;

struct Broken;

fn fails<T>() -> Result<T> {
    Err(service::Error::internal("probe").into())
}

#[Object]
impl Broken {
    async fn name(&self) -> &str {
        "ok"
    }

    async fn maybe(&self) -> Option<Result<i32>> {
        Some(fails())
    }

    async fn surely(&self) -> Result<i32> {
        fails()
    }

    async fn itself(&self) -> Broken {
        Broken
    }

    async fn slow(&self) -> i32 {
        tokio::task::yield_now().await;
        1
    }
}

#[Object]
impl Probe {
    async fn nullable(&self) -> Option<Broken> {
        Some(Broken)
    }

    async fn absent(&self) -> Option<Broken> {
        None
    }

    async fn surely(&self) -> Broken {
        Broken
    }

    async fn holes(&self) -> Vec<Option<Broken>> {
        vec![Some(Broken), None]
    }

    async fn list(&self) -> Option<Vec<Broken>> {
        Some(vec![Broken, Broken])
    }

    async fn items(&self) -> Option<Vec<Result<i32>>> {
        Some(vec![Ok(1), fails()])
    }
}

async fn answered(query: &str) -> Answer {
    let schema = Schema::new(Probe, EmptyMutation, EmptySubscription);
    let documents = Documents::new(&schema.sdl()).unwrap();
    let document = documents.read(query).unwrap();
    let prepared = documents.prepare(document, None, &Default::default()).unwrap();
    let response = schema.execute(prepared.request()).await;
    Answer::of(&prepared, response, "req-1")
}

async fn answer(query: &str) -> serde_json::Value {
    serde_json::to_value(answered(query).await).unwrap()
}

async fn data(query: &str) -> serde_json::Value {
    answer(query).await.get("data").cloned().unwrap()
}

#[tokio::test]
async fn a_failing_field_is_null_where_it_may_be() {
    let shown = data("{ surely { name maybe } }").await;
    assert_eq!(shown, json!({ "surely": { "name": "ok", "maybe": null } }));
}

#[tokio::test]
async fn an_object_of_failing_fields_stays_an_object() {
    assert_eq!(data("{ nullable { maybe } }").await, json!({ "nullable": { "maybe": null } }));
    assert_eq!(data("{ surely { maybe } }").await, json!({ "surely": { "maybe": null } }));
}

#[tokio::test]
async fn an_error_bubbles_to_what_may_be_null() {
    assert_eq!(data("{ nullable { name surely } }").await, json!({ "nullable": null }));
    assert_eq!(data("{ nullable { itself { surely } } }").await, json!({ "nullable": null }));
    assert_eq!(data("{ surely { name itself { surely } } }").await, json!(null));
}

#[tokio::test]
async fn an_error_in_a_list_takes_the_item_or_the_list() {
    assert_eq!(data("{ holes { surely } }").await, json!({ "holes": [null, null] }));
    assert_eq!(data("{ list { surely } }").await, json!({ "list": null }));
    assert_eq!(data("{ items }").await, json!({ "items": null }));
}

#[tokio::test]
async fn what_is_merely_absent_stays_so() {
    assert_eq!(data("{ absent { name } }").await, json!({ "absent": null }));
    assert_eq!(data("{ surely { name @skip(if: true) } }").await, json!({ "surely": {} }));
    let other = "{ surely { name ... on Broken @include(if: false) { surely } } }";
    assert_eq!(data(other).await, json!({ "surely": { "name": "ok" } }));
}

#[tokio::test]
async fn fields_come_in_the_order_they_were_asked_for() {
    let asked = "{ surely { slow name ...f } } fragment f on Broken { again: name slow }";
    let text = serde_json::to_string(&answered(asked).await).unwrap();
    assert_eq!(text, r#"{"data":{"surely":{"slow":1,"name":"ok","again":"ok"}}}"#);
}

#[tokio::test]
async fn our_own_faults_show_a_code_and_the_request_s_id() {
    let shown = answer("{ surely { surely } }").await;
    let expected = json!({ "code": "INTERNAL", "requestId": "req-1" });
    assert_eq!(shown["errors"][0]["extensions"], expected);
    assert_eq!(shown["errors"][0]["message"], "something went wrong on our side");
    assert_eq!(shown["errors"][0]["path"], json!(["surely", "surely"]));
}

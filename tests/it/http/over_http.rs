//! GraphQL over HTTP, beyond what the public audit checks.

use api::http::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use super::{RESPONSE, Served, is, verdict};

#[tokio::test]
async fn a_query_is_answered_with_its_cost() {
    let served = Served::new().await;
    let response = served.ask(json!({ "query": "{ limits { depthMax } }" })).await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "application/graphql-response+json; charset=utf-8"
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["data"], json!({ "limits": { "depthMax": 15 } }));
    assert_eq!(body["extensions"]["cost"]["requestedQueryCost"], 1);
    assert_eq!(body["extensions"]["cost"]["actualQueryCost"], 1);
}

#[tokio::test]
async fn what_never_ran_has_no_data() {
    let served = Served::new().await;
    for (document, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A($name: String!) { __type(name: $name) { name } }", "BAD_USER_INPUT"),
    ] {
        let response = served.ask(json!({ "query": document })).await;
        assert_eq!(response.status(), 400);
        let body: Value = response.json().await.unwrap();
        assert!(body.get("data").is_none(), "{body}");
        assert_eq!(body["errors"][0]["extensions"]["code"], code);
    }
}

#[tokio::test]
async fn a_get_names_its_operation() {
    let served = Served::new().await;
    let query =
        [("query", "query A { a: __typename } query B { b: __typename }"), ("operationName", "B")];
    let response = served.get("/graphql").query(&query).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["data"], json!({ "b": "Query" }));
}

#[tokio::test]
async fn questions_come_by_get_or_post() {
    let served = Served::new().await;
    let response = served.client.put(served.url("/graphql")).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET, POST");
}

#[tokio::test]
async fn a_mutation_is_never_sent_by_get() {
    let served = Served::new().await;
    let query = "mutation { updateProgramme(input: { expectedVersion: 1 }) { programme { id } } }";
    let response = served.get("/graphql").query(&[("query", query)]).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST");
}

#[tokio::test]
async fn a_form_of_another_site_gets_nowhere() {
    let served = Served::new().await;
    let body = r#"{"query":"mutation { __typename }"}"#;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = served.post("/graphql").header("content-type", content_type).body(body);
        assert_eq!(request.send().await.unwrap().status(), 415, "{content_type}");
    }
}

#[tokio::test]
async fn questions_come_one_at_a_time() {
    let served = Served::new().await;
    let batch = json!([{ "query": "{ __typename }" }, { "query": "{ __typename }" }]);
    assert_eq!(verdict(served.ask(batch).await).await, is(400, "BAD_USER_INPUT"));
    // As positions of a struct this would read as a question.
    assert_eq!(served.ask(json!(["{ __typename }", null, null, null])).await.status(), 400);
}

#[tokio::test]
async fn an_answer_that_nobody_can_read_is_not_written() {
    let served = Served::new().await;
    let request = served.post("/graphql").header("accept", "text/html");
    let response = request.json(&json!({ "query": "{ __typename }" })).send().await.unwrap();
    assert_eq!(response.status(), 406);
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_refused() {
    let served = Served::new().await;
    for value in ["Bearer rubbish", "Basic YTpi", "Bearer"] {
        let request = served.post("/graphql").header("authorization", value);
        let response = request.json(&json!({ "query": "{ __typename }" })).send().await.unwrap();
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(verdict(response).await, is(401, "UNAUTHENTICATED"), "{value}");
    }
}

#[tokio::test]
async fn a_document_asked_for_by_hash_is_to_be_sent_in_full() {
    let served = Served::new().await;
    let hash = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "00" } } });
    assert_eq!(verdict(served.ask(hash).await).await, is(400, "PERSISTED_QUERY_NOT_FOUND"));
}

#[tokio::test]
async fn every_answer_carries_its_id_and_protects_the_browser() {
    let served = Served::new().await;
    let request = served.get("/graphql").query(&[("query", "{ __typename }")]);
    let response =
        request.header("accept", RESPONSE).header("x-request-id", "till-7").send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "till-7");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(response.headers()["x-frame-options"], "DENY");
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"));
    let other = served.get("/nowhere").send().await.unwrap();
    assert_eq!(other.status(), 404);
    assert_eq!(other.headers()["x-request-id"].len(), 36);
}

/// What the gateway tells a browser that asks whether this page may ask.
async fn allowed_origin(served: &Served, origin: &str) -> Option<String> {
    let request = served.client.request(Method::OPTIONS, served.url("/graphql"));
    let request = request.header("Origin", origin).header("Access-Control-Request-Method", "POST");
    let answer = request.header("Access-Control-Request-Headers", "authorization").send().await;
    let allowed = answer.unwrap().headers().get("access-control-allow-origin").cloned();
    allowed.map(|origin| origin.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn in_production_the_pages_that_are_named_may_ask_and_no_others() {
    let mut settings = Settings::production();
    settings.allowed_origins = vec!["https://app.example".parse().unwrap()];
    let served = Served::with(settings).await;
    assert_eq!(
        allowed_origin(&served, "https://app.example").await.unwrap(),
        "https://app.example"
    );
    assert_eq!(allowed_origin(&served, "https://evil.example").await, None);
    let at_a_desk = Served::new().await;
    assert_eq!(allowed_origin(&at_a_desk, "http://localhost:5173").await.unwrap(), "*");
}

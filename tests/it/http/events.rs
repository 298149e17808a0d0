//! Server-sent events on `/graphql`: frames as browsers need them.

use serde_json::{Value, json};

use super::{Served, is, verdict};

#[tokio::test]
async fn a_query_as_events_is_one_answer_and_an_end_with_data() {
    let served = Served::new().await;
    let request = served.post("/graphql").header("accept", "text/event-stream");
    let response =
        request.json(&json!({ "query": "{ limits { depthMax } }" })).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let text = response.text().await.unwrap();
    let (next, complete) = text.split_once("\n\n").unwrap();
    let data = next.strip_prefix("event: next\ndata: ").unwrap();
    let answer: Value = serde_json::from_str(data).unwrap();
    assert_eq!(answer["data"]["limits"]["depthMax"], 15);
    assert_eq!(complete, "event: complete\ndata: \n\n");
}

#[tokio::test]
async fn a_browser_asks_by_get() {
    let served = Served::new().await;
    let request = served.get("/graphql").query(&[("query", "{ __typename }")]);
    let response = request.header("accept", "text/event-stream").send().await.unwrap();
    assert!(response.text().await.unwrap().ends_with("event: complete\ndata: \n\n"));
}

#[tokio::test]
async fn what_cannot_run_is_refused_before_the_stream_begins() {
    let served = Served::new().await;
    let request = served.post("/graphql").header("accept", "text/event-stream");
    let response = request.json(&json!({ "query": "{ nothing }" })).send().await.unwrap();
    assert_eq!(verdict(response).await, is(400, "GRAPHQL_VALIDATION_FAILED"));
}

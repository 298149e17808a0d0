//! What is refused before it can do harm, on the way in that everyone takes.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use api::http::Settings;
use chrono::TimeDelta;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{RESPONSE, Served, is, verdict};

#[tokio::test]
async fn a_fragment_bomb_is_refused_at_once() {
    let served = Served::new().await;
    let mut bomb = "{ ...f0 }".to_owned();
    for step in 0..30 {
        write!(bomb, "fragment f{step} on Query{{...f{0} ...f{0}}}", step + 1).unwrap();
    }
    bomb.push_str("fragment f30 on Query{limits{depthMax}}");
    let begun = Instant::now();
    assert_eq!(served.verdict(&bomb).await, is(400, "DOCUMENT_TOO_COMPLEX"));
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn nested_literals_leave_the_process_alive() {
    let served = Served::new().await;
    for bracket in ["[", "{a:"] {
        let nested = format!("{{ __type(name: {}", bracket.repeat(2_700));
        assert_eq!(served.verdict(&nested).await, is(400, "DOCUMENT_TOO_COMPLEX"));
    }
    assert_eq!(served.verdict("{ __typename }").await, is(200, "OK"));
}

#[tokio::test]
async fn the_same_bombs_are_refused_by_get() {
    let served = Served::new().await;
    let nested = format!("{{ __type(name: {}", "[".repeat(2_700));
    let request = served.get("/graphql").query(&[("query", nested)]).header("accept", RESPONSE);
    assert_eq!(verdict(request.send().await.unwrap()).await, is(400, "DOCUMENT_TOO_COMPLEX"));
}

#[tokio::test]
async fn bodies_end() {
    let served = Served::new().await;
    let token = served.token(TimeDelta::minutes(1)).await;
    let body = |bytes: usize| format!("{{\"query\":\"{{ __typename }}\"{}}}", " ".repeat(bytes));
    let send = async |path: &str, bytes: usize| {
        let request =
            served.post(path).header("content-type", "application/json").body(body(bytes));
        request.bearer_auth(&token).send().await.unwrap().status().as_u16()
    };
    assert_eq!(send("/graphql", 200 * 1024).await, 200);
    assert_eq!(send("/graphql", 257 * 1024).await, 413);
    assert_eq!(send("/graphql/batch", 257 * 1024).await, 200);
    assert_eq!(send("/graphql/batch", 5 * 1024 * 1024).await, 413);
    assert_eq!(served.get("/graphql/batch").send().await.unwrap().status(), 405);
}

/// A body that holds so many objects.
fn objects(count: usize) -> String {
    let objects = vec![r#"{"":0}"#; count].join(",");
    format!(r#"{{"query":"{{ __typename }}","variables":{{"a":[{objects}]}}}}"#)
}

#[tokio::test]
async fn bodies_hold_so_many_values() {
    let served = Served::new().await;
    let token = served.token(TimeDelta::minutes(1)).await;
    let send = async |path: &str, count: usize| {
        let request = served.post(path).header("content-type", "application/json");
        let response = request.header("accept", RESPONSE).bearer_auth(&token).body(objects(count));
        verdict(response.send().await.unwrap()).await
    };
    assert_eq!(send("/graphql", 9_000).await, is(200, "OK"));
    assert_eq!(send("/graphql", 11_000).await, is(400, "BAD_USER_INPUT"));
    assert_eq!(send("/graphql/batch", 11_000).await, is(200, "OK"));
    assert_eq!(send("/graphql/batch", 160_000).await, is(400, "BAD_USER_INPUT"));
}

/// The beginning of a batch whose body doesn't come, and the answer to it, if any comes.
async fn begin_batch(served: &Served, authorization: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&served.address).await.unwrap();
    let head = format!(
        "POST /graphql/batch HTTP/1.1\r\nHost: a\r\n{authorization}\
         Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_batch_without_a_token_is_refused_unread() {
    let served = Served::new().await;
    let mut stream = begin_batch(&served, "").await;
    let mut answer = [0; 12];
    let read = stream.read_exact(&mut answer);
    tokio::time::timeout(Duration::from_secs(5), read).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
}

#[tokio::test]
async fn batches_are_read_a_few_at_a_time() {
    let served = Served::new().await;
    let token = served.token(TimeDelta::minutes(1)).await;
    let send = async || {
        let request = served.post("/graphql/batch").header("accept", RESPONSE).bearer_auth(&token);
        request.json(&json!({ "query": "{ __typename }" })).send().await.unwrap()
    };
    let mut slow = Vec::new();
    for _ in 0..4 {
        slow.push(begin_batch(&served, &format!("Authorization: Bearer {token}\r\n")).await);
    }
    // They are let in soon, though nothing tells when.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let response = send().await;
    assert!(["1", "2"].contains(&response.headers()["retry-after"].to_str().unwrap()));
    assert_eq!(verdict(response).await, is(503, "OVERLOADED"));
    drop(slow);
    assert_eq!(verdict(send().await).await, is(200, "OK"));
}

#[tokio::test]
async fn variables_nested_without_end_are_refused() {
    let served = Served::new().await;
    let nested = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let body = format!("{{\"query\":\"{{ __typename }}\",\"variables\":{{\"a\":{nested}}}}}");
    let request = served.post("/graphql").header("content-type", "application/json").body(body);
    assert_eq!(request.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_client_has_its_share() {
    let mut settings = Settings::development();
    settings.cost = service::hot::Bucket { capacity: 3, leak_per_second: 1 };
    let served = Served::with(settings).await;
    for _ in 0..3 {
        assert_eq!(served.verdict("{ limits { depthMax } }").await, is(200, "OK"));
    }
    let response = served.ask(json!({ "query": "{ limits { depthMax } }" })).await;
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(verdict(response).await, is(429, "THROTTLED"));
}

#[tokio::test]
async fn introspection_is_for_everyone_only_in_development() {
    let schema = "{ __schema { queryType { name } } }";
    let open = Served::new().await;
    assert_eq!(open.verdict(schema).await, is(200, "OK"));
    let closed = Served::with(Settings::production()).await;
    assert_eq!(closed.verdict(schema).await, is(400, "GRAPHQL_VALIDATION_FAILED"));
    assert_eq!(closed.verdict("{ __typename }").await, is(200, "OK"));
    let token = closed.token(TimeDelta::minutes(1)).await;
    let request = closed.post("/graphql").bearer_auth(token).header("accept", RESPONSE);
    let response = request.json(&json!({ "query": schema })).send().await.unwrap();
    assert_eq!(verdict(response).await, is(200, "OK"));
}

#[tokio::test]
async fn mistakes_suggest_nothing() {
    let served = Served::new().await;
    let response = served.ask(json!({ "query": "{ limit { depthMax } }" })).await;
    let text = response.text().await.unwrap();
    assert!(!text.contains("limits") && !text.to_lowercase().contains("did you mean"), "{text}");
}

#[tokio::test]
async fn a_connection_whose_headers_do_not_come_is_dropped() {
    let mut settings = Settings::development();
    settings.header_timeout = Duration::from_millis(100);
    let served = Served::with(settings).await;
    let beginnings = ["POST /graphql HTTP/1.1\r\nHost: a\r\n", "", "P", "PRI * HTTP/2.0\r\n"];
    for beginning in beginnings {
        let mut stream = TcpStream::connect(&served.address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        // Closed in either way: with what it sent unread, a reset is one.
        let _ = tokio::time::timeout(Duration::from_secs(5), read).await.unwrap();
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{beginning}");
    }
}

#[tokio::test]
async fn a_greeting_may_come_in_pieces() {
    let served = Served::new().await;
    let greeting = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    for (first, rest) in [greeting.split_at(1), greeting.split_at(20)] {
        let mut stream = TcpStream::connect(&served.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(first).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(rest).await.unwrap();
        // The server's own settings come first: their type stands behind the length.
        let mut frame = [0; 4];
        let read = stream.read_exact(&mut frame);
        tokio::time::timeout(Duration::from_secs(5), read).await.unwrap().unwrap();
        assert_eq!(frame[3], 4);
    }
}

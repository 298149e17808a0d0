//! Memory for requests is bounded: bodies that don't fit are refused unread, answers that nobody takes
//! are given up, and whoever asks for little is served meanwhile.

use std::time::{Duration, Instant};

use api::http::{Settings, share};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{RESPONSE, Served, is, verdict};

const CONNECTIONS: usize = 200;
const BODY_BYTES: usize = 200 * 1024;

fn small() -> Settings {
    Settings {
        memory_bytes: 4 * 1024 * 1024,
        write_timeout: Duration::from_millis(500),
        cost: share(1_000_000_000),
        ..Settings::development()
    }
}

/// The beginning of a request whose body doesn't come.
async fn begin(served: &Served) -> TcpStream {
    let mut stream = TcpStream::connect(&served.address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Content-Length: {BODY_BYTES}\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// What is answered so far.
async fn answer(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_millis(20), stream.read(&mut answer)).await;
    answer.truncate(read.map_or(0, Result::unwrap));
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused_unread() {
    let served = Served::with(small()).await;
    let mut slow = Vec::new();
    for _ in 0..CONNECTIONS {
        slow.push(begin(&served).await);
    }
    // Those that don't fit are given a second to finish.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (mut refused, mut waits) = (0, 0);
    for stream in &mut slow {
        let answer = answer(stream).await;
        if answer.is_empty() {
            waits += 1;
            continue;
        }
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("OVERLOADED"), "{answer}");
        assert!(answer.contains("\r\nretry-after: "), "{answer}");
        refused += 1;
    }
    // A body of 200 KiB and what a request takes anyway, in the quarter of 4 MiB that is for strangers.
    assert_eq!((refused, waits), (CONNECTIONS - 4, 4));
    // There is enough left for a small one.
    assert_eq!(served.verdict("{ __typename }").await, is(200, "OK"));
    assert_eq!(served.get("/health/live").send().await.unwrap().status(), 200);

    drop(slow);
    let large = json!({ "query": "{ __typename }", "variables": { "a": "a".repeat(BODY_BYTES) } });
    loop {
        let request = served.post("/graphql").header("accept", RESPONSE).json(&large);
        match verdict(request.send().await.unwrap()).await {
            (503, _) => tokio::time::sleep(Duration::from_millis(20)).await,
            answered => break assert_eq!(answered, is(200, "OK")),
        }
    }
}

#[tokio::test]
async fn answers_that_nobody_takes_are_given_up() {
    let served = Served::with(small()).await;
    let schema = include_str!("../../../api/src/http/document/introspection.graphql");
    let body = json!({ "query": schema }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(&served.address).await.unwrap();
    let begun = Instant::now();
    // More and more questions, until the connection is no more.
    let given_up = async {
        while stream.write_all(request.as_bytes()).await.is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(20));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), given_up).await.expect("it waits for ever");
    assert_eq!(served.verdict("{ __typename }").await, is(200, "OK"));
}

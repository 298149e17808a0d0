//! The graphql-transport-ws protocol, message by message, with the codes that close a socket.

use std::time::Duration;

use api::http::Settings;
use chrono::TimeDelta;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use super::Served;
use crate::support::socket::Socket;

#[tokio::test]
async fn an_operation_is_answered_and_completed() {
    let served = Served::new().await;
    let mut socket = Socket::welcome(&served.address, None).await;
    socket.subscribe("one", "{ limits { depthMax } }").await;
    let next = socket.hear().await;
    assert_eq!((&next["type"], &next["id"]), (&json!("next"), &json!("one")));
    assert_eq!(next["payload"]["data"], json!({ "limits": { "depthMax": 15 } }));
    assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "one" }));
    // The name is free again.
    socket.subscribe("one", "{ __typename }").await;
    assert_eq!(socket.hear().await["type"], "next");
}

#[tokio::test]
async fn a_ping_is_answered_before_and_after_the_welcome() {
    let served = Served::new().await;
    let mut socket = Socket::open(&served.address).await;
    socket.say(json!({ "type": "ping", "payload": { "at": 7 } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
    socket.say(json!({ "type": "pong" })).await;
    socket.say(json!({ "type": "connection_init", "payload": {} })).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
}

#[tokio::test]
async fn what_cannot_run_is_an_error_of_that_operation() {
    let served = Served::new().await;
    let mut socket = Socket::welcome(&served.address, None).await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (&format!("{{ __type(name: {}", "[".repeat(2_700)), "DOCUMENT_TOO_COMPLEX"),
    ] {
        socket.subscribe("bad", query).await;
        let error = socket.hear().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("bad")));
        assert_eq!(error["payload"][0]["extensions"]["code"], code);
    }
}

#[tokio::test]
async fn another_protocol_is_not_acceptable() {
    let served = Served::new().await;
    let mut socket = Socket::speaking(&served.address, None).await;
    assert_eq!(socket.closed().await, (4406, "Subprotocol not acceptable".to_owned()));
}

#[tokio::test]
async fn what_means_nothing_closes_the_socket() {
    let served = Served::new().await;
    for nonsense in [
        Message::text("not json"),
        Message::text(r#"{"type":"unknown"}"#),
        Message::text(r#"{"type":"subscribe","payload":{"query":"{ __typename }"}}"#),
        Message::text(r#"{"type":"subscribe","id":"","payload":{"query":"{ __typename }"}}"#),
        Message::text(r#"{"type":"subscribe","id":"a","payload":{}}"#),
        Message::text(r#"{"type":"connection_init","payload":7}"#),
        Message::binary(vec![1]),
    ] {
        let mut socket = Socket::welcome(&served.address, None).await;
        socket.send(nonsense.clone()).await;
        assert_eq!(socket.closed().await.0, 4400, "{nonsense}");
    }
}

#[tokio::test]
async fn nothing_runs_before_the_welcome() {
    let served = Served::new().await;
    let mut socket = Socket::open(&served.address).await;
    socket.subscribe("one", "{ __typename }").await;
    assert_eq!(socket.closed().await, (4401, "Unauthorized".to_owned()));
}

#[tokio::test]
async fn a_token_that_does_not_hold_closes_the_socket() {
    let served = Served::new().await;
    for field in ["authorization", "Authorization"] {
        let mut socket = Socket::open(&served.address).await;
        let payload = json!({ field: "Bearer rubbish" });
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.closed().await.0, 4401);
    }
}

#[tokio::test]
async fn who_never_introduces_itself_is_shown_out() {
    let mut settings = Settings::development();
    settings.init_timeout = Duration::from_millis(50);
    let served = Served::with(settings).await;
    let mut socket = Socket::open(&served.address).await;
    assert_eq!(socket.closed().await, (4408, "Connection initialisation timeout".to_owned()));
}

#[tokio::test]
async fn a_frame_that_claims_too_much_is_not_waited_for() {
    let mut settings = Settings::development();
    settings.init_timeout = Duration::from_secs(60);
    let served = Served::with(settings).await;
    let mut stream = TcpStream::connect(&served.address).await.unwrap();
    let upgrade = "GET /graphql/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";
    stream.write_all(upgrade.as_bytes()).await.unwrap();
    // A masked text frame whose length takes eight bytes: 1 MiB, of which nothing comes.
    stream.write_all(&[0x81, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    // Closed in either way: with what it sent unread, a reset is one.
    let _ = tokio::time::timeout(Duration::from_secs(5), read).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 101"));
}

#[tokio::test]
async fn a_socket_that_answers_no_ping_is_dropped() {
    let mut settings = Settings::development();
    settings.ping_interval = Duration::from_millis(200);
    let served = Served::with(settings).await;
    // Pings are answered only while the client listens.
    let mut deaf = Socket::welcome(&served.address, None).await;
    let mut alive = Socket::welcome(&served.address, None).await;
    let silence = tokio::time::timeout(Duration::from_secs(2), alive.hear()).await;
    assert!(silence.is_err(), "it is still open");
    let end = async { while let Some(Ok(_)) = deaf.0.next().await {} };
    // What it does now comes too late.
    tokio::time::timeout(Duration::from_millis(300), end).await.unwrap();
}

#[tokio::test]
async fn a_socket_counts_as_a_connection() {
    let mut settings = Settings::development();
    settings.connections_max = 1;
    let served = Served::with(settings).await;
    let socket = Socket::welcome(&served.address, None).await;
    let other = async || {
        let request = served.get("/health/live").timeout(Duration::from_secs(1));
        request.send().await.is_ok()
    };
    assert!(!other().await);
    drop(socket);
    assert!(other().await);
}

#[tokio::test]
async fn one_introduction_is_enough() {
    let served = Served::new().await;
    let mut socket = Socket::welcome(&served.address, None).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await, (4429, "Too many initialisation requests".to_owned()));
}

#[tokio::test]
async fn a_gateway_that_stops_says_goodbye() {
    let served = Served::new().await;
    let mut socket = Socket::welcome(&served.address, None).await;
    let (closed, ()) = tokio::join!(socket.closed(), served.stop());
    assert_eq!(closed.0, 1001);
}

#[tokio::test]
async fn a_token_that_ends_closes_the_socket() {
    let served = Served::new().await;
    let token = served.token(TimeDelta::seconds(2)).await;
    let mut socket = Socket::welcome(&served.address, Some(&token)).await;
    assert_eq!(socket.closed().await, (4401, "Token expired".to_owned()));
}

#[tokio::test]
async fn a_socket_runs_so_many_operations() {
    let served = Served::new().await;
    let mut socket = Socket::welcome(&served.address, None).await;
    // Sent in one go, so that many are open at a time.
    for id in 0..200 {
        let message = json!({ "type": "subscribe", "id": id.to_string(),
            "payload": { "query": "{ limits { depthMax } }" } });
        socket.0.feed(Message::text(message.to_string())).await.unwrap();
    }
    socket.0.flush().await.unwrap();
    let mut throttled = 0;
    for _ in 0..200 {
        let heard = socket.hear().await;
        let code = &heard["payload"][0]["extensions"]["code"];
        throttled += usize::from(code == "THROTTLED");
    }
    assert!(throttled > 0);
}

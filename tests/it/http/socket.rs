//! The graphql-transport-ws protocol, message by message, with the codes that close a socket.

use std::time::Duration;

use api::http::Settings;
use chrono::TimeDelta;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::Served;

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(served: &Served) -> Self {
        Self::speaking(served, Some("graphql-transport-ws")).await
    }

    async fn speaking(served: &Served, protocol: Option<&str>) -> Self {
        let url = format!("ws://{}/graphql/ws", served.address);
        let mut request = url.into_client_request().unwrap();
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        // A server that takes none of the protocols opens the socket only to say so.
        match connect_async(request).await {
            Ok((stream, _)) => Self(stream),
            Err(error) => panic!("{error}"),
        }
    }

    /// A socket that has introduced itself.
    async fn welcome(served: &Served) -> Self {
        let mut socket = Self::open(served).await;
        socket.say(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await;
    }

    async fn frame(&mut self) -> Message {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(5), self.0.next());
            match next.await.unwrap().unwrap().unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                other => return other,
            }
        }
    }

    async fn hear(&mut self) -> Value {
        serde_json::from_str(self.frame().await.to_text().unwrap()).unwrap()
    }

    /// The code and reason that the server closes it with.
    async fn closed(&mut self) -> (u16, String) {
        match self.frame().await {
            Message::Close(Some(frame)) => (frame.code.into(), frame.reason.to_string()),
            other => panic!("still open: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_operation_is_answered_and_completed() {
    let served = Served::new().await;
    let mut socket = Socket::welcome(&served).await;
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
    let mut socket = Socket::open(&served).await;
    socket.say(json!({ "type": "ping", "payload": { "at": 7 } })).await;
    assert_eq!(socket.hear().await, json!({ "type": "pong" }));
    socket.say(json!({ "type": "pong" })).await;
    socket.say(json!({ "type": "connection_init", "payload": {} })).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
}

#[tokio::test]
async fn what_cannot_run_is_an_error_of_that_operation() {
    let served = Served::new().await;
    let mut socket = Socket::welcome(&served).await;
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
    let mut socket = Socket::speaking(&served, None).await;
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
        let mut socket = Socket::welcome(&served).await;
        socket.send(nonsense.clone()).await;
        assert_eq!(socket.closed().await.0, 4400, "{nonsense}");
    }
}

#[tokio::test]
async fn nothing_runs_before_the_welcome() {
    let served = Served::new().await;
    let mut socket = Socket::open(&served).await;
    socket.subscribe("one", "{ __typename }").await;
    assert_eq!(socket.closed().await, (4401, "Unauthorized".to_owned()));
}

#[tokio::test]
async fn a_token_that_does_not_hold_closes_the_socket() {
    let served = Served::new().await;
    for field in ["authorization", "Authorization"] {
        let mut socket = Socket::open(&served).await;
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
    let mut socket = Socket::open(&served).await;
    assert_eq!(socket.closed().await, (4408, "Connection initialisation timeout".to_owned()));
}

#[tokio::test]
async fn one_introduction_is_enough() {
    let served = Served::new().await;
    let mut socket = Socket::welcome(&served).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.closed().await, (4429, "Too many initialisation requests".to_owned()));
}

#[tokio::test]
async fn a_gateway_that_stops_says_goodbye() {
    let served = Served::new().await;
    let mut socket = Socket::welcome(&served).await;
    let (closed, ()) = tokio::join!(socket.closed(), served.stop());
    assert_eq!(closed.0, 1001);
}

#[tokio::test]
async fn a_token_that_ends_closes_the_socket() {
    let served = Served::new().await;
    let token = served.token(TimeDelta::seconds(2)).await;
    let mut socket = Socket::open(&served).await;
    let payload = json!({ "Authorization": format!("Bearer {token}") });
    socket.say(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    assert_eq!(socket.closed().await, (4401, "Token expired".to_owned()));
}

#[tokio::test]
async fn a_socket_runs_so_many_operations() {
    let served = Served::new().await;
    let mut socket = Socket::welcome(&served).await;
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

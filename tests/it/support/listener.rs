//! Somebody who listens to a subscription, over a WebSocket or server-sent events: what is heard is the
//! same.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};

use super::caller::Caller;
use super::socket::Socket;

/// How long anything may take to be heard.
const PATIENCE: Duration = Duration::from_secs(10);

/// By which of the two.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Over {
    Socket,
    Events,
}

pub(crate) const BOTH: [Over; 2] = [Over::Socket, Over::Events];

pub(crate) enum Listener {
    Socket(Box<Socket>),
    Events { response: Response, unread: String },
}

impl Listener {
    pub(super) async fn open(caller: &Caller, over: Over, query: &str) -> Self {
        match over {
            Over::Socket => {
                let mut socket = Socket::welcome(&caller.address, caller.token()).await;
                socket.subscribe("one", query).await;
                Self::Socket(Box::new(socket))
            }
            Over::Events => {
                let request = caller.post().header("accept", "text/event-stream");
                let response = request.json(&json!({ "query": query })).send().await.unwrap();
                assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
                Self::Events { response, unread: String::new() }
            }
        }
    }

    /// The data of the next event.
    pub(crate) async fn hears(&mut self) -> Value {
        let answer = self.answer().await;
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].clone()
    }

    /// The next answer, an error too.
    pub(crate) async fn answer(&mut self) -> Value {
        match self {
            Self::Socket(socket) => {
                let next = socket.hear().await;
                assert_eq!(next["type"], "next", "{next}");
                next["payload"].clone()
            }
            Self::Events { .. } => {
                let frame = self.frame().await;
                let data = frame.strip_prefix("event: next\ndata: ");
                serde_json::from_str(data.unwrap_or_else(|| panic!("{frame}"))).unwrap()
            }
        }
    }

    /// That the subscription is over.
    pub(crate) async fn completes(&mut self) {
        match self {
            Self::Socket(socket) => {
                assert_eq!(socket.hear().await, json!({ "type": "complete", "id": "one" }));
            }
            Self::Events { .. } => assert_eq!(self.frame().await, "event: complete\ndata: "),
        }
    }

    /// That the token is over: a socket says so as it closes.
    pub(crate) async fn expires(&mut self) {
        match self {
            Self::Socket(socket) => {
                assert_eq!(socket.closed().await, (4401, "Token expired".to_owned()));
            }
            Self::Events { .. } => self.completes().await,
        }
    }

    /// The next frame of server-sent events that says something.
    async fn frame(&mut self) -> String {
        let Self::Events { response, unread } = self else { panic!("a socket has other frames") };
        loop {
            if let Some((frame, rest)) = unread.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                *unread = rest;
                if frame != ":" {
                    return frame;
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, response.chunk()).await.unwrap();
            unread.push_str(std::str::from_utf8(&chunk.unwrap().expect("more to hear")).unwrap());
        }
    }
}

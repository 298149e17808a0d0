//! The messages of graphql-transport-ws, and the codes with which a socket is closed.

use async_graphql::ServerError;
use axum::extract::ws::{CloseFrame, Message};
use serde::{Deserialize, Serialize};

use crate::http::answer::Answer;
use crate::http::document::JsonMap;
use crate::http::engine::Question;

/// The name of the protocol, as sockets negotiate it.
pub(super) const PROTOCOL: &str = "graphql-transport-ws";

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Heard {
    /// First of all: who it is.
    ConnectionInit {
        /// Holds the token, as `authorization`.
        payload: Option<JsonMap>,
    },
    /// Are you there?
    Ping {},
    /// I am here.
    Pong {},
    /// Run this.
    Subscribe {
        /// The client's own name for it.
        id: String,
        /// What to run.
        payload: Question,
    },
    /// I have heard enough of it.
    Complete {
        /// Which one.
        id: String,
    },
}

/// What a client is told.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Told<'m> {
    /// Welcome.
    ConnectionAck,
    /// I am here.
    Pong,
    /// An answer.
    Next {
        /// To which operation.
        id: &'m str,
        /// The answer.
        payload: &'m Answer,
    },
    /// It never ran.
    Error {
        /// Which one.
        id: &'m str,
        /// Why.
        payload: &'m [ServerError],
    },
    /// It is over.
    Complete {
        /// Which one.
        id: &'m str,
    },
}

impl Told<'_> {
    /// As it goes over the wire.
    pub(super) fn text(&self) -> Message {
        Message::text(serde_json::to_string(self).unwrap_or_default())
    }
}

/// Why a socket is closed, in the protocol's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// The gateway stops; another will take over.
    GoingAway,
    /// Something was said that means nothing.
    BadRequest(&'static str),
    /// No token where one was needed, one that doesn't hold, or one that ended.
    Unauthorized(&'static str),
    /// Another protocol was wanted.
    SubprotocolNotAcceptable,
    /// It never introduced itself.
    InitialisationTimeout,
    /// The name of an operation that is still running.
    SubscriberExists(String),
    /// It introduced itself twice.
    TooManyInitialisations,
}

impl Closing {
    /// The last frame.
    pub(super) fn frame(&self) -> Message {
        let (code, reason) = match self {
            Self::GoingAway => (1001, "Going away".to_owned()),
            Self::BadRequest(why) => (4400, (*why).to_owned()),
            Self::Unauthorized(why) => (4401, (*why).to_owned()),
            Self::SubprotocolNotAcceptable => (4406, "Subprotocol not acceptable".to_owned()),
            Self::InitialisationTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::SubscriberExists(id) => (4409, subscriber_exists(id)),
            Self::TooManyInitialisations => (4429, "Too many initialisation requests".to_owned()),
        };
        Message::Close(Some(CloseFrame { code, reason: reason.into() }))
    }
}

/// A close frame holds 123 bytes of reason; a longer id is left out.
fn subscriber_exists(id: &str) -> String {
    const ID_BYTES_MAX: usize = 64;
    if id.len() > ID_BYTES_MAX {
        return "Subscriber already exists".to_owned();
    }
    format!("Subscriber for {id} already exists")
}

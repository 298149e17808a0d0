//! GraphQL over WebSocket: the graphql-transport-ws protocol, on `/graphql/ws`.
//!
//! One loop a socket hears the client, passes on what its operations say, and watches the clock:
//! for the introduction, for the end of the token, for the gateway's own end. Each operation is a
//! task, so that a slow one holds up nobody; all end with the socket.

mod message;

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::response::Response;
use futures_util::StreamExt as _;
use futures_util::future::{self, BoxFuture, FutureExt as _};
use service::Actor;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;
use tracing::Instrument as _;

use self::message::{Closing, Heard, PROTOCOL, Told};
use super::answer::Answer;
use super::document::{JsonMap, OperationType};
use super::engine::{Admitted, Caller, Question};
use super::gateway::Gateway;
use super::limits::{
    BODY_BYTES_MAX, REQUEST_BYTES, SOCKET_OPERATIONS_MAX, VALUE_BYTES, VALUES_MAX,
};
use super::metrics::OpenSocket;
use super::observe::Origin;
use super::rejection::Rejection;
use super::room::Taken;
use super::serve::Held;
use super::{auth, guard};
use crate::graphql::error::Fault;

/// Pings in whose time nothing was heard, nor anything taken, from a socket that has gone. Browsers
/// answer pings by themselves.
const SILENT_PINGS: u32 = 2;
/// What operations may have said before the client has taken it; then they wait.
const OUTGOING_MAX: usize = 64;

/// `/graphql/ws`
pub(super) async fn upgrade(
    State(gateway): State<Arc<Gateway>>,
    Extension(origin): Extension<Origin>,
    Extension(held): Extension<Held>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let span = tracing::Span::current();
    let upgrade = upgrade.max_message_size(BODY_BYTES_MAX).max_frame_size(BODY_BYTES_MAX);
    upgrade.protocols([PROTOCOL]).on_upgrade(|mut socket| {
        let sockets = gateway.sockets.clone();
        let serve = async move {
            let (_open, _held) = (OpenSocket::new(), held);
            let patience = gateway.settings.ping_interval * SILENT_PINGS;
            let closing = Session::new(gateway, origin).talk(&mut socket, patience).await;
            if let Some(closing) = closing {
                // Nobody is left to hear of a failure here.
                let _ = tell(&mut socket, closing.frame(), patience).await;
            }
        };
        sockets.track_future(serve.instrument(span))
    })
}

/// Sends a message; `None` when nobody takes it.
async fn tell(socket: &mut WebSocket, message: Message, patience: Duration) -> Option<()> {
    tokio::time::timeout(patience, socket.send(message)).await.ok()?.ok()
}

/// What an operation says, and which one it was.
struct Said {
    id: String,
    run: u64,
    what: What,
}

enum What {
    Next(Answer),
    Rejected(Rejection),
    Complete,
}

struct Session {
    gateway: Arc<Gateway>,
    origin: Origin,
    caller: Option<Caller>,
    /// Running operations by the client's name for them; the number tells two runs apart.
    operations: HashMap<String, (u64, AbortHandle)>,
    runs: u64,
    tasks: JoinSet<()>,
    sender: mpsc::Sender<Said>,
    outgoing: mpsc::Receiver<Said>,
    expired: BoxFuture<'static, ()>,
}

impl Session {
    fn new(gateway: Arc<Gateway>, origin: Origin) -> Self {
        let (sender, outgoing) = mpsc::channel(OUTGOING_MAX);
        Self {
            gateway,
            origin,
            caller: None,
            operations: HashMap::new(),
            runs: 0,
            tasks: JoinSet::new(),
            sender,
            outgoing,
            expired: future::pending().boxed(),
        }
    }

    /// Talks until there is a reason to close; `None` when the client has gone.
    async fn talk(mut self, socket: &mut WebSocket, patience: Duration) -> Option<Closing> {
        if socket.protocol().is_none() {
            return Some(Closing::SubprotocolNotAcceptable);
        }
        let stopping = self.gateway.stopping.clone();
        let mut init_timeout = pin!(tokio::time::sleep(self.gateway.settings.init_timeout));
        let mut pings = tokio::time::interval(self.gateway.settings.ping_interval);
        let mut silent = pin!(tokio::time::sleep(patience));
        loop {
            let reply = tokio::select! {
                heard = socket.recv() => {
                    let heard = heard?.ok()?;
                    silent.as_mut().reset(Instant::now() + patience);
                    match self.hear(heard).await {
                        Ok(reply) => reply,
                        Err(closing) => return Some(closing),
                    }
                }
                () = &mut silent => return None,
                Some(said) = self.outgoing.recv() => self.pass_on(said),
                Some(_) = self.tasks.join_next() => None,
                () = &mut init_timeout, if self.caller.is_none() => {
                    return Some(Closing::InitialisationTimeout);
                }
                () = &mut self.expired => return Some(Closing::Unauthorized("Token expired")),
                () = stopping.cancelled() => return Some(Closing::GoingAway),
                _ = pings.tick() => Some(Message::Ping(Default::default())),
            };
            if let Some(reply) = reply {
                tell(socket, reply, patience).await?;
            }
        }
    }

    async fn hear(&mut self, message: Message) -> Result<Option<Message>, Closing> {
        let text = match &message {
            Message::Text(text) => text.as_str(),
            Message::Binary(_) => return Err(Closing::BadRequest("Messages are text")),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return Ok(None),
        };
        let values = guard::check_json(text.as_bytes(), VALUES_MAX)
            .map_err(|_| Closing::BadRequest("Too many values"))?;
        let heard = serde_json::from_str(text)
            .map_err(|_| Closing::BadRequest("Invalid message received"))?;
        match heard {
            Heard::ConnectionInit { payload } => self.welcome(payload).await.map(Some),
            Heard::Ping {} => Ok(Some(Told::Pong.text())),
            Heard::Pong {} => Ok(None),
            Heard::Subscribe { id, payload } => {
                self.start(id, payload, text.len() + values * VALUE_BYTES)
            }
            Heard::Complete { id } => {
                self.stop(&id);
                Ok(None)
            }
        }
    }

    async fn welcome(&mut self, payload: Option<JsonMap>) -> Result<Message, Closing> {
        if self.caller.is_some() {
            return Err(Closing::TooManyInitialisations);
        }
        let actor = match token(payload.as_ref())? {
            None => Actor::anonymous(),
            Some(token) => auth::actor(&self.gateway, token)
                .await
                .map_err(|_| Closing::Unauthorized("The token doesn't hold"))?,
        };
        self.expired = self.gateway.until_expired(&actor).boxed();
        self.caller = Some(self.origin.clone().caller(actor));
        Ok(Told::ConnectionAck.text())
    }

    /// Starts an operation whose question takes so many bytes.
    fn start(
        &mut self,
        id: String,
        question: Question,
        bytes: usize,
    ) -> Result<Option<Message>, Closing> {
        let Some(caller) = self.caller.clone() else {
            return Err(Closing::Unauthorized("Unauthorized"));
        };
        if id.is_empty() || question.query.is_none() {
            return Err(Closing::BadRequest("Invalid message received"));
        }
        if self.operations.contains_key(&id) {
            return Err(Closing::SubscriberExists(id));
        }
        if self.operations.len() >= SOCKET_OPERATIONS_MAX {
            let message = format!("a socket runs at most {SOCKET_OPERATIONS_MAX} operations");
            return Ok(Some(refusal(&id, Rejection::new(Fault::Throttled, message))));
        }
        self.runs += 1;
        let taken = match self.gateway.room_for(&caller).take(REQUEST_BYTES + bytes) {
            Ok(taken) => taken,
            Err(rejection) => return Ok(Some(refusal(&id, rejection))),
        };
        let teller = Teller { id: id.clone(), run: self.runs, sender: self.sender.clone() };
        let operation = operate(self.gateway.clone(), question, caller, teller, taken);
        let handle = self.tasks.spawn(operation.in_current_span());
        self.operations.insert(id, (self.runs, handle));
        Ok(None)
    }

    fn stop(&mut self, id: &str) {
        if let Some((_, handle)) = self.operations.remove(id) {
            handle.abort();
        }
    }

    /// What an operation said, unless the client has stopped it meanwhile.
    fn pass_on(&mut self, Said { id, run, what }: Said) -> Option<Message> {
        if self.operations.get(&id).is_none_or(|(running, _)| *running != run) {
            return None;
        }
        let message = match what {
            What::Next(answer) => return Some(Told::Next { id: &id, payload: &answer }.text()),
            What::Rejected(rejection) => refusal(&id, rejection),
            What::Complete => Told::Complete { id: &id }.text(),
        };
        self.operations.remove(&id);
        Some(message)
    }
}

fn refusal(id: &str, rejection: Rejection) -> Message {
    Told::Error { id, payload: &rejection.into_errors() }.text()
}

/// The token of an introduction: `authorization` in any case, with or without `Bearer`.
fn token(payload: Option<&JsonMap>) -> Result<Option<&str>, Closing> {
    let mut fields = payload.into_iter().flatten();
    let Some((_, value)) =
        fields.find(|(name, _)| name.as_str().eq_ignore_ascii_case("authorization"))
    else {
        return Ok(None);
    };
    let text = value.as_str().ok_or(Closing::BadRequest("The token is a string"))?;
    Ok(Some(auth::bearer(text).unwrap_or(text)))
}

/// Where an operation speaks.
struct Teller {
    id: String,
    run: u64,
    sender: mpsc::Sender<Said>,
}

impl Teller {
    async fn say(&self, what: What) {
        let said = Said { id: self.id.clone(), run: self.run, what };
        // A closed channel means that the socket is gone, and this task with it.
        let _ = self.sender.send(said).await;
    }
}

/// A socket outlives many requests: whoever was revoked or suspended meanwhile starts nothing more
/// that it may not.
async fn admit(
    gateway: &Gateway,
    question: &Question,
    caller: &mut Caller,
    taken: &mut Taken,
) -> Result<Admitted, Rejection> {
    caller.actor = gateway.services.auth.still(&caller.actor).await?;
    let document = gateway.engine.read(question)?;
    let admitted = gateway.engine.admit(question, document, caller).await?;
    taken.resize(admitted.bytes())?;
    Ok(admitted)
}

async fn operate(
    gateway: Arc<Gateway>,
    question: Question,
    mut caller: Caller,
    teller: Teller,
    mut taken: Taken,
) {
    let engine = &gateway.engine;
    let admitted = admit(&gateway, &question, &mut caller, &mut taken).await;
    drop(question);
    let admitted = match admitted {
        Ok(admitted) => admitted,
        Err(rejection) => return teller.say(What::Rejected(rejection)).await,
    };
    if admitted.operation_type() == OperationType::Subscription {
        let mut answers = engine.subscribe(admitted, caller);
        while let Some(answer) = answers.next().await {
            teller.say(What::Next(answer)).await;
        }
    } else {
        teller.say(What::Next(engine.run(admitted, caller).await)).await;
    }
    teller.say(What::Complete).await;
}

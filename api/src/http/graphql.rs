//! GraphQL over HTTP: `GET` for queries, `POST` for everything, by the specification's letter.
//!
//! A body has to say that it is JSON, which no form of another site can do; a mutation by `GET` is
//! refused; bodies have an end. What the document holds is the engine's business.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Query, Request, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use serde::Deserialize;
use service::Error;
use tokio::sync::SemaphorePermit;

use super::answer::Answer;
use super::document::{JsonMap, OperationType};
use super::engine::{Admitted, Caller, Question};
use super::gateway::Gateway;
use super::limits::{
    BATCH_BODY_BYTES_MAX, BATCH_VALUES_MAX, BATCH_WAIT, BODY_BYTES_MAX, DISCARD_WAIT,
    REQUEST_BYTES, VALUE_BYTES, VALUES_MAX,
};
use super::media::{self, Media};
use super::observe::Origin;
use super::rejection::Rejection;
use super::room::Taken;
use super::{auth, events, guard, metrics};
use crate::graphql::error::Fault;

/// `/graphql`
pub(super) async fn answer(
    State(gateway): State<Arc<Gateway>>,
    Extension(origin): Extension<Origin>,
    request: Request,
) -> Response {
    respond(&gateway, origin, request, Door::Usual).await
}

/// `/graphql/batch`: the same with room for five hundred purchases, for those with a token.
pub(super) async fn answer_batch(
    State(gateway): State<Arc<Gateway>>,
    Extension(origin): Extension<Origin>,
    request: Request,
) -> Response {
    if request.method() != Method::POST {
        return not_allowed("batches are sent by POST", "POST", Media::Json);
    }
    respond(&gateway, origin, request, Door::Batch).await
}

/// Which way a question came in, which decides how large it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Usual,
    Batch,
}

impl Door {
    const fn bytes_max(self) -> usize {
        match self {
            Self::Usual => BODY_BYTES_MAX,
            Self::Batch => BATCH_BODY_BYTES_MAX,
        }
    }

    const fn values_max(self) -> usize {
        match self {
            Self::Usual => VALUES_MAX,
            Self::Batch => BATCH_VALUES_MAX,
        }
    }

    /// What a body may take: as much as its headers say, or as it may.
    fn bytes(self, method: &Method, headers: &HeaderMap) -> usize {
        if method != Method::POST {
            return 0;
        }
        let length =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        length.map_or(self.bytes_max(), |length: usize| length.min(self.bytes_max()))
    }

    /// What its values take once they are read; those of batches, of which few are read at a time, have
    /// room of their own.
    const fn values_bytes(self, values: usize) -> usize {
        match self {
            Self::Usual => values * VALUE_BYTES,
            Self::Batch => 0,
        }
    }

    /// Lets a caller in before its body is read, for as long as what is returned is held. A batch
    /// takes much memory, so that nobody in particular sends none, and others in turn.
    async fn enter<'g>(
        self,
        gateway: &'g Gateway,
        caller: &Caller,
    ) -> Result<Option<SemaphorePermit<'g>>, Rejection> {
        if self == Self::Usual {
            return Ok(None);
        }
        if caller.is_anonymous() {
            return Err(Rejection::new(Fault::Unauthenticated, "batches need a token"));
        }
        let turn = tokio::time::timeout(BATCH_WAIT, gateway.batches.acquire()).await;
        let turn = turn.ok().and_then(Result::ok);
        turn.map(Some).ok_or_else(|| Error::overloaded(BATCH_WAIT).into())
    }
}

async fn respond(gateway: &Gateway, origin: Origin, request: Request, door: Door) -> Response {
    let Some(media) = Media::wanted(request.headers()) else {
        let message = "answers are application/graphql-response+json, application/json or \
                       text/event-stream";
        return refuse(StatusCode::NOT_ACCEPTABLE, message, Media::Json);
    };
    match run(gateway, origin, request, door, media).await {
        Ok(response) => response,
        Err(Refused::Malformed(status, message)) => refuse(status, &message, media),
        Err(Refused::NotAllowed(message, allowed)) => not_allowed(message, allowed, media),
        Err(Refused::Rejected(rejection)) => rejected(rejection, media),
    }
}

/// Why nothing ran.
enum Refused {
    /// It isn't a request.
    Malformed(StatusCode, String),
    /// Sent by another method than these.
    NotAllowed(&'static str, &'static str),
    /// GraphQL had begun.
    Rejected(Rejection),
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

async fn run(
    gateway: &Gateway,
    origin: Origin,
    request: Request,
    door: Door,
    media: Media,
) -> Result<Response, Refused> {
    let (head, body) = request.into_parts();
    let bytes = REQUEST_BYTES + door.bytes(&head.method, &head.headers);
    let caller = auth::caller(gateway, &head.headers, origin).await?;
    let mut taken = match gateway.room_for(&caller).take(bytes) {
        Ok(taken) => taken,
        Err(rejection) => {
            discard(body).await;
            return Err(rejection.into());
        }
    };
    let turn = door.enter(gateway, &caller).await?;
    let question = match head.method {
        Method::GET | Method::HEAD => question_of_uri(&head.uri)?,
        Method::POST => question_of_body(gateway, &head.headers, body, door, &mut taken).await?,
        _ => return Err(Refused::NotAllowed("questions are sent by GET or POST", "GET, POST")),
    };
    let admitted = admit(gateway, &question, &caller, &head.method).await?;
    // What was read has its types now, and is small.
    drop((question, turn));
    taken.resize(admitted.bytes())?;
    render(gateway, admitted, caller, media, taken).await
}

/// Takes a body and keeps none of it: who still sends when the connection is closed may never read why.
async fn discard(body: Body) {
    let mut parts = body.into_data_stream();
    let read = async { while let Some(Ok(_)) = parts.next().await {} };
    // Whoever takes longer has been told as well as can be.
    let _ = tokio::time::timeout(DISCARD_WAIT, read).await;
}

async fn admit(
    gateway: &Gateway,
    question: &Question,
    caller: &Caller,
    method: &Method,
) -> Result<Admitted, Refused> {
    let document = gateway.engine.read(question)?;
    let kind = document.operation_type(question.operation_name.as_deref())?;
    if method != Method::POST && kind == OperationType::Mutation {
        return Err(Refused::NotAllowed("mutations are sent by POST", "POST"));
    }
    Ok(gateway.engine.admit(question, document, caller).await?)
}

async fn render(
    gateway: &Gateway,
    admitted: Admitted,
    caller: Caller,
    media: Media,
    taken: Taken,
) -> Result<Response, Refused> {
    let is_subscription = admitted.operation_type() == OperationType::Subscription;
    if is_subscription && media != Media::Events {
        let message = "a subscription needs Accept: text/event-stream, or a WebSocket";
        return Err(Refused::Malformed(StatusCode::NOT_ACCEPTABLE, message.to_owned()));
    }
    if is_subscription {
        return Ok(events::stream(gateway, admitted, caller, taken));
    }
    let answer = gateway.engine.run(admitted, caller).await;
    Ok(match media {
        Media::Events => events::once(&answer, taken),
        _ => write(StatusCode::OK, &answer, media, |body| taken.holding(body)),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

fn question_of_uri(uri: &Uri) -> Result<Question, Refused> {
    let Query(given) =
        Query::<Parameters>::try_from_uri(uri).map_err(|error| malformed(error.body_text()))?;
    whole(Question {
        query: given.query,
        operation_name: given.operation_name,
        variables: map("variables", given.variables)?,
        extensions: map("extensions", given.extensions)?,
    })
}

fn map(name: &str, text: Option<String>) -> Result<Option<JsonMap>, Refused> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    serde_json::from_str(&text)
        .map_err(|error| malformed(format!("{name} is no JSON object: {error}")))
}

async fn question_of_body(
    gateway: &Gateway,
    headers: &HeaderMap,
    body: Body,
    door: Door,
    taken: &mut Taken,
) -> Result<Question, Refused> {
    if !media::is_json(headers) {
        let message = "a body has Content-Type: application/json, in UTF-8".to_owned();
        return Err(Refused::Malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let bytes_max = door.bytes_max();
    let read = tokio::time::timeout(gateway.settings.timeout, to_bytes(body, bytes_max)).await;
    let read = read.map_err(|_| {
        let message = "the body took too long".to_owned();
        Refused::Malformed(StatusCode::REQUEST_TIMEOUT, message)
    })?;
    let bytes = read.map_err(|_| {
        let message = format!("a body ends, after at most {bytes_max} bytes here");
        Refused::Malformed(StatusCode::PAYLOAD_TOO_LARGE, message)
    })?;
    // An array would be read as the fields in order; it would mean a batch, which there isn't.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(malformed("a body is one JSON object".to_owned()));
    }
    let values = guard::check_json(&bytes, door.values_max()).map_err(malformed)?;
    taken.resize(REQUEST_BYTES + bytes.len() + door.values_bytes(values))?;
    let question = serde_json::from_slice(&bytes)
        .map_err(|error| malformed(format!("the body can't be read: {error}")))?;
    whole(question)
}

fn malformed(message: String) -> Refused {
    Refused::Malformed(StatusCode::BAD_REQUEST, message)
}

/// A question without a document is none, unless it names one by its hash.
fn whole(question: Question) -> Result<Question, Refused> {
    if question.query.is_none() && question.extensions.is_none() {
        return Err(malformed("query is missing".to_owned()));
    }
    Ok(question)
}

/// What went wrong before GraphQL began.
fn refuse(status: StatusCode, message: &str, media: Media) -> Response {
    let answer = Answer::from(Rejection::new(Fault::BadUserInput, message));
    write(status, &answer, media, Body::from)
}

fn not_allowed(message: &str, allowed: &'static str, media: Media) -> Response {
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, message, media);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// What was refused before anything ran.
pub(super) fn rejected(rejection: Rejection, media: Media) -> Response {
    let fault = rejection.fault();
    metrics::rejected(fault.code());
    let status = status(fault, media);
    let mut response = write(status, &Answer::from(rejection), media, Body::from);
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Those who asked for plain JSON learn of a document's faults from its body alone.
fn status(fault: Fault, media: Media) -> StatusCode {
    match fault {
        Fault::Unauthenticated => StatusCode::UNAUTHORIZED,
        Fault::Forbidden => StatusCode::FORBIDDEN,
        Fault::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Fault::Overloaded | Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ if media == Media::Json => StatusCode::OK,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn write(
    status: StatusCode,
    answer: &Answer,
    media: Media,
    body: impl FnOnce(Vec<u8>) -> Body,
) -> Response {
    // Whoever waits for events still gets an error in one piece, which it can read.
    let media = if media == Media::Events { Media::GraphqlResponse } else { media };
    let body = body(serde_json::to_vec(answer).unwrap_or_default());
    let headers = [content_type(media), (CACHE_CONTROL, "no-store")];
    advised((status, headers, body).into_response(), answer.retry_after_seconds())
}

/// The same with `Retry-After` where an error of the answer says when: also with status 200, which the
/// specification wants of whatever has run. A client that only looks at headers learns it too.
pub(super) fn advised(mut response: Response, retry_after_seconds: Option<u64>) -> Response {
    if let Some(seconds) = retry_after_seconds {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

pub(super) fn content_type(media: Media) -> (HeaderName, &'static str) {
    (CONTENT_TYPE, media.content_type())
}

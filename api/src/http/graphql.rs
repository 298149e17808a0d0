//! GraphQL over HTTP: `GET` for queries, `POST` for everything, by the specification's letter.
//!
//! A body has to say that it is JSON, which no form of another site can do; a mutation by `GET` is
//! refused; bodies have an end. What the document holds is the engine's business.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Extension, Query, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::SemaphorePermit;

use super::answer::Answer;
use super::document::{JsonMap, OperationType};
use super::engine::{Admitted, Caller, Question};
use super::gateway::Gateway;
use super::limits::{
    BATCH_BODY_BYTES_MAX, BATCH_VALUES_MAX, BATCH_WAIT, BODY_BYTES_MAX, VALUES_MAX,
};
use super::media::{self, Media};
use super::observe::Origin;
use super::rejection::Rejection;
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
        turn.ok().and_then(Result::ok).map(Some).ok_or_else(|| {
            let message = "too many batches are being read; try again";
            Rejection::new(Fault::Overloaded, message).retry_after(BATCH_WAIT)
        })
    }
}

async fn respond(gateway: &Gateway, origin: Origin, request: Request, door: Door) -> Response {
    let Some(media) = Media::wanted(request.headers()) else {
        let message = "answers are application/graphql-response+json, application/json or \
                       text/event-stream";
        return refuse(StatusCode::NOT_ACCEPTABLE, message, Media::Json);
    };
    let (head, body) = request.into_parts();
    let caller = match auth::caller(gateway, &head.headers, origin).await {
        Ok(caller) => caller,
        Err(rejection) => return rejected(rejection, media),
    };
    let turn = match door.enter(gateway, &caller).await {
        Ok(turn) => turn,
        Err(rejection) => return rejected(rejection, media),
    };
    let asked = match head.method {
        Method::GET | Method::HEAD => question_of_uri(&head.uri),
        Method::POST => {
            let read = question_of_body(&head.headers, body, door);
            let slow = (StatusCode::REQUEST_TIMEOUT, "the body took too long".to_owned());
            tokio::time::timeout(gateway.settings.timeout, read).await.unwrap_or(Err(slow))
        }
        _ => return not_allowed("questions are sent by GET or POST", "GET, POST", media),
    };
    let question = match asked {
        Ok(question) => question,
        Err((status, message)) => return refuse(status, &message, media),
    };
    let admitted = match admit(gateway, &question, &caller, &head.method).await {
        Ok(admitted) => admitted,
        Err(Refused::Mutation) => {
            return not_allowed("mutations are sent by POST", "POST", media);
        }
        Err(Refused::Rejected(rejection)) => return rejected(rejection, media),
    };
    // What was read has its types now, and is small.
    drop((question, turn));
    render(gateway, admitted, caller, media).await
}

enum Refused {
    Mutation,
    Rejected(Rejection),
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
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
        return Err(Refused::Mutation);
    }
    Ok(gateway.engine.admit(question, document, caller).await?)
}

async fn render(gateway: &Gateway, admitted: Admitted, caller: Caller, media: Media) -> Response {
    let is_subscription = admitted.operation_type() == OperationType::Subscription;
    match (media, is_subscription) {
        (Media::Events, true) => events::stream(gateway, admitted, caller),
        (Media::Events, false) => events::once(gateway.engine.run(admitted, caller).await),
        (_, true) => {
            let message = "a subscription needs Accept: text/event-stream, or a WebSocket";
            refuse(StatusCode::NOT_ACCEPTABLE, message, media)
        }
        (_, false) => {
            let answer = gateway.engine.run(admitted, caller).await;
            write(StatusCode::OK, &answer, media)
        }
    }
}

type Malformed = (StatusCode, String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

fn question_of_uri(uri: &Uri) -> Result<Question, Malformed> {
    let Query(given) = Query::<Parameters>::try_from_uri(uri)
        .map_err(|error| (StatusCode::BAD_REQUEST, error.body_text()))?;
    whole(Question {
        query: given.query,
        operation_name: given.operation_name,
        variables: map("variables", given.variables)?,
        extensions: map("extensions", given.extensions)?,
    })
}

fn map(name: &str, text: Option<String>) -> Result<Option<JsonMap>, Malformed> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    serde_json::from_str(&text)
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("{name} is no JSON object: {error}")))
}

async fn question_of_body(
    headers: &HeaderMap,
    body: Body,
    door: Door,
) -> Result<Question, Malformed> {
    if !media::is_json(headers) {
        let message = "a body has Content-Type: application/json, in UTF-8".to_owned();
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let bytes_max = door.bytes_max();
    let bytes = to_bytes(body, bytes_max).await.map_err(|_| {
        let message = format!("a body ends, after at most {bytes_max} bytes here");
        (StatusCode::PAYLOAD_TOO_LARGE, message)
    })?;
    // An array would be read as the fields in order; it would mean a batch, which there isn't.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err((StatusCode::BAD_REQUEST, "a body is one JSON object".to_owned()));
    }
    guard::check_json(&bytes, door.values_max())
        .map_err(|message| (StatusCode::BAD_REQUEST, message))?;
    let question = serde_json::from_slice(&bytes)
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("the body can't be read: {error}")))?;
    whole(question)
}

/// A question without a document is none, unless it names one by its hash.
fn whole(question: Question) -> Result<Question, Malformed> {
    if question.query.is_none() && question.extensions.is_none() {
        return Err((StatusCode::BAD_REQUEST, "query is missing".to_owned()));
    }
    Ok(question)
}

/// What went wrong before GraphQL began.
fn refuse(status: StatusCode, message: &str, media: Media) -> Response {
    let answer = Answer::from(Rejection::new(Fault::BadUserInput, message));
    write(status, &answer, media)
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
    let wait = rejection.wait();
    let mut response = write(status, &Answer::from(rejection), media);
    let headers = response.headers_mut();
    if let Some(wait) = wait {
        headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
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

fn write(status: StatusCode, answer: &Answer, media: Media) -> Response {
    // Whoever waits for events still gets an error in one piece, which it can read.
    let media = if media == Media::Events { Media::GraphqlResponse } else { media };
    let body = serde_json::to_vec(answer).unwrap_or_default();
    (status, [content_type(media), (CACHE_CONTROL, "no-store")], body).into_response()
}

pub(super) fn content_type(media: Media) -> (HeaderName, &'static str) {
    (CONTENT_TYPE, media.content_type())
}

//! Subscriptions as server-sent events on `/graphql`: the distinct-connections mode of the
//! graphql-sse protocol. One request, one operation, `next` for each answer, `complete` at the end.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};

use super::answer::Answer;
use super::engine::{Admitted, Caller};
use super::gateway::Gateway;
use super::graphql::{advised, content_type};
use super::media::Media;
use super::room::Taken;

/// How often a silent stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(12);

/// A subscription, until it ends, the token does, or the gateway stops.
pub(super) fn stream(
    gateway: &Gateway,
    admitted: Admitted,
    caller: Caller,
    taken: Taken,
) -> Response {
    let over = gateway.until_over(&caller.actor);
    let answers = gateway.engine.subscribe(admitted, caller);
    let frames = frames(answers.take_until(over).boxed());
    let held = frames.map(move |frame| {
        let _for_as_long = &taken;
        Ok::<_, Infallible>(frame)
    });
    respond(Body::from_stream(held))
}

/// A query or mutation whose caller wants events: one answer and the end.
pub(super) fn once(answer: &Answer, taken: Taken) -> Response {
    let frames = next_frame(answer) + COMPLETE;
    advised(respond(taken.holding(frames.into_bytes())), answer.retry_after_seconds())
}

fn respond(body: Body) -> Response {
    ([content_type(Media::Events), (CACHE_CONTROL, "no-store")], body).into_response()
}

/// Browsers drop an event without data, so that the end has some, if only nothing.
const COMPLETE: &str = "event: complete\ndata: \n\n";
const STILL_HERE: &str = ":\n\n";

/// The frames as they go out; axum's own would leave out empty data.
fn frames(answers: BoxStream<'static, Answer>) -> impl Stream<Item = String> + Send {
    let next = async |mut answers: BoxStream<'static, Answer>| match tokio::time::timeout(
        KEEP_ALIVE,
        answers.next(),
    )
    .await
    {
        Ok(Some(answer)) => (next_frame(&answer), Some(answers)),
        Ok(None) => (COMPLETE.to_owned(), None),
        Err(_) => (STILL_HERE.to_owned(), Some(answers)),
    };
    stream::unfold(Some(answers), move |answers| async move { Some(next(answers?).await) })
}

/// JSON has no line breaks of its own, so that one `data` line holds it.
fn next_frame(answer: &Answer) -> String {
    let data = serde_json::to_string(answer).unwrap_or_default();
    format!("event: next\ndata: {data}\n\n")
}

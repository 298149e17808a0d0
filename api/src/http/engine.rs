//! One operation from its text to its answer, whatever carried it: admitted, charged, run, made
//! whole. HTTP, WebSocket and server-sent events all end up here.
//!
//! A query may be shown what the replica has; what that fails is run again on the primary, for a query
//! changes nothing. Before a caller is told of anything else, it is noted that it has to find that.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Executor, Response, ServerError, Value, value};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _};
use serde::Deserialize;
use service::auth::clients::network;
use service::hot::{Bucket, HotStore, Level};
use service::replica::Reads;
use service::{Actor, Who};

use super::answer::Answer;
use super::document::{Document, Documents, JsonMap, OperationType, Prepared};
use super::limits::{COST_BYTES, COST_MAX, REQUEST_BYTES, SUBSCRIPTION_BYTES};
use super::metrics;
use super::rejection::Rejection;
use super::settings::Settings;
use crate::graphql;
use crate::graphql::error::{Fault, INTERNAL_MESSAGE};

/// As long as a query waits for the replica, before the primary is asked.
const REPLICA_TIME: Duration = Duration::from_secs(2);

/// What a client sends, on every transport.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Question {
    /// The document.
    pub(crate) query: Option<String>,
    /// Which of its operations.
    pub(crate) operation_name: Option<String>,
    /// Values for its variables.
    pub(crate) variables: Option<JsonMap>,
    /// Whatever else; only a persisted document's hash means something here.
    pub(crate) extensions: Option<JsonMap>,
}

/// Who sends it.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// As the token says.
    pub(crate) actor: Actor,
    /// From where: counts only for those without a token.
    pub(crate) address: IpAddr,
    /// The request's id.
    pub(crate) request_id: String,
}

impl Caller {
    /// Whether it has no token.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.actor.who() == Who::Anonymous
    }

    /// Whose bucket it pours into.
    fn bucket(&self) -> String {
        if self.is_anonymous() {
            return format!("cost/address:{}", network(&self.address.to_string()));
        }
        format!("cost/{}", self.actor.caller())
    }
}

/// An operation that was let in and paid for.
pub(crate) struct Admitted {
    prepared: Prepared,
    operation_type: OperationType,
    level: Option<Level>,
}

/// Runs operations against one schema.
pub(crate) struct Engine<E> {
    executor: E,
    documents: Documents,
    hot: Arc<dyn HotStore>,
    reads: Reads,
    settings: Settings,
}

impl<E: Executor> Engine<E> {
    /// An engine over a schema and its text.
    pub(crate) fn new(
        executor: E,
        sdl: &str,
        hot: Arc<dyn HotStore>,
        reads: Reads,
        settings: Settings,
    ) -> Result<Self, String> {
        Ok(Self { executor, documents: Documents::new(sdl)?, hot, reads, settings })
    }

    /// The document of a question.
    pub(crate) fn read(&self, question: &Question) -> Result<Arc<Document>, Rejection> {
        match &question.query {
            Some(text) => self.documents.read(text),
            None if question.asks_for_persisted() => {
                let message = "no document is kept under that hash: send it in full";
                Err(Rejection::new(Fault::PersistedQueryNotFound, message))
            }
            None => Err(Rejection::new(Fault::BadUserInput, "query is missing")),
        }
    }

    /// Lets an operation in: prepared, allowed, and within the caller's share.
    pub(crate) async fn admit(
        &self,
        question: &Question,
        document: Arc<Document>,
        caller: &Caller,
    ) -> Result<Admitted, Rejection> {
        let name = question.operation_name.as_deref();
        let operation_type = document.operation_type(name)?;
        if self.settings.is_production && caller.is_anonymous() && document.introspects(name)? {
            let message = "introspection needs a token here";
            return Err(Rejection::new(Fault::GraphqlValidationFailed, message));
        }
        let none = JsonMap::new();
        let variables = question.variables.as_ref().unwrap_or(&none);
        let prepared = self.documents.prepare(document, name, variables)?;
        let level = self.charge(prepared.cost(), caller).await?;
        Ok(Admitted { prepared, operation_type, level })
    }

    async fn charge(&self, cost: u32, caller: &Caller) -> Result<Option<Level>, Rejection> {
        if cost > COST_MAX {
            let message = format!("this costs {cost}, and a call may cost {COST_MAX}");
            return Err(Rejection::new(Fault::DocumentTooComplex, message));
        }
        let bucket = self.settings.cost;
        let Ok(level) = self.hot.pour(&caller.bucket(), bucket, u64::from(cost)).await else {
            // Without the shared state the gateway goes on without shares.
            return Ok(None);
        };
        if level.is_accepted {
            return Ok(Some(level));
        }
        let wait = level.retry_after.max(Duration::from_secs(1));
        let message = format!("your share is used up; try again in {} s", wait.as_secs());
        Err(Rejection::new(Fault::Throttled, message).retry_after(wait))
    }

    /// Runs a query or mutation to its end, or to the end of its time.
    pub(crate) async fn run(&self, admitted: Admitted, caller: Caller) -> Answer {
        let Caller { actor, request_id, .. } = caller;
        let running = self.execute(&admitted, &actor, &request_id);
        let running = AssertUnwindSafe(running).catch_unwind();
        let begun = std::time::Instant::now();
        let response = match tokio::time::timeout(self.settings.timeout, running).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => failed(Fault::Internal, INTERNAL_MESSAGE),
            Err(_) => failed(
                Fault::Unavailable,
                "this took too long; the outcome is unknown, send the same request again",
            ),
        };
        if admitted.operation_type != OperationType::Query {
            self.reads.told(&actor).await;
        }
        let mut answer = Answer::of(&admitted.prepared, response, &request_id);
        answer.extend("cost", cost_shown(&admitted, answer.objects(), self.settings.cost));
        metrics::operation(admitted.operation_type, answer.first_code(), begun.elapsed());
        answer
    }

    async fn execute(&self, admitted: &Admitted, actor: &Actor, request_id: &str) -> Response {
        if admitted.operation_type == OperationType::Query {
            let reader = self.reads.leave(actor.clone()).await;
            if reader.may_lag()
                && let Some(response) = self.late(self.request(admitted, reader, request_id)).await
            {
                return response;
            }
        }
        self.executor.execute(self.request(admitted, actor.clone(), request_id)).await
    }

    /// What the replica answers; none where it fails.
    async fn late(&self, request: async_graphql::Request) -> Option<Response> {
        let running = tokio::time::timeout(REPLICA_TIME, self.executor.execute(request)).await;
        let response = running.ok();
        let fails_as = |fault| response.as_ref().is_some_and(|response| has(response, fault));
        let is_away = fails_as(Fault::Unavailable);
        if response.is_some() && !is_away && !fails_as(Fault::Internal) {
            return response;
        }
        self.reads.failed(is_away);
        None
    }

    /// Runs a subscription for as long as it is listened to.
    pub(crate) fn subscribe(
        &self,
        admitted: Admitted,
        caller: Caller,
    ) -> BoxStream<'static, Answer> {
        let Caller { actor, request_id, .. } = caller;
        let request = self.request(&admitted, actor.clone(), &request_id);
        let reads = self.reads.clone();
        let events = self.executor.execute_stream(request, None).then(move |response| {
            let (reads, actor) = (reads.clone(), actor.clone());
            async move {
                reads.told(&actor).await;
                response
            }
        });
        let answer = move |response| Answer::of(&admitted.prepared, response, &request_id);
        events.map(answer).boxed()
    }

    fn request(
        &self,
        admitted: &Admitted,
        actor: Actor,
        request_id: &str,
    ) -> async_graphql::Request {
        let mut request = admitted.prepared.request();
        request.data = graphql::request_data(actor.through(request_id));
        request
    }
}

impl Admitted {
    /// The memory that it may take from here on.
    pub(crate) fn bytes(&self) -> usize {
        if self.operation_type == OperationType::Subscription {
            return SUBSCRIPTION_BYTES;
        }
        let cost = usize::try_from(self.prepared.cost()).unwrap_or(usize::MAX);
        cost.saturating_mul(COST_BYTES).saturating_add(REQUEST_BYTES)
    }

    /// What it does.
    pub(crate) fn operation_type(&self) -> OperationType {
        self.operation_type
    }
}

impl Question {
    fn asks_for_persisted(&self) -> bool {
        let extensions = self.extensions.as_ref();
        extensions.is_some_and(|extensions| extensions.contains_key("persistedQuery"))
    }
}

/// Whether something in it failed that way.
fn has(response: &Response, fault: Fault) -> bool {
    let code = Some(Value::from(fault.code()));
    response.errors.iter().any(|error| {
        error.extensions.as_ref().and_then(|extensions| extensions.get("code")) == code.as_ref()
    })
}

/// A response in which the whole operation failed.
fn failed(fault: Fault, message: &str) -> Response {
    let mut error = ServerError::new(message, None);
    error.extensions = Some(fault.extensions());
    Response::from_errors(vec![error])
}

fn cost_shown(admitted: &Admitted, objects: u32, bucket: Bucket) -> Value {
    let available = admitted.level.map_or(bucket.capacity, |level| level.room);
    value!({
        "requestedQueryCost": admitted.prepared.cost(),
        "actualQueryCost": objects.saturating_sub(1).max(1),
        "throttleStatus": {
            "maximumAvailable": bucket.capacity,
            "currentlyAvailable": available,
            "restoreRate": bucket.leak_per_second,
        },
    })
}

#[cfg(test)]
mod tests;

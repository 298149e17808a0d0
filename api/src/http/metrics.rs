//! Counters and times for Prometheus, at `/metrics`. Labels come from closed lists: no name that a
//! client chose, no id, nothing personal.

use std::sync::OnceLock;
use std::time::Duration;

use axum::http::StatusCode;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::document::OperationType;

const OPERATION: &str = "florin_graphql_operation_seconds";
const REQUEST: &str = "florin_http_request_seconds";
const REJECTED: &str = "florin_graphql_rejected_total";
const SOCKETS: &str = "florin_websockets_open";
/// Seconds, from a cached read to the request's time limit.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];
/// Writes in a batch, up to the most that a lane takes at a time.
const JOBS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];

/// What all gateways of this process count into; the recorder is one for the process.
pub(crate) fn page() -> String {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let handle = RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .ok()?
            .set_buckets_for_metric(Matcher::Suffix("_jobs".to_owned()), &JOBS)
            .ok()?;
        let handle = builder.install_recorder().ok()?;
        describe();
        Some(handle)
    });
    let Some(handle) = handle else { return String::new() };
    handle.run_upkeep();
    handle.render()
}

fn describe() {
    describe_histogram!(OPERATION, "Time of GraphQL operations by type and first error code.");
    describe_histogram!(REQUEST, "Time of HTTP requests by route and status.");
    describe_counter!(REJECTED, "GraphQL operations refused before they ran, by code.");
    describe_gauge!(SOCKETS, "WebSockets open now.");
    service::Services::describe_metrics();
}

/// An operation ran.
pub(super) fn operation(kind: OperationType, code: Option<&str>, took: Duration) {
    let code = code.unwrap_or("OK").to_owned();
    histogram!(OPERATION, "type" => kind.name(), "code" => code).record(took);
}

/// An operation was refused before it ran.
pub(super) fn rejected(code: &'static str) {
    counter!(REJECTED, "code" => code).increment(1);
}

/// A request was answered.
pub(super) fn request(route: &str, status: StatusCode, took: Duration) {
    let labels = [("route", route.to_owned()), ("status", status.as_str().to_owned())];
    histogram!(REQUEST, &labels).record(took);
}

/// Counts a WebSocket for as long as it lives.
pub(super) struct OpenSocket;

impl OpenSocket {
    /// One more.
    pub(super) fn new() -> Self {
        gauge!(SOCKETS).increment(1);
        Self
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        gauge!(SOCKETS).decrement(1);
    }
}

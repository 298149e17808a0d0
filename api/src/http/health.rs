//! Whether the process lives, whether it serves, and what it counts.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::gateway::Gateway;
use super::metrics;

/// `/health/live`: the process runs. Says nothing of what it depends on, so that a lost database
/// doesn't have every gateway restarted.
pub(super) async fn live() -> &'static str {
    "live\n"
}

/// `/health/ready`: requests are served just now: the database answers, and the gateway isn't
/// stopping.
pub(super) async fn ready(State(gateway): State<Arc<Gateway>>) -> (StatusCode, &'static str) {
    if gateway.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match gateway.services.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database doesn't answer\n"),
    }
}

/// `/metrics`, as Prometheus reads it.
pub(super) async fn metrics() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::page())
}

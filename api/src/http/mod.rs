//! Everything between a socket and the schema: routes, guards, protocols, limits. No business rule
//! and no table is known here.
//!
//! A request passes `serve` (connections, which end by `patience`), `observe` (its id, log, metrics), one of the handlers
//! (`graphql`, `events`, `socket`, `oauth`, `health`), and, if it carries GraphQL, takes memory from the
//! `room` and goes to the `engine`: `guard` and `document` decide what may run, `answer` makes whole what came out.

mod answer;
mod auth;
mod document;
mod engine;
mod events;
mod gateway;
mod graphiql;
mod graphql;
mod guard;
mod health;
pub(crate) mod limits;
mod media;
mod metrics;
mod oauth;
mod observe;
mod patience;
mod rejection;
mod room;
mod serve;
mod settings;
mod socket;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, header};
use axum::middleware;
use axum::routing::{any, get, post};
use service::Services;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use tower_http::timeout::TimeoutLayer;

use self::gateway::Gateway;
pub use self::settings::{COST_PER_SECOND, Settings, share};

/// A gateway that is ready to serve.
pub struct Server {
    gateway: Arc<Gateway>,
}

impl Server {
    /// A gateway over these services.
    ///
    /// # Errors
    /// When the schema can't be validated: a fault of ours, which the tests catch.
    pub fn new(services: Services, settings: Settings) -> Result<Self, String> {
        // Counting begins with the first request, not with the first look at `/metrics`.
        metrics::page();
        Ok(Self { gateway: Gateway::new(services, settings)? })
    }

    /// Serves until `stop` ends, then lets requests under way finish.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let router = router(self.gateway.clone());
        serve::serve(&self.gateway, router, listener, stop).await;
    }
}

fn router(gateway: Arc<Gateway>) -> Router {
    let timeout = gateway.settings.timeout;
    let token = Router::new()
        .route("/oauth/token", post(oauth::token))
        .route("/.well-known/jwks.json", get(oauth::keys))
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, timeout));
    let mut router = Router::new()
        .route("/graphql", any(graphql::answer))
        .route("/graphql/batch", any(graphql::answer_batch))
        .route("/graphql/ws", get(socket::upgrade))
        .merge(token)
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics));
    router = router.layer(cors(&gateway.settings));
    if !gateway.settings.is_production {
        router = router.merge(graphiql::routes());
    }
    router
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(gateway.clone(), observe::observe))
        .with_state(gateway)
}

/// Which pages may ask. Whoever asks brings a token of its own and no cookie, so that a page can't
/// act for somebody who only looks at it.
fn cors(settings: &Settings) -> CorsLayer {
    if !settings.is_production {
        return CorsLayer::permissive();
    }
    CorsLayer::new()
        .allow_origin(settings.allowed_origins.clone())
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT])
        .expose_headers([header::RETRY_AFTER])
        .max_age(Duration::from_secs(3600))
}

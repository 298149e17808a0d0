//! What may differ from one gateway to another. Limits that are part of the contract with clients
//! are constants, in `limits`.

use std::time::Duration;

use axum::http::HeaderValue;
use service::hot::Bucket;

use super::limits::REQUEST_TIMEOUT;

/// What a client may spend at once, in seconds of what it gets back.
const COST_BUCKET_SECONDS: u64 = 10;
/// What a client gets back each second, if nothing is said.
pub const COST_PER_SECOND: u64 = 2_000;

/// A client's share: so much each second, and ten times that at once.
pub const fn share(cost_per_second: u64) -> Bucket {
    Bucket {
        capacity: cost_per_second.saturating_mul(COST_BUCKET_SECONDS),
        leak_per_second: cost_per_second,
    }
}

/// How a gateway is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// No GraphiQL, and no introspection for callers without a token.
    pub is_production: bool,
    /// Whether the last address of `X-Forwarded-For` is the client's: only behind a proxy of one's
    /// own, since anyone can send that header.
    pub trusts_proxy: bool,
    /// Pages of these origins may ask; in development, those of any.
    pub allowed_origins: Vec<HeaderValue>,
    /// How long a request may take.
    pub timeout: Duration,
    /// How long the headers of a request may take to come.
    pub header_timeout: Duration,
    /// How long a WebSocket may take to introduce itself.
    pub init_timeout: Duration,
    /// How often a WebSocket is asked whether it lives; it is closed once two went unanswered.
    pub ping_interval: Duration,
    /// Each client's share of the gateway.
    pub cost: Bucket,
    /// Connections that are open at a time; others wait to be accepted.
    pub connections_max: usize,
    /// Memory for requests under way; whoever finds too little left is told at once.
    pub memory_bytes: usize,
    /// How long a client may take nothing of what it is sent; then its connection ends.
    pub write_timeout: Duration,
    /// How long requests under way may take once the gateway is asked to stop.
    pub drain_timeout: Duration,
}

impl Settings {
    /// How a gateway is set up at a developer's desk.
    pub const fn development() -> Self {
        Self {
            is_production: false,
            trusts_proxy: false,
            allowed_origins: Vec::new(),
            timeout: REQUEST_TIMEOUT,
            header_timeout: Duration::from_secs(10),
            init_timeout: Duration::from_secs(5),
            ping_interval: Duration::from_secs(25),
            cost: share(COST_PER_SECOND),
            connections_max: 10_000,
            memory_bytes: 256 * 1024 * 1024,
            write_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(15),
        }
    }

    /// How a gateway is set up for the world.
    pub fn production() -> Self {
        Self { is_production: true, ..Self::development() }
    }
}

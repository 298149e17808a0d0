//! What happens around every request: its id, a line in the log, its time in the metrics, headers
//! that keep a browser out of trouble. No personal data and no token ever reaches the log.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use service::Actor;
use tracing::Instrument as _;
use uuid::Uuid;

use super::engine::Caller;
use super::gateway::Gateway;
use super::metrics;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const REQUEST_ID_LENGTH_MAX: usize = 64;

/// Where a request comes from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Its id: the client's, if it gave a plain one, or ours.
    pub(super) request_id: String,
    /// The address it came from.
    pub(super) address: IpAddr,
}

impl Origin {
    /// The caller with this actor.
    pub(super) fn caller(self, actor: Actor) -> Caller {
        Caller { actor, address: self.address, request_id: self.request_id }
    }
}

/// Wraps every request.
pub(super) async fn observe(
    State(gateway): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let origin = Origin {
        request_id: request_id(request.headers()),
        address: address(&request, gateway.settings.trusts_proxy),
    };
    let route = route(&request);
    let method = request.method().clone();
    let span = tracing::info_span!("request", id = origin.request_id, %method, route);
    request.extensions_mut().insert(origin.clone());
    let mut response = next.run(request).instrument(span.clone()).await;

    let (status, took) = (response.status(), begun.elapsed());
    metrics::request(&route, status, took);
    span.in_scope(|| tracing::debug!(status = status.as_u16(), took = ?took, "answered"));
    let headers = response.headers_mut();
    protect(headers, gateway.settings.is_production);
    if let Ok(id) = HeaderValue::from_str(&origin.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// The route as the router knows it, never the path as it came.
fn route(request: &Request) -> String {
    let matched = request.extensions().get::<MatchedPath>();
    matched.map_or("unknown", MatchedPath::as_str).to_owned()
}

fn request_id(headers: &HeaderMap) -> String {
    let is_plain = |id: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (1..=REQUEST_ID_LENGTH_MAX).contains(&id.len()) && id.bytes().all(plain)
    };
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(is_plain);
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

fn address(request: &Request, trusts_proxy: bool) -> IpAddr {
    let forwarded = || {
        let chain = request.headers().get_all(FORWARDED_FOR).iter().next_back()?;
        chain.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    };
    let peer = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let forwarded = if trusts_proxy { forwarded() } else { None };
    forwarded.or_else(peer).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// Answers are data: nothing in them may run, be framed, or be guessed to be something else. A page
/// that needs more says so itself.
fn protect(headers: &mut HeaderMap, is_production: bool) {
    let strict = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(strict);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if is_production {
        let a_year = HeaderValue::from_static("max-age=31536000");
        headers.insert(STRICT_TRANSPORT_SECURITY, a_year);
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(header: HeaderName, value: &str) -> Request {
        let peer = ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000)));
        Request::builder().header(header, value).extension(peer).body(Body::empty()).unwrap()
    }

    #[test]
    fn a_plain_request_id_is_kept_and_any_other_replaced() {
        let id = |value: &str| request_id(request(REQUEST_ID, value).headers());
        assert_eq!(id("till-7.2026_01"), "till-7.2026_01");
        for odd in ["", "a b", "a\"b", &"a".repeat(65)] {
            assert_ne!(id(odd), odd);
        }
    }

    #[test]
    fn a_forwarded_address_counts_only_behind_our_own_proxy() {
        let request = request(FORWARDED_FOR, "198.51.100.9, 203.0.113.5");
        assert_eq!(address(&request, false), IpAddr::from([192, 0, 2, 1]));
        assert_eq!(address(&request, true), IpAddr::from([203, 0, 113, 5]));
    }
}

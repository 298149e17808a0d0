//! GraphiQL at `/` in development, from files inside the program: it works without any network.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

const PAGE: &str = include_str!("../../assets/graphiql/index.html");
const START: &str = include_str!("../../assets/graphiql/start.js");
const PAGE_STYLE: &str = include_str!("../../assets/graphiql/page.css");
/// Compressed once, when they were checked in; every browser inflates them.
const SCRIPT: &[u8] = include_bytes!("../../assets/graphiql/graphiql.js.gz");
const STYLE: &[u8] = include_bytes!("../../assets/graphiql/graphiql.css.gz");

/// Only what lies beside the page runs; its editor sets styles of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The page and its files.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(|| async { ([(CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE)) }))
        .route("/graphiql/start.js", get(|| async { plain(JAVASCRIPT, START) }))
        .route("/graphiql/page.css", get(|| async { plain(CSS, PAGE_STYLE) }))
        .route("/graphiql/graphiql.js", get(|| async { inflated(JAVASCRIPT, SCRIPT) }))
        .route("/graphiql/graphiql.css", get(|| async { inflated(CSS, STYLE) }))
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

fn plain(content_type: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache")], text).into_response()
}

fn inflated(content_type: &'static str, bytes: &'static [u8]) -> Response {
    let headers =
        [(CONTENT_TYPE, content_type), (CONTENT_ENCODING, "gzip"), (CACHE_CONTROL, "max-age=3600")];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_from_elsewhere() {
        for text in [PAGE, START, PAGE_STYLE] {
            assert!(!text.contains("://"), "{text}");
        }
        assert!(SCRIPT.len() + STYLE.len() < 400_000);
    }
}

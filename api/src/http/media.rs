//! Content negotiation: which of our media types a client wants, and whether a body is JSON.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};

/// What an answer can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the status tells whether anything ran.
    GraphqlResponse,
    /// `application/json`: 200 whenever the request was well formed, for clients of old.
    Json,
    /// `text/event-stream`.
    Events,
}

impl Media {
    /// How it is named in `Content-Type`.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::Events => "text/event-stream; charset=utf-8",
        }
    }

    /// What the client wants most; `None` when we can't write it.
    pub(super) fn wanted(headers: &HeaderMap) -> Option<Self> {
        let mut ranges: Vec<_> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|range| !range.is_empty())
            .map(|range| (thousandths(range), range))
            .filter(|(weight, _)| *weight > 0)
            .collect();
        if ranges.is_empty() && !headers.contains_key(ACCEPT) {
            return Some(Self::Json);
        }
        // The sort is stable: of what is wanted alike, the first named wins.
        ranges.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        ranges.into_iter().find_map(|(_, range)| Self::of(essence(range)))
    }

    fn of(range: &str) -> Option<Self> {
        match range.to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => Some(Self::GraphqlResponse),
            "application/json" | "application/*" | "*/*" => Some(Self::Json),
            "text/event-stream" | "text/*" => Some(Self::Events),
            _ => None,
        }
    }
}

/// Whether the body says that it is JSON in UTF-8. Nothing else is read: a form of another site can
/// send everything but this.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let charset = parameters(value)
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .map_or("utf-8", |(_, charset)| charset.trim_matches('"'));
    essence(value).eq_ignore_ascii_case("application/json") && charset.eq_ignore_ascii_case("utf-8")
}

fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

fn parameters(value: &str) -> impl Iterator<Item = (&str, &str)> {
    value.split(';').skip(1).filter_map(|parameter| parameter.trim().split_once('='))
}

/// The weight of a media range, from 0 to 1000; what can't be read weighs nothing.
fn thousandths(range: &str) -> u32 {
    let Some((_, weight)) = parameters(range).find(|(name, _)| name.eq_ignore_ascii_case("q"))
    else {
        return 1000;
    };
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = format!("{whole}{fraction:0<3}");
    digits.parse().ok().filter(|weight| *weight <= 1000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    fn wanted(accept: &str) -> Option<Media> {
        Media::wanted(&headers(ACCEPT, accept))
    }

    #[test]
    fn who_wants_nothing_in_particular_gets_json() {
        assert_eq!(Media::wanted(&HeaderMap::new()), Some(Media::Json));
        assert_eq!(wanted("*/*"), Some(Media::Json));
        assert_eq!(wanted("text/html, application/xhtml+xml, */*;q=0.8"), Some(Media::Json));
    }

    #[test]
    fn the_heaviest_then_the_first_named_wins() {
        let both = "application/graphql-response+json, application/json";
        assert_eq!(wanted(both), Some(Media::GraphqlResponse));
        assert_eq!(wanted("application/json, text/event-stream"), Some(Media::Json));
        let weighed = "application/json;q=0.5, application/graphql-response+json;q=0.9";
        assert_eq!(wanted(weighed), Some(Media::GraphqlResponse));
        assert_eq!(wanted("application/json;q=0, text/event-stream"), Some(Media::Events));
    }

    #[test]
    fn what_we_cannot_write_is_said() {
        assert_eq!(wanted("text/html"), None);
        assert_eq!(wanted("application/json;q=0"), None);
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        let reads = |value: &str| is_json(&headers(CONTENT_TYPE, value));
        assert!(reads("application/json") && reads("Application/JSON; charset=\"UTF-8\""));
        assert!(!reads("text/plain") && !reads("application/x-www-form-urlencoded"));
        assert!(!reads("application/json; charset=latin1") && !reads("application/jsonp"));
        assert!(!is_json(&HeaderMap::new()));
    }
}

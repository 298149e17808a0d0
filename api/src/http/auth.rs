//! Who is asking: the bearer token of a request becomes an actor. Whether the token holds is for
//! the services to say.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use service::{Actor, Error};

use super::engine::Caller;
use super::gateway::Gateway;
use super::observe::Origin;
use super::rejection::Rejection;
use crate::graphql::error::Fault;

/// Who sends a request. Without a token it is nobody in particular; with one that doesn't hold, it
/// is refused.
pub(super) async fn caller(
    gateway: &Gateway,
    headers: &HeaderMap,
    origin: Origin,
) -> Result<Caller, Rejection> {
    let actor = match headers.get(AUTHORIZATION) {
        None => Actor::anonymous(),
        Some(value) => {
            let token = value.to_str().ok().and_then(bearer).ok_or(NO_BEARER)?;
            actor(gateway, token).await?
        }
    };
    Ok(origin.caller(actor))
}

const NO_BEARER: Error = Error::Unauthenticated("Authorization is a bearer token");

/// Whose token it is.
pub(super) async fn actor(gateway: &Gateway, token: &str) -> Result<Actor, Rejection> {
    let known = gateway.services.auth.authenticate(token, gateway.services.clock.now());
    let slow =
        |_| Rejection::new(Fault::Unavailable, "whose token it is took too long to find out");
    Ok(tokio::time::timeout(gateway.settings.timeout, known).await.map_err(slow)??)
}

/// The token of `Bearer …`; the scheme is read in any case.
pub(super) fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_is_one() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        for other in ["Basic abc", "abc", "Bearer", "Bearer "] {
            assert_eq!(bearer(other), None, "{other}");
        }
    }
}

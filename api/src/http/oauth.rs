//! Tokens: `POST /oauth/token`, for partners' machines with the client-credentials grant of RFC 6749,
//! and for members' apps with an ID token in exchange (RFC 8693); and the public keys that anyone may
//! check tokens with.
//!
//! Whether a secret or an ID token is right is for the services to say; here is only the shape of it.
//! Neither a secret nor a token is ever logged.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use service::auth::Issued;
use service::{Code, Error};

use super::gateway::Gateway;
use super::observe::Origin;

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What a client sends, as a form.
#[derive(Default, Deserialize)]
pub(super) struct Wish {
    grant_type: Option<String>,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    subject_token: Option<String>,
    subject_token_type: Option<String>,
}

/// What it gets.
#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
}

impl Granted {
    fn new(issued: Issued, now: DateTime<Utc>) -> Self {
        Self {
            access_token: issued.token,
            token_type: "Bearer",
            expires_in: (issued.expires_at - now).num_seconds(),
            scope: issued.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" "),
            issued_token_type: None,
        }
    }
}

/// Why it gets nothing: section 5.2.
#[derive(Debug)]
struct Denied {
    status: StatusCode,
    error: &'static str,
    description: String,
    retry_after_seconds: Option<u64>,
}

/// `POST /oauth/token`
pub(super) async fn token(
    State(gateway): State<Arc<Gateway>>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    form: Result<Form<Wish>, FormRejection>,
) -> Response {
    match grant(&gateway, &origin, &headers, form).await {
        Ok(granted) => no_store(Json(granted)),
        Err(denied) => denied.into_response(),
    }
}

async fn grant(
    gateway: &Gateway,
    origin: &Origin,
    headers: &HeaderMap,
    form: Result<Form<Wish>, FormRejection>,
) -> Result<Granted, Denied> {
    let Form(wish) = form.map_err(|error| Denied::request(error.body_text()))?;
    match wish.grant_type.as_deref() {
        Some("client_credentials") => to_client(gateway, origin, headers, wish).await,
        Some(TOKEN_EXCHANGE) => to_member(gateway, origin, wish).await,
        Some(_) => Err(Denied::new(
            "unsupported_grant_type",
            format!("use client_credentials, or {TOKEN_EXCHANGE}"),
        )),
        None => Err(Denied::request("grant_type is missing")),
    }
}

async fn to_client(
    gateway: &Gateway,
    origin: &Origin,
    headers: &HeaderMap,
    wish: Wish,
) -> Result<Granted, Denied> {
    let (client, secret) = credentials(headers, &wish)?;
    let scope = wish.scope.as_deref();
    let address = origin.address.to_string();
    let now = gateway.services.clock.now();
    let issued = gateway.services.auth.client_token(&client, &secret, scope, &address, now).await?;
    Ok(Granted::new(issued, now))
}

async fn to_member(gateway: &Gateway, origin: &Origin, wish: Wish) -> Result<Granted, Denied> {
    if wish.subject_token_type.as_deref() != Some(ID_TOKEN) {
        return Err(Denied::request(format!("subject_token_type must be {ID_TOKEN}")));
    }
    let id_token = wish.subject_token.ok_or_else(|| Denied::request("subject_token is missing"))?;
    let address = origin.address.to_string();
    let now = gateway.services.clock.now();
    let issued = gateway.services.auth.member_token(&id_token, &address, now).await;
    let issued = issued.map_err(|error| match error {
        Error::Forbidden(why) => Denied::new("invalid_grant", why),
        other => other.into(),
    })?;
    Ok(Granted { issued_token_type: Some(ACCESS_TOKEN), ..Granted::new(issued, now) })
}

/// The client's name and secret: by Basic authentication or in the form, not both.
fn credentials(headers: &HeaderMap, wish: &Wish) -> Result<(String, String), Denied> {
    let in_form = wish.client_id.clone().zip(wish.client_secret.clone());
    match (headers.get(AUTHORIZATION), in_form) {
        (Some(_), Some(_)) => {
            Err(Denied::request("give the secret once: in the header or the form"))
        }
        (Some(header), None) => {
            let given = header.to_str().ok().and_then(basic);
            given.ok_or_else(|| Denied::client("Authorization is no Basic credentials"))
        }
        (None, Some(given)) => Ok(given),
        (None, None) => Err(Denied::client("the client's id and secret are missing")),
    }
}

/// The two parts of `Basic …`, each form-encoded as RFC 6749 wants it.
fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client, secret) = decoded.split_once(':')?;
    Some((form_decoded(client)?, form_decoded(secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

impl Denied {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        let (status, description) = (StatusCode::BAD_REQUEST, description.into());
        Self { status, error, description, retry_after_seconds: None }
    }

    fn request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    fn client(description: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new("invalid_client", description) }
    }
}

impl From<Error> for Denied {
    fn from(error: Error) -> Self {
        match error {
            Error::Unauthenticated(_) => Self::client("unknown client or wrong secret"),
            Error::Forbidden(why) => Self::new("unauthorized_client", why),
            Error::Refused(refusal) if refusal.code == Code::IdentityProviderUnreachable => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                retry_after_seconds: Some(30),
                ..Self::new("temporarily_unavailable", refusal.message)
            },
            Error::Refused(refusal) => Self::request(refusal.message),
            Error::BadInput { message, .. } => Self::new("invalid_scope", message),
            Error::Throttled { retry_after_seconds } => Self {
                status: StatusCode::TOO_MANY_REQUESTS,
                retry_after_seconds: Some(retry_after_seconds),
                ..Self::new("temporarily_unavailable", "too many attempts; try again later")
            },
            Error::Overloaded { retry_after_seconds } => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                retry_after_seconds: Some(retry_after_seconds),
                ..Self::new("temporarily_unavailable", "too busy; try again in a moment")
            },
            other => {
                let error = service::error::with_causes(&other);
                tracing::error!(error, "no token could be issued");
                Self {
                    status: StatusCode::SERVICE_UNAVAILABLE,
                    ..Self::new("temporarily_unavailable", "try again in a moment")
                }
            }
        }
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "error": self.error,
            "error_description": self.description,
        });
        let mut response = no_store((self.status, Json(body)));
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"florin\""));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn no_store(body: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")], body).into_response()
}

/// `/.well-known/jwks.json`: the public halves of the keys that sign tokens.
pub(super) async fn keys(State(gateway): State<Arc<Gateway>>) -> Response {
    match gateway.services.auth.jwks(gateway.services.clock.now()).await {
        Ok(keys) => ([(CACHE_CONTROL, "public, max-age=300")], Json(keys)).into_response(),
        Err(error) => {
            tracing::error!(
                error = service::error::with_causes(&error),
                "the keys couldn't be read"
            );
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(header: Option<&str>, form: Option<(&str, &str)>) -> Result<(String, String), Denied> {
        let value = header.map(|value| HeaderValue::from_str(value).unwrap());
        let headers = HeaderMap::from_iter(value.map(|value| (AUTHORIZATION, value)));
        let (client_id, client_secret) =
            form.map(|(id, secret)| (id.into(), secret.into())).unzip();
        credentials(&headers, &Wish { client_id, client_secret, ..Wish::default() })
    }

    #[test]
    fn the_secret_comes_in_the_header_or_in_the_form() {
        let pair = ("cli_1".to_owned(), "a b:c".to_owned());
        let header = format!("Basic {}", BASE64_STANDARD.encode("cli_1:a+b%3Ac"));
        assert_eq!(given(Some(&header), None).unwrap(), pair);
        assert_eq!(given(None, Some(("cli_1", "a b:c"))).unwrap(), pair);
    }

    #[test]
    fn it_comes_once_and_in_full() {
        let header = format!("Basic {}", BASE64_STANDARD.encode("cli_1:secret"));
        assert_eq!(
            given(Some(&header), Some(("cli_1", "secret"))).unwrap_err().error,
            "invalid_request"
        );
        assert_eq!(given(None, None).unwrap_err().error, "invalid_client");
        for odd in ["Basic", "Basic %", "Bearer abc", "Basic YQ==", "Basic YTpiJQ=="] {
            assert_eq!(given(Some(odd), None).unwrap_err().error, "invalid_client", "{odd}");
        }
    }
}

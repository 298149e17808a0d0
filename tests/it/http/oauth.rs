//! `POST /oauth/token` as RFC 6749 shapes it, and the keys. What makes a good secret is tested with
//! the tokens themselves.

use serde_json::Value;

use super::Served;

async fn denied(form: &[(&str, &str)]) -> (u16, Value) {
    let served = Served::new().await;
    let response = served.post("/oauth/token").form(form).send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    if response.status() == 401 {
        assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    }
    (response.status().as_u16(), response.json::<Value>().await.unwrap()["error"].clone())
}

#[tokio::test]
async fn only_client_credentials_and_exchanges_of_id_tokens_are_granted() {
    assert_eq!(denied(&[("grant_type", "password")]).await, (400, "unsupported_grant_type".into()));
    let exchange = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
    let id_token = ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token");
    let access_token = ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token");
    let subject = ("subject_token", "a.b.c");
    for form in [&[exchange][..], &[exchange, id_token], &[exchange, access_token, subject]] {
        assert_eq!(denied(form).await, (400, "invalid_request".into()));
    }
    assert_eq!(denied(&[exchange, id_token, subject]).await, (400, "invalid_request".into()));
    assert_eq!(denied(&[("scope", "a")]).await, (400, "invalid_request".into()));
}

#[tokio::test]
async fn an_unknown_client_is_told_nothing_more() {
    let credentials = [("grant_type", "client_credentials")];
    assert_eq!(denied(&credentials).await, (401, "invalid_client".into()));
    let wrong = [credentials[0], ("client_id", "cli_nobody"), ("client_secret", "wrong")];
    assert_eq!(denied(&wrong).await, (401, "invalid_client".into()));
}

#[tokio::test]
async fn the_token_endpoint_takes_forms_only() {
    let served = Served::new().await;
    let body = serde_json::json!({ "grant_type": "client_credentials" });
    let response = served.post("/oauth/token").json(&body).send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(response.json::<Value>().await.unwrap()["error"], "invalid_request");
    assert_eq!(served.get("/oauth/token").send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn the_keys_are_public() {
    let served = Served::new().await;
    let keys: Value =
        served.get("/.well-known/jwks.json").send().await.unwrap().json().await.unwrap();
    assert!(keys["keys"].is_array());
}

//! Who comes in: a client by its secret, and nobody by another's door.

use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn a_revoked_client_gets_no_token() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let wish = json!({ "partnerId": grocer.id, "name": "web", "scopes": ["purchases:read"] });
    let new = world.operator.does("registerApiClient", "apiClient { id } secret", wish).await;
    let (id, secret) = (new["apiClient"]["id"].as_str().unwrap(), new["secret"].as_str().unwrap());
    let now = world.now();
    let auth = &world.services.auth;
    assert!(auth.client_token(id, secret, None, "here", now).await.is_ok());
    assert!(auth.client_token(id, "fls_guess", None, "here", now).await.is_err());
    assert!(auth.client_token(id, secret, Some("ledger:adjust"), "here", now).await.is_err());
    world
        .operator
        .does("revokeApiClient", "apiClient { revokedAt }", json!({ "apiClientId": id }))
        .await;
    assert!(auth.client_token(id, secret, None, "here", now).await.is_err());
    world.closes().await;
}

#[tokio::test]
async fn every_door_asks_who_is_there() {
    let world = World::new().await;
    let ana = world.member("C1").await;
    let code = |answer: &Value| {
        answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("OK").to_owned()
    };
    for (query, expected) in [
        ("{ members { nodes { id } } }", "FORBIDDEN"),
        ("{ adjustments { nodes { id } } }", "FORBIDDEN"),
        (
            "mutation { suspendMember(input: { memberId: \"mem_01h2xcejqtf2nbrexx3vqjhp41\" }) { member { id } } }",
            "FORBIDDEN",
        ),
        ("{ programme { code } }", "OK"),
    ] {
        assert_eq!(code(&ana.posts(query, json!({})).await), expected, "{query}");
    }
    world.closes().await;
}

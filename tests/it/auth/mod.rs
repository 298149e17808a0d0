//! Who comes in: a client by its secret, and nobody by another's door.

mod identities;

use chrono::TimeDelta;
use entity::ids::ApiClientId;
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use service::Who;

use crate::support::{Caller, World, payment, receipt};

/// `OK`, or the code of what a caller hears.
async fn hears(caller: &Caller, query: &str) -> String {
    let answer = caller.posts(query, json!({})).await;
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("OK").to_owned()
}

const ANYTHING: &str = "{ programme { code } }";

#[tokio::test]
async fn a_revoked_client_gets_no_token() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let wish = json!({ "partnerId": grocer.id, "name": "web", "scopes": ["purchases:read"] });
    let new = world.operator.does("registerApiClient", "apiClient { id } secret", wish).await;
    let (id, secret) = (new["apiClient"]["id"].as_str().unwrap(), new["secret"].as_str().unwrap());
    let now = world.now();
    let auth = &world.gateway.services.auth;
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
    for (query, expected) in [
        ("{ members { nodes { id } } }", "FORBIDDEN"),
        ("{ adjustments { nodes { id } } }", "FORBIDDEN"),
        (
            "mutation { suspendMember(input: { memberId: \"mem_01h2xcejqtf2nbrexx3vqjhp41\" }) { member { id } } }",
            "FORBIDDEN",
        ),
        ("{ programme { code } }", "OK"),
    ] {
        assert_eq!(hears(&ana, query).await, expected, "{query}");
    }
    world.closes().await;
}

#[tokio::test]
async fn a_token_ends_when_it_says() {
    let world = World::new().await;
    let ana = world.member("C1").await;
    let who = Who::Member(ana.id.parse().unwrap());
    let app = world.signs_in(who, TimeDelta::minutes(15)).await;
    assert_eq!(hears(&app, ANYTHING).await, "OK");
    world.seconds_pass(15 * 60 - 1);
    assert_eq!(hears(&app, ANYTHING).await, "OK");
    world.seconds_pass(1);
    assert_eq!(hears(&app, ANYTHING).await, "UNAUTHENTICATED");
    assert_eq!(hears(&ana, ANYTHING).await, "OK");
    world.closes().await;
}

#[tokio::test]
async fn who_is_stopped_is_out_within_a_minute_with_a_token_that_would_hold() {
    let world = World::new().await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let (bea, grocer) = (world.second_operator().await, world.partner("grocer").await);
    let client = json!({ "partnerId": grocer.id, "name": "web", "scopes": ["purchases:read"] });
    let client = world.operator.does("registerApiClient", "apiClient { id }", client).await;
    let client: ApiClientId = client["apiClient"]["id"].as_str().unwrap().parse().unwrap();
    let who = Who::Partner(grocer.id.parse().unwrap(), client);
    let web = world.signs_in(who, TimeDelta::minutes(15)).await;
    let stopped = [&bob, &bea, &web];
    for caller in [&ana, &bob, &bea, &web] {
        assert_eq!(hears(caller, ANYTHING).await, "OK");
    }

    let named = |member: &Caller| json!({ "memberId": member.id });
    world.operator.does("suspendMember", "member { id }", named(&ana)).await;
    world.operator.does("closeMember", "member { id }", named(&bob)).await;
    let revoked = json!({ "apiClientId": client });
    world.operator.does("revokeApiClient", "apiClient { id }", revoked).await;
    let books = Database::connect(world.books.url()).await.unwrap();
    let suspend = "update operator set suspended_at = created_at where name = 'bea'";
    books.execute_unprepared(suspend).await.unwrap();
    books.close().await.unwrap();
    world.seconds_pass(59);
    for caller in stopped {
        assert_eq!(hears(caller, ANYTHING).await, "UNAUTHENTICATED", "{}", caller.id);
    }
    assert_eq!(hears(&grocer, ANYTHING).await, "OK");
    // A suspended member sees what it has; the use cases let it spend nothing.
    assert_eq!(ana.asks("{ viewer { status } }").await["viewer"]["status"], "SUSPENDED");
    let gift = json!({ "to": { "cardNumber": "C1" }, "points": 1, "idempotencyKey": "g" });
    assert_eq!(ana.is_refused("transferPoints", gift).await.0, "MEMBER_SUSPENDED");
    world.closes().await;
}

#[tokio::test]
async fn a_suspended_partner_gives_back_what_it_owes_and_is_shut_out_of_all_else() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let sale = receipt("R1", "C1", "100.00", world.now());
    let sale = grocer.does("recordPurchase", "purchase { id }", sale).await;
    let wish = payment("C1", 30, "k1", world.now());
    let paid = grocer.does("payWithPoints", "entry { id }", wish).await;
    let look = "{ member(by: { cardNumber: \"C1\" }) { id } }";
    assert_eq!(hears(&grocer, look).await, "OK");

    let named = json!({ "partnerId": grocer.id });
    world.operator.does("suspendPartner", "partner { id }", named).await;
    world.seconds_pass(59);
    assert_eq!(hears(&grocer, look).await, "FORBIDDEN");
    let sale_again = receipt("R2", "C1", "100.00", world.now());
    assert_eq!(grocer.is_refused("recordPurchase", sale_again).await.0, "PARTNER_SUSPENDED");
    let payment_again = payment("C1", 1, "k2", world.now());
    assert_eq!(grocer.is_refused("payWithPoints", payment_again).await.0, "PARTNER_SUSPENDED");

    let claim = json!({ "member": { "cardNumber": "C1" } });
    assert_eq!(grocer.is_refused("claimPurchases", claim).await.0, "PARTNER_SUSPENDED");

    let undo = json!({ "paymentId": paid["entry"]["id"], "idempotencyKey": "k3" });
    grocer.does("reversePayment", "isReplayed", undo).await;
    let back = json!({ "purchaseId": sale["purchase"]["id"], "occurredAt": world.now(), "idempotencyKey": "k4" });
    grocer.does("returnPurchase", "isReplayed", back).await;
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    world.closes().await;
}

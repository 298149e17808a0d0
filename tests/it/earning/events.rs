//! What members do besides buying earns by the same rules.

use serde_json::{Value, json};

use super::{rules, world};
use crate::support::{Caller, World};

async fn declares(world: &World) {
    let review = json!({ "code": "review", "name": "Product review", "byPartners": true,
        "attributes": [{ "name": "stars", "kind": "NUMBER", "isRequired": true },
            { "name": "text", "kind": "TEXT" }, { "name": "verified", "kind": "FLAG" }] });
    world.operator.does("declareEventType", "eventType { code }", review).await;
    let profile = json!({ "code": "profile", "name": "Profile completed" });
    world.operator.does("declareEventType", "eventType { code }", profile).await;
}

fn review(key: &str, attributes: Value, world: &World) -> Value {
    json!({ "type": "review", "member": { "cardNumber": "C1" }, "attributes": attributes,
        "occurredAt": world.now(), "idempotencyKey": key })
}

const EVENT: &str = "points isReplay event { id type attributes points }";

async fn reports(who: &Caller, input: Value) -> Value {
    who.does("recordEvent", EVENT, input).await
}

#[tokio::test]
async fn a_review_earns_as_its_rules_say_and_once() {
    let (world, grocer, ana) = world().await;
    declares(&world).await;
    let operator = &world.operator;
    let long = json!({ "eventType": "review",
        "condition": "event.attributes.stars >= 1 && size(event.attributes.text) >= 10",
        "limits": [{ "period": "DAY", "count": 1 }] });
    rules(operator, "review", json!({ "fixed": { "points": 20 } }), long).await;
    let verified = json!({ "eventType": "review", "condition": "event.attributes.verified" });
    rules(operator, "verified", json!({ "fixed": { "points": 5 } }), verified).await;
    let text = json!({ "stars": 5, "text": "Very good bread", "verified": true });
    let first = reports(&grocer, review("a", text.clone(), &world)).await;
    assert_eq!((&first["points"], &first["isReplay"]), (&json!(25), &json!(false)));
    let again = reports(&grocer, review("a", text.clone(), &world)).await;
    assert_eq!((&again["points"], &again["isReplay"]), (&json!(25), &json!(true)));
    assert_eq!(again["event"]["id"], first["event"]["id"]);
    let other = json!({ "stars": 4, "text": "Very good bread" });
    let refused = grocer.is_refused("recordEvent", review("a", other, &world)).await;
    assert_eq!(refused.0, "IDEMPOTENCY_KEY_REUSED");
    let second = reports(&grocer, review("b", text, &world)).await;
    assert_eq!(second["points"], 5);
    assert_eq!(second["event"]["attributes"]["stars"], 5);
    assert_eq!(world.wallet(&ana).await, [30, 0, 0, 0]);
    let history = "{ viewer { wallet { history { nodes { reason { summary } } } } } }";
    let history = ana.asks(history).await["viewer"]["wallet"]["history"]["nodes"].clone();
    let summaries: Vec<_> =
        history.as_array().unwrap().iter().map(|own| own["reason"]["summary"].clone()).collect();
    assert!(
        summaries.contains(&json!("review earned 25 points: 20 for review, and 5 for verified.")),
        "{summaries:?}"
    );
    world.closes().await;
}

#[tokio::test]
async fn an_operator_reports_and_the_programme_pays() {
    let (world, _, ana) = world().await;
    declares(&world).await;
    let profile = json!({ "eventType": "profile", "limits": [{ "period": "EVER", "count": 1 }],
        "funding": [{ "shareBp": 10000, "price": "0.01" }], "budget": { "cost": "0.60" } });
    rules(&world.operator, "profile", json!({ "fixed": { "points": 50 } }), profile).await;
    let of = |key: &str, card: &str| {
        json!({ "type": "profile", "member": { "cardNumber": card },
        "occurredAt": world.now(), "idempotencyKey": key })
    };
    assert_eq!(reports(&world.operator, of("a", "C1")).await["points"], 50);
    world.seconds_pass(1);
    assert_eq!(reports(&world.operator, of("b", "C1")).await["points"], 0);
    world.member("C2").await;
    assert_eq!(reports(&world.operator, of("c", "C2")).await["points"], 10, "what was left");
    let seen = ana.asks("{ events { nodes { type points } } }").await["events"]["nodes"].clone();
    assert_eq!(
        seen,
        json!([{ "type": "profile", "points": 50 }, { "type": "profile", "points": 0 }])
    );
    world.closes().await;
}

#[tokio::test]
async fn sixteen_reports_with_one_key_are_one() {
    let (world, grocer, ana) = world().await;
    declares(&world).await;
    let of_type = json!({ "eventType": "review" });
    rules(&world.operator, "review", json!({ "fixed": { "points": 20 } }), of_type).await;
    let mut second = world.opens_gateway().await;
    let tills = [grocer.clone(), grocer.at(&second)];
    let all = (0..16).map(|n| {
        let (till, input) = (tills[n % 2].clone(), review("same", json!({ "stars": 3 }), &world));
        async move { reports(&till, input).await["points"].clone() }
    });
    let points = futures_util::future::join_all(all).await;
    assert!(points.iter().all(|points| *points == 20), "{points:?}");
    assert_eq!(world.wallet(&ana).await, [20, 0, 0, 0]);
    second.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn an_event_is_what_its_type_declares() {
    let (world, grocer, ana) = world().await;
    declares(&world).await;
    let wrong = [
        (json!({}), "attributes.stars"),
        (json!({ "stars": "five" }), "attributes.stars"),
        (json!({ "stars": 1.5 }), "attributes.stars"),
        (json!({ "stars": 1, "text": "x".repeat(201) }), "attributes.text"),
        (json!({ "stars": 1, "verified": "yes" }), "attributes.verified"),
        (json!({ "stars": 1, "colour": "red" }), "attributes.colour"),
    ];
    for (attributes, path) in wrong {
        let refused = grocer.is_refused("recordEvent", review("a", attributes, &world)).await;
        assert_eq!(refused, ("EVENT_ATTRIBUTE_INVALID".to_owned(), path.to_owned()));
    }
    let of = |kind: &str| {
        json!({ "type": kind, "member": { "cardNumber": "C1" },
        "occurredAt": world.now(), "idempotencyKey": "a" })
    };
    let refused = |code: &str, path: &str| (code.to_owned(), path.to_owned());
    let unknown = grocer.is_refused("recordEvent", of("dance")).await;
    assert_eq!(unknown, refused("EVENT_TYPE_NOT_FOUND", "type"));
    let for_operators = grocer.is_refused("recordEvent", of("profile")).await;
    assert_eq!(for_operators, refused("EVENT_TYPE_NOT_FOUND", "type"));
    let other = json!({ "code": "review", "name": "Product review",
        "attributes": [{ "name": "stars", "kind": "TEXT" }] });
    let changed = world.operator.is_refused("declareEventType", other).await;
    assert_eq!(changed, refused("EVENT_TYPE_INVALID", "attributes"));
    world.operator.does("closeMember", "member { id }", json!({ "memberId": ana.id })).await;
    let closed = grocer.is_refused("recordEvent", review("a", json!({ "stars": 1 }), &world)).await;
    assert_eq!(closed, refused("MEMBER_CLOSED", "member"));
    world.closes().await;
}

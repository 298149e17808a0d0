//! Payments and holds.

use serde_json::json;

use super::{nothing, refusal};
use crate::support::{World, payment, receipt};

#[tokio::test]
async fn payments_and_holds_that_are_not_there() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "50.00", world.now())).await;
    let capture =
        |hold: &str| json!({ "holdId": hold, "occurredAt": world.now(), "idempotencyKey": "c" });
    let refused = grocer.is_refused("captureHold", capture(&nothing("hld"))).await;
    assert_eq!(refused, refusal("HOLD_NOT_FOUND", "holdId"));
    let hold = json!({ "member": { "cardNumber": "C1" }, "points": 5, "idempotencyKey": "h" });
    let placed = grocer.does("placeHold", "hold { id }", hold).await;
    let theirs = placed["hold"]["id"].as_str().unwrap();
    assert_eq!(
        fuel.is_refused("captureHold", capture(theirs)).await,
        refusal("HOLD_NOT_FOUND", "holdId")
    );

    let mut early = capture(theirs);
    early["occurredAt"] = json!("2026-03-02T08:54:59Z");
    let refused = grocer.is_refused("captureHold", early.clone()).await;
    assert_eq!(refused, refusal("OCCURRED_BEFORE_HOLD", "occurredAt"));
    // The till's clock lags behind.
    early["occurredAt"] = json!("2026-03-02T08:55:00Z");
    grocer.does("captureHold", "isReplayed", early).await;

    let undo = |id: &str| json!({ "paymentId": id, "idempotencyKey": "u" });
    let refused = grocer.is_refused("reversePayment", undo(&nothing("ent"))).await;
    assert_eq!(refused, refusal("PAYMENT_NOT_FOUND", "paymentId"));
    let paid =
        grocer.does("payWithPoints", "entry { id }", payment("C1", 5, "p", world.now())).await;
    let theirs = paid["entry"]["id"].as_str().unwrap();
    assert_eq!(
        fuel.is_refused("reversePayment", undo(theirs)).await,
        refusal("PAYMENT_NOT_FOUND", "paymentId")
    );
    world.closes().await;
}

#[tokio::test]
async fn points_keys_references_and_moments_that_can_not_be() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "50.00", world.now())).await;
    let good = payment("C1", 5, "p", world.now());
    let long = "k".repeat(256);
    for (field, value, code) in [
        ("points", json!(0), "POINTS_INVALID"),
        ("points", json!(-5), "POINTS_INVALID"),
        ("points", json!(51), "INSUFFICIENT_POINTS"),
        ("points", json!(9_007_199_254_740_991_i64), "INSUFFICIENT_POINTS"),
        ("idempotencyKey", json!(""), "IDEMPOTENCY_KEY_INVALID"),
        ("idempotencyKey", json!(long), "IDEMPOTENCY_KEY_INVALID"),
        ("idempotencyKey", json!("a\u{7}b"), "IDEMPOTENCY_KEY_INVALID"),
        ("reference", json!("a\nb"), "REFERENCE_INVALID"),
        ("occurredAt", json!("2026-03-02T09:05:01Z"), "OCCURRED_IN_FUTURE"),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        assert_eq!(grocer.is_refused("payWithPoints", bad).await, refusal(code, field), "{field}");
    }
    let mut beyond = good.clone();
    beyond["points"] = json!(9_007_199_254_740_992_i64);
    let answer = grocer.sends("payWithPoints", "", beyond).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    world.closes().await;
}

#[tokio::test]
async fn what_was_done_is_answered_as_then_whatever_would_refuse_it_now() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    world.member("C2").await;
    let sale = receipt("R1", "C1", "90.00", world.now());
    grocer.does("recordPurchase", "points", sale.clone()).await;
    let pay = payment("C1", 10, "p", world.now());
    let hold = |key: &str| json!({ "member": { "cardNumber": "C1" }, "points": 20, "idempotencyKey": key });
    let gift = json!({ "to": { "cardNumber": "C2" }, "points": 5, "idempotencyKey": "g" });
    grocer.does("payWithPoints", "isReplayed", pay.clone()).await;
    let held = grocer.does("placeHold", "hold { id }", hold("h")).await;
    let capture =
        json!({ "holdId": held["hold"]["id"], "occurredAt": world.now(), "idempotencyKey": "c" });
    grocer.does("captureHold", "isReplayed", capture.clone()).await;
    ana.does("transferPoints", "isReplayed", gift.clone()).await;

    let suspended = json!({ "memberId": ana.id });
    world.operator.does("suspendMember", "member { id }", suspended).await;
    let roles = json!({ "partnerId": grocer.id, "expectedVersion": 1,
        "roles": { "isIssuer": false, "isAcceptor": false } });
    world.operator.does("updatePartner", "partner { version }", roles).await;
    world.days_pass(61).await;
    for (caller, mutation, wish) in [
        (&grocer, "recordPurchase", sale),
        (&grocer, "payWithPoints", pay),
        (&grocer, "placeHold", hold("h")),
        (&grocer, "captureHold", capture),
        (&ana, "transferPoints", gift),
    ] {
        let again = caller.does(mutation, "isReplayed", wish).await;
        assert_eq!(again["isReplayed"], true, "{mutation}");
    }
    assert_eq!(grocer.is_refused("placeHold", hold("other")).await.0, "PARTNER_ROLE_MISSING");
    assert_eq!(world.wallet(&ana).await, [55, 0, 0, 0]);
    world.closes().await;
}

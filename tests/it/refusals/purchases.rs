//! Receipts and what comes back of them.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::refusal;
use crate::support::{World, receipt};

/// The most that an amount of euros may be.
const MOST: &str = "100000000000.00";

#[tokio::test]
async fn amounts_that_are_too_large_alone_or_together() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    for amount in ["100000000000.01", "99999999999999999999.00", "1e5", "-1.00", "1.005"] {
        let sale = receipt("R1", "C1", amount, world.now());
        let answer = grocer.sends("recordPurchase", "", sale).await;
        let payload = &answer["data"]["recordPurchase"];
        let refused = crate::support::code(payload);
        let is_no_number = answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT";
        assert!(refused == "AMOUNT_INVALID" || is_no_number, "{amount}: {answer}");
    }
    let lines = |count: usize, amount: &str| -> Vec<Value> {
        (0..count).map(|_| json!({ "sku": "A", "amount": amount })).collect()
    };
    let mut sale = receipt("R1", "C1", "200000000000.00", world.now());
    sale["lines"] = json!(lines(2, MOST));
    let refused = grocer.is_refused("recordPurchase", sale.clone()).await;
    assert_eq!(refused, refusal("AMOUNT_INVALID", "total"));
    sale["lines"] = json!(lines(1001, "0.01"));
    assert_eq!(grocer.is_refused("recordPurchase", sale).await, refusal("LINES_TOO_MANY", "lines"));
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_wallet_that_would_hold_more_than_a_number_may_be() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let rate = json!({ "partnerId": grocer.id, "expectedVersion": 1,
        "baseRateMillipoints": 1_000_000_000 });
    world.operator.does("updatePartner", "partner { version }", rate).await;
    // A million points a euro: this sale alone passes 2^53 - 1 …
    let sale = receipt("R1", "C1", MOST, world.now());
    assert_eq!(grocer.is_refused("recordPurchase", sale).await, refusal("OVERFLOW", "lines"));
    // … and of these the second does.
    let sale = |number: &str| receipt(number, "C1", "5000000000.00", world.now());
    let first = grocer.does("recordPurchase", "points", sale("R2")).await;
    let points = first["points"].as_i64().unwrap();
    assert_eq!(points, 5_000_000_000_000_000);
    assert_eq!(grocer.is_refused("recordPurchase", sale("R3")).await.0, "OVERFLOW");
    assert_eq!(world.wallet(&ana).await, [points, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn returns_of_what_was_not_bought_or_came_back_before() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    let sale = receipt("R1", "C1", "50.00", world.now());
    let sale = grocer.does("recordPurchase", "purchase { id }", sale).await;
    let back = |key: &str, lines: Value| {
        json!({ "purchaseId": sale["purchase"]["id"], "occurredAt": world.now(),
            "idempotencyKey": key, "lines": lines })
    };
    for (lines, code, path) in [
        (json!([{ "line": 1 }]), "LINE_NOT_FOUND", "lines.0.line"),
        (json!([{ "line": 0, "quantity": 0 }]), "RETURN_EMPTY", "lines"),
        (json!([{ "line": 0, "quantity": 3 }]), "RETURN_EXCEEDS_PURCHASE", "lines.0.quantity"),
        (json!([{ "line": 0, "amount": "50.01" }]), "RETURN_EXCEEDS_PURCHASE", "lines.0.amount"),
    ] {
        let refused = grocer.is_refused("returnPurchase", back("k", lines)).await;
        assert_eq!(refused, refusal(code, path));
    }
    let mut early = back("k", json!(null));
    early["occurredAt"] = json!(world.now() - TimeDelta::seconds(1));
    let refused = grocer.is_refused("returnPurchase", early).await;
    assert_eq!(refused, refusal("OCCURRED_BEFORE_PURCHASE", "occurredAt"));
    grocer.does("returnPurchase", "isReplayed", back("k", json!(null))).await;
    let refused = grocer.is_refused("returnPurchase", back("other", json!(null))).await;
    assert_eq!(refused, refusal("RETURN_EXCEEDS_PURCHASE", "lines"));
    world.closes().await;
}

#[tokio::test]
async fn claims_of_what_is_another_s_or_too_old() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let kept = |number: &'static str| receipt(number, "C9", "40.00", world.now());
    let first = grocer.does("recordPurchase", "purchase { id }", kept("R1")).await;
    let second = grocer.does("recordPurchase", "purchase { id }", kept("R2")).await;
    let (ana, _) = (world.member("C1").await, world.member("C2").await);
    let claim = |card: &str, purchase: &Value| json!({ "member": { "cardNumber": card }, "purchaseId": purchase["purchase"]["id"] });
    grocer.does("claimPurchases", "purchases { id }", claim("C1", &first)).await;
    let refused = grocer.is_refused("claimPurchases", claim("C2", &first)).await;
    assert_eq!(refused, refusal("PURCHASE_ALREADY_CLAIMED", "purchaseId"));
    world.days_pass(91).await;
    let refused = grocer.is_refused("claimPurchases", claim("C2", &second)).await;
    assert_eq!(refused, refusal("CLAIM_PERIOD_OVER", "purchaseId"));
    assert_eq!(world.wallet(&ana).await, [40, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn history_that_would_slip_in_behind_what_a_wallet_has_done() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "40.00", world.now())).await;
    let before = world.now() - TimeDelta::days(3);
    let refused = world.backfills(&grocer, "R0", "C1", before).await.unwrap_err();
    assert_eq!(refused.code.name(), "BACKFILL_OUT_OF_ORDER");
    assert_eq!(world.wallet(&ana).await, [40, 0, 0, 0]);
    world.closes().await;
}

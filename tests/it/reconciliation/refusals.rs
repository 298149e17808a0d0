//! What is refused about records, periods, and what is to be recorded of them.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{HEADER, back, reconciles, record, sale};
use crate::support::{World, receipt};

fn is(found: (String, String), code: &str, path: &str) {
    assert_eq!(found, (code.to_owned(), path.to_owned()));
}

#[tokio::test]
async fn a_record_that_can_t_be_understood() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    world.seconds_pass(60);
    let at = world.now() - TimeDelta::seconds(30);
    let good = sale("R1", at, "1.00", "", "C1");
    let with = |csv: &str| {
        let mut wish = record(&world, "k", "");
        wish["csv"] = json!(csv);
        wish
    };
    let line = |line: &str| with(&format!("{HEADER}{good}{line}"));
    for (wish, code, path) in [
        (with(""), "RECORD_INVALID", "csv"),
        (with(HEADER), "RECORD_INVALID", "csv"),
        (with("kind,amount\n"), "RECORD_INVALID", "csv"),
        (with(&format!("{}{good}", HEADER.replace("amount", "sum"))), "RECORD_INVALID", "csv"),
        (line(&sale("R2", at, "1.001", "", "")), "RECORD_LINE_INVALID", "csv.3.amount"),
        (line(&sale("R2", at, "1.00", "x", "")), "RECORD_LINE_INVALID", "csv.3.points"),
        (line(&sale("", at, "1.00", "", "")), "RECORD_LINE_INVALID", "csv.3.receipt_number"),
        (
            line(&sale("R2", world.now(), "1.00", "", "")),
            "RECORD_LINE_INVALID",
            "csv.3.occurred_at",
        ),
        (line("SALE,now\n"), "RECORD_LINE_INVALID", "csv.3.line"),
        (line("\"SALE,now\n"), "RECORD_LINE_INVALID", "csv.3.line"),
        (with(&format!("{HEADER}{}", "x,x\n".repeat(10_001))), "RECORD_TOO_LARGE", "csv"),
    ] {
        is(grocer.is_refused("reconcile", wish).await, code, path);
    }
    // All that is wrong is told.
    let bad = [sale("", at, "x", "", ""), back("R1", at, "-1")].concat();
    let answer = grocer.tries("reconcile", "reconciliation { id }", line(&bad)).await;
    let told: Vec<_> =
        answer["userErrors"].as_array().unwrap().iter().map(|one| &one["path"]).collect();
    assert_eq!(
        json!(told),
        json!([["csv", "3", "receipt_number"], ["csv", "3", "amount"], ["csv", "4", "amount"]])
    );
    assert_eq!(
        answer["userErrors"][1]["message"],
        "Line 3, amount: \"x\" isn't an amount of EUR: digits, and at most 2 after one point."
    );
    world.closes().await;
}

#[tokio::test]
async fn a_period_that_is_none_and_a_key_that_is_another_s() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    world.seconds_pass(60);
    let at = world.now() - TimeDelta::seconds(1);
    let lines = sale("R1", at, "1.00", "", "C1");
    let with = |field: &str, value: Value| {
        let mut wish = record(&world, "k", &lines);
        wish[field] = value;
        wish
    };
    let later = |days: i64| json!(world.now() + TimeDelta::days(days));
    for (field, value, code, path) in [
        ("from", later(0), "PERIOD_INVALID", "until"),
        ("until", later(1), "PERIOD_INVALID", "until"),
        ("from", later(-93), "PERIOD_INVALID", "from"),
        ("idempotencyKey", json!(""), "IDEMPOTENCY_KEY_INVALID", "idempotencyKey"),
    ] {
        is(grocer.is_refused("reconcile", with(field, value)).await, code, path);
    }
    grocer.does("reconcile", "isReplayed", record(&world, "k", &lines)).await;
    let other = with("csv", json!(format!("{HEADER}{lines}{lines}")));
    is(grocer.is_refused("reconcile", other).await, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey");
    world.closes().await;
}

#[tokio::test]
async fn what_is_not_missing_or_another_s_can_t_be_recorded() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let at = world.now();
    world.member("C1").await;
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "10.00", at)).await;
    let lines = [sale("R1", at, "10.00", "", ""), back("R2", at, "1.00")].concat();
    let seen = reconciles(&world, &grocer, "k", &lines).await;
    let other = reconciles(&world, &grocer, "k2", "").await;
    let item = |of: &Value, place: usize| of["items"]["nodes"][place]["id"].clone();
    let wish = |items: Value| json!({ "reconciliationId": seen["id"], "itemIds": items, "idempotencyKey": "l" });
    let missing = item(&seen, 2);
    let (not_found, not_missing) =
        ("RECONCILIATION_ITEM_NOT_FOUND", "RECONCILIATION_ITEM_NOT_MISSING");
    for (items, code, path) in [
        (json!([missing, item(&seen, 0)]), not_missing, "itemIds.1"),
        (json!([item(&seen, 1)]), not_missing, "itemIds.0"),
        (json!([missing, missing]), not_found, "itemIds.1"),
        (json!([item(&other, 0)]), not_found, "itemIds.0"),
    ] {
        is(grocer.is_refused("recordMissingPurchases", wish(items)).await, code, path);
    }
    let of_grocer = json!({ "reconciliationId": seen["id"], "idempotencyKey": "l" });
    let refused = fuel.is_refused("recordMissingPurchases", of_grocer.clone()).await;
    is(refused, "RECONCILIATION_NOT_FOUND", "reconciliationId");
    let mut behind = of_grocer.clone();
    behind["afterItemId"] = item(&other, 0);
    is(grocer.is_refused("recordMissingPurchases", behind.clone()).await, not_found, "afterItemId");
    behind["itemIds"] = json!([missing]);
    for wish in [behind, wish(json!([])), wish(json!(vec![missing.clone(); 501]))] {
        let answer = grocer.sends("recordMissingPurchases", "", wish).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    }
    grocer.does("recordMissingPurchases", "isReplayed", of_grocer).await;
    let refused = grocer.is_refused("recordMissingPurchases", wish(json!([missing]))).await;
    is(refused, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey");
    world.closes().await;
}

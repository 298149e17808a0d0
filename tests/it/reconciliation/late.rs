//! Sales that were missing here, recorded from the record: each once, each with its own answer.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{ITEMS, outcomes, reconciles, sale, text};
use crate::support::{Caller, World, code, receipt};

const RESULTS: &str = "moreBehind isReplayed results { item { id receiptNumber } points isReplayed
    purchase { id receiptNumber } userErrors { code path } }";

fn wish(comparison: &Value, key: &str) -> Value {
    json!({ "reconciliationId": comparison["id"], "idempotencyKey": key })
}

/// What became of each.
fn told(payload: &Value) -> Vec<String> {
    let results = payload["results"].as_array().unwrap();
    let short = |one: &Value| {
        let number = one["item"]["receiptNumber"].as_str().unwrap();
        format!("{number} {} {}", code(one), one["points"])
    };
    results.iter().map(short).collect()
}

async fn shows(caller: &Caller, comparison: &Value) -> Value {
    let query = format!("{{ reconciliation(id: {}) {{ {ITEMS} }} }}", comparison["id"]);
    caller.asks(&query).await["reconciliation"].clone()
}

#[tokio::test]
async fn what_was_missing_is_recorded_with_the_checks_of_a_till() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let bob = world.member("C2").await;
    let long_ago = world.now();
    world.days_pass(70).await;
    world.operator.does("closeMember", "member { id }", json!({ "memberId": bob.id })).await;
    let at = world.now() - TimeDelta::days(10);
    let lines = [
        sale("R1", at, "10.00", "10", "C1"),
        sale("R2", at, "20.00", "", "C2"),
        sale("R3", at, "30.00", "", "C9"),
        sale("R4", long_ago, "40.00", "", "C1"),
        format!("SALE,{},R5,,50.00,,,4711,,\n", text(at)),
        format!("SALE,{},R6,77,60.00,,C1,,,\n", text(at)),
        sale("R1", at, "10.00", "", ""),
    ];
    let seen = reconciles(&world, &grocer, "k", &lines.concat()).await;
    let done = grocer.does("recordMissingPurchases", RESULTS, wish(&seen, "l")).await;
    assert_eq!(
        told(&done),
        [
            "R1 OK 10",
            "R2 MEMBER_CLOSED 0",
            "R3 OK 0",
            "R4 OCCURRED_TOO_LONG_AGO 0",
            "R5 MEMBER_NOT_FOUND 0",
            "R6 STORE_NOT_FOUND 0",
            "NOBODY OK 0",
        ]
    );
    assert_eq!((&done["moreBehind"], &done["isReplayed"]), (&json!(null), &json!(false)));
    assert_eq!(world.wallet(&ana).await, [10, 0, 0, 0]);

    // The comparison stays, and shows what has come since.
    let after = shows(&grocer, &seen).await;
    assert_eq!(outcomes(&after), outcomes(&seen));
    let items = &after["items"]["nodes"];
    assert_eq!(items[0]["purchase"]["id"], done["results"][0]["purchase"]["id"]);
    assert_eq!(items[1]["purchase"], json!(null));
    let anew = reconciles(&world, &grocer, "k2", &lines.concat()).await;
    assert_eq!(outcomes(&anew)[0], "SALE R1 MATCHED");
    assert_eq!(outcomes(&anew)[2], "SALE R3 MATCHED");
    world.closes().await;
}

#[tokio::test]
async fn a_receipt_is_recorded_once_however_often_and_by_whom_it_is_asked_for() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let at = world.now();
    let lines = [sale("R1", at, "10.00", "", "C1"), sale("R2", at, "20.00", "", "C1")].concat();
    let seen = reconciles(&world, &grocer, "k", &lines).await;
    let (one, other, third) = tokio::join!(
        grocer.does("recordMissingPurchases", RESULTS, wish(&seen, "l")),
        grocer.does("recordMissingPurchases", RESULTS, wish(&seen, "l")),
        grocer.does("recordMissingPurchases", RESULTS, wish(&seen, "other")),
    );
    let again = grocer.does("recordMissingPurchases", RESULTS, wish(&seen, "l")).await;
    for payload in [&one, &other, &third, &again] {
        assert_eq!(told(payload), ["R1 OK 10", "R2 OK 20", "NOBODY OK 0"]);
        assert_eq!(payload["results"][0]["purchase"]["id"], one["results"][0]["purchase"]["id"]);
    }
    assert_ne!(one["isReplayed"], other["isReplayed"]);
    assert_eq!(
        (&again["isReplayed"], &again["results"][0]["isReplayed"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(world.wallet(&ana).await, [30, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn items_are_recorded_by_name_and_what_the_till_sent_meanwhile_stands() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let at = world.now();
    let lines = [sale("R1", at, "10.00", "", "C1"), sale("R2", at, "20.00", "", "C1")].concat();
    let seen = reconciles(&world, &grocer, "k", &lines).await;
    let items = &seen["items"]["nodes"];
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "10.00", at)).await;
    let mut named = wish(&seen, "l");
    named["itemIds"] = json!([items[1]["id"], items[0]["id"]]);
    let done = grocer.does("recordMissingPurchases", RESULTS, named).await;
    assert_eq!(told(&done), ["R2 OK 20", "R1 RECEIPT_REUSED 0"]);
    let mut behind = wish(&seen, "m");
    behind["afterItemId"] = items[1]["id"].clone();
    let done = grocer.does("recordMissingPurchases", RESULTS, behind).await;
    assert_eq!(told(&done), ["NOBODY OK 0"]);
    assert_eq!(world.wallet(&ana).await, [30, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_record_as_a_spreadsheet_writes_it_names_buyers_by_customer_number() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R0", "C1", "1.00", world.now())).await;
    let known = json!({ "memberId": ana.id, "partnerReference": "4711" });
    grocer.does("setPartnerReference", "member { id }", known).await;
    let at = text(world.now());
    world.seconds_pass(60);
    let csv = format!(
        "\u{feff}customer_number;amount;receipt_number;occurred_at;kind\r\n\
         4711;\"12,50\";\"R;1\";{at};Sale\r\n;;;;\r\n"
    );
    let mut record = super::record(&world, "k", "");
    record["csv"] = json!(csv);
    let seen = grocer.does("reconcile", "reconciliation { id lineCount }", record).await;
    assert_eq!(seen["reconciliation"]["lineCount"], 1);
    let late = wish(&seen["reconciliation"], "l");
    let done = grocer.does("recordMissingPurchases", RESULTS, late).await;
    assert_eq!(told(&done), ["R;1 OK 12"]);
    assert_eq!(world.wallet(&ana).await, [13, 0, 0, 0]);
    world.closes().await;
}

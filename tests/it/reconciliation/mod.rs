//! A partner's own record of a period, compared with the books; and what was missing, recorded late.

mod late;
mod refusals;
mod size;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{Caller, World, payment, receipt};

const HEADER: &str = "kind,occurred_at,receipt_number,store_code,amount,points,card_number,\
    customer_number,payment,sold_on\n";

const ITEMS: &str =
    "items(first: 100) { nodes { id line repeatsLine kind outcome receiptNumber storeCode
    payment amountThere { amount } amountHere { amount } pointsThere pointsHere
    purchase { id receiptNumber } purchaseReturn { id } entry { kind points } } }";

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339()
}

fn sale(number: &str, at: DateTime<Utc>, amount: &str, points: &str, card: &str) -> String {
    format!("SALE,{},{number},,{amount},{points},{card},,,\n", text(at))
}

fn back(number: &str, at: DateTime<Utc>, amount: &str) -> String {
    format!("RETURN,{},{number},,{amount},,,,,\n", text(at))
}

fn paid(name: &str, at: DateTime<Utc>, points: i64) -> String {
    format!("PAYMENT,{},,,,{points},,,{name},\n", text(at))
}

/// A record of the last ninety days, until now.
fn record(world: &World, key: &str, lines: &str) -> Value {
    json!({ "from": world.now() - TimeDelta::days(90), "until": world.now(),
        "csv": format!("{HEADER}{lines}"), "idempotencyKey": key })
}

/// The comparison of these lines, and of a sale that nobody knows.
pub(crate) async fn reconciles(world: &World, partner: &Caller, key: &str, lines: &str) -> Value {
    world.seconds_pass(60);
    let before = world.now() - TimeDelta::seconds(1);
    let lines = format!("{lines}{}", sale("NOBODY", before, "1.00", "", ""));
    let result = format!("reconciliation {{ id lineCount {ITEMS} }} isReplayed");
    partner.does("reconcile", &result, record(world, key, &lines)).await["reconciliation"].clone()
}

fn outcomes(comparison: &Value) -> Vec<String> {
    let items = comparison["items"]["nodes"].as_array().unwrap();
    let told = |item: &Value, field: &str| item[field].as_str().unwrap_or("-").to_owned();
    let short = |item: &Value| {
        let name = item["receiptNumber"].as_str().or(item["payment"].as_str()).unwrap_or("-");
        format!("{} {name} {}", told(item, "kind"), told(item, "outcome"))
    };
    items.iter().map(short).collect()
}

/// What the grocer sold, took back and was paid in, on one morning.
async fn morning(world: &World, grocer: &Caller) -> DateTime<Utc> {
    let at = world.now();
    let mut first = Value::Null;
    for (number, amount) in [("R1", "10.00"), ("R2", "20.00"), ("R3", "30.00"), ("R4", "40.00")] {
        let sold = receipt(number, "C1", amount, at);
        let sold = grocer.does("recordPurchase", "purchase { id }", sold).await;
        if first.is_null() {
            first = sold["purchase"]["id"].clone();
        }
    }
    for (key, points, reference) in [("p1", 5, None), ("p2", 3, Some("till-2")), ("p3", 2, None)] {
        let mut wish = payment("C1", points, key, at);
        wish["reference"] = json!(reference);
        let entry = grocer.does("payWithPoints", "entry { id }", wish).await;
        if key == "p3" {
            let undo = json!({ "paymentId": entry["entry"]["id"], "idempotencyKey": "u" });
            grocer.does("reversePayment", "isReplayed", undo).await;
        }
    }
    let goods = json!({ "purchaseId": first, "occurredAt": at, "idempotencyKey": "b",
        "lines": [{ "line": 0, "quantity": 1 }] });
    grocer.does("returnPurchase", "isReplayed", goods).await;
    at
}

#[tokio::test]
async fn every_line_of_a_record_is_answered_and_what_it_lacks_is_told() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    let at = morning(&world, &grocer).await;
    let lines = [
        sale("R1", at, "10.00", "10", "C1"),
        sale("R2", at, "21.00", "21", "C1"),
        sale("R3", at, "30.00", "31", "C1"),
        sale("R1", at, "10.00", "", ""),
        back("R1", at, "5.00"),
        back("R2", at, "5.00"),
        paid("p1", at, 5),
        paid("till-2", at, 4),
        paid("p9", at, 1),
    ];
    let seen = reconciles(&world, &grocer, "k", &lines.concat()).await;
    assert_eq!(
        outcomes(&seen),
        [
            "SALE R1 MATCHED",
            "SALE R2 DIFFERENT_AMOUNT",
            "SALE R3 DIFFERENT_POINTS",
            "SALE R1 REPEATED",
            "RETURN R1 MATCHED",
            "RETURN R2 MISSING_HERE",
            "PAYMENT p1 MATCHED",
            "PAYMENT till-2 DIFFERENT_POINTS",
            "PAYMENT p9 MISSING_HERE",
            "SALE NOBODY MISSING_HERE",
            "SALE R4 MISSING_THERE",
        ]
    );
    assert_eq!(seen["lineCount"], 10);
    let items = &seen["items"]["nodes"];
    assert_eq!(items[1]["amountHere"]["amount"], "20.00");
    assert_eq!((&items[1]["pointsThere"], &items[1]["pointsHere"]), (&json!(21), &json!(20)));
    assert_eq!(items[1]["purchase"]["receiptNumber"], "R2");
    assert_eq!(items[1]["entry"], json!({ "kind": "EARNED", "points": 20 }));
    assert_eq!((&items[3]["line"], &items[3]["repeatsLine"]), (&json!(5), &json!(2)));
    assert_eq!(items[4]["entry"]["kind"], "RETURNED");
    assert!(items[4]["purchaseReturn"]["id"].is_string());
    assert_eq!(items[7]["entry"], json!({ "kind": "PAID", "points": 3 }));
    assert_eq!(items[10]["line"], json!(null));
    assert_eq!(items[10]["pointsHere"], 40);
    world.closes().await;
}

#[tokio::test]
async fn a_comparison_is_counted_filtered_and_written_as_a_file() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    let at = morning(&world, &grocer).await;
    let lines = [sale("R1", at, "10.00", "10", "C1"), sale("=1+1", at, "7.00", "7", "")].concat();
    let seen = reconciles(&world, &grocer, "k", &lines).await;
    let id = seen["id"].as_str().unwrap();
    let query = format!(
        "{{ reconciliation(id: \"{id}\") {{ partner {{ code }} file
        totals {{ kind outcome count amountThere {{ amount }} amountHere {{ amount }} pointsThere pointsHere }}
        items(first: 1, outcome: MISSING_HERE, kind: SALE) {{ nodes {{ receiptNumber }}
            pageInfo {{ hasNextPage endCursor }} }} }} }}"
    );
    let told = grocer.asks(&query).await["reconciliation"].clone();
    assert_eq!(world.operator.asks(&query).await["reconciliation"], told);
    assert_eq!(told["items"]["nodes"], json!([{ "receiptNumber": "=1+1" }]));
    assert_eq!(told["items"]["pageInfo"]["hasNextPage"], true);
    let total = |kind: &str, outcome: &str| {
        let all = told["totals"].as_array().unwrap();
        let one = all.iter().find(|one| one["kind"] == kind && one["outcome"] == outcome).unwrap();
        let amount = |side: &str| one[side]["amount"].as_str().unwrap().to_owned();
        let points = |side: &str| one[side].as_i64().unwrap();
        (
            one["count"].as_i64().unwrap(),
            (amount("amountThere"), amount("amountHere")),
            (points("pointsThere"), points("pointsHere")),
        )
    };
    let money = |there: &str, here: &str| (there.to_owned(), here.to_owned());
    assert_eq!(total("SALE", "MATCHED"), (1, money("10.00", "10.00"), (10, 10)));
    assert_eq!(total("SALE", "MISSING_HERE"), (2, money("8.00", "0.00"), (7, 0)));
    assert_eq!(total("SALE", "MISSING_THERE"), (3, money("0.00", "90.00"), (0, 90)));
    // What was undone isn't missing there.
    assert_eq!(total("PAYMENT", "MISSING_THERE"), (2, money("0.00", "0.00"), (0, 8)));
    let file: Vec<&str> = told["file"].as_str().unwrap().split("\r\n").collect();
    assert!(file[0].starts_with("line,kind,outcome,repeats_line,receipt_number"), "{}", file[0]);
    assert!(
        file[1].starts_with("2,SALE,MATCHED,,R1,,,2026-03-02T09:00:00Z,C1,,10.00,10.00,10,10,pur_")
    );
    assert!(file[2].starts_with("3,SALE,MISSING_HERE,,'=1+1,,,"), "{}", file[2]);
    assert_eq!(file.len(), 1 + 3 + 3 + 1 + 2 + 1);
    world.closes().await;
}

#[tokio::test]
async fn a_partner_sees_its_own_comparisons_and_nobody_else_s() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let ana = world.member("C1").await;
    let seen = reconciles(&world, &grocer, "k", "").await;
    let item = &seen["items"]["nodes"][0]["id"];
    let list = "{ reconciliations { nodes { id } } }";
    let nodes = json!({ "ids": [seen["id"], item] });
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    for (caller, sees) in [(&grocer, true), (&world.operator, true), (&fuel, false)] {
        let listed = caller.asks(list).await["reconciliations"]["nodes"].clone();
        assert_eq!(listed, if sees { json!([{ "id": seen["id"] }]) } else { json!([]) });
        let found = caller.posts(document, nodes.clone()).await["data"]["nodes"].clone();
        assert_eq!(found[0]["__typename"] == "Reconciliation", sees);
        assert_eq!(found[1]["__typename"] == "ReconciliationItem", sees);
        let one = format!("{{ reconciliation(id: {}) {{ id }} }}", seen["id"]);
        assert_eq!(caller.asks(&one).await["reconciliation"]["id"] == seen["id"], sees);
    }
    let found = ana.posts(document, nodes).await["data"]["nodes"].clone();
    assert_eq!(found, json!([null, null]));
    let of_fuel = format!("{{ reconciliations(partnerId: \"{}\") {{ nodes {{ id }} }} }}", fuel.id);
    let answer = grocer.posts(&of_fuel, json!({})).await;
    assert!(!answer["errors"].is_null(), "{answer}");
    assert_eq!(world.operator.asks(&of_fuel).await["reconciliations"]["nodes"], json!([]));
    world.closes().await;
}

#[tokio::test]
async fn a_record_is_compared_once_under_a_key_however_often_and_at_once() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    world.seconds_pass(60);
    let before = world.now() - TimeDelta::seconds(1);
    let wish = record(&world, "k", &sale("R1", before, "1.00", "", ""));
    let result = "reconciliation { id } isReplayed";
    let (one, other) = tokio::join!(
        grocer.does("reconcile", result, wish.clone()),
        grocer.does("reconcile", result, wish.clone()),
    );
    assert_eq!(one["reconciliation"]["id"], other["reconciliation"]["id"]);
    assert_ne!(one["isReplayed"], other["isReplayed"]);
    // Whatever has come into the books since, it is the first comparison.
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "1.00", before)).await;
    let again =
        grocer.does("reconcile", &format!("{result} reconciliation {{ {ITEMS} }}"), wish).await;
    assert_eq!(again["isReplayed"], true);
    assert_eq!(again["reconciliation"]["id"], one["reconciliation"]["id"]);
    assert_eq!(outcomes(&again["reconciliation"]), ["SALE R1 MISSING_HERE"]);
    let anew = reconciles(&world, &grocer, "k2", &sale("R1", before, "1.00", "", "")).await;
    assert_eq!(outcomes(&anew)[0], "SALE R1 MATCHED");
    world.closes().await;
}

#[tokio::test]
async fn receipts_of_tills_that_restart_their_numbers_are_told_by_store_and_day() {
    let world = World::new().await;
    let (grocer, _) = (world.partner_by("grocer", "STORE_DAY").await, world.member("C1").await);
    for code in ["1", "2"] {
        let store = json!({ "partnerId": grocer.id, "code": code, "name": code });
        world.operator.does("addStore", "store { id }", store).await;
    }
    let monday = world.now();
    let mut sold = receipt("17", "C1", "10.00", monday);
    sold["storeCode"] = json!("1");
    let sold = grocer.does("recordPurchase", "purchase { id }", sold).await;
    world.days_pass(1).await;
    let tuesday = world.now();
    let goods = json!({ "purchaseId": sold["purchase"]["id"], "occurredAt": tuesday, "idempotencyKey": "b" });
    grocer.does("returnPurchase", "isReplayed", goods).await;
    let line = |kind: &str, at, store: &str, sold_on: &str| {
        format!("{kind},{},17,{store},10.00,,,,,{sold_on}\n", text(at))
    };
    let lines = [
        line("SALE", monday, "1", ""),
        line("SALE", monday, "2", ""),
        line("SALE", tuesday, "1", ""),
        line("SALE", monday, "9", ""),
        line("RETURN", tuesday, "1", "2026-03-02"),
        line("RETURN", tuesday, "1", "2026-03-03"),
    ];
    world.seconds_pass(1);
    let result = format!("reconciliation {{ {ITEMS} }}");
    let seen = grocer.does("reconcile", &result, record(&world, "k", &lines.concat())).await;
    assert_eq!(
        outcomes(&seen["reconciliation"]),
        [
            "SALE 17 MATCHED",
            "SALE 17 MISSING_HERE",
            "SALE 17 MISSING_HERE",
            "SALE 17 MISSING_HERE",
            "RETURN 17 MATCHED",
            "RETURN 17 MISSING_HERE",
        ]
    );
    world.closes().await;
}

//! Records of thousands of lines: the same answers, by as many statements as few lines take.

use chrono::{DateTime, TimeDelta, Utc};
use entity::purchases::purchase::{Channel, Line};
use serde_json::{Value, json};
use service::members::MemberRef;
use service::purchases::{Mode, Receipt};
use service::{Actor, Scope};

use super::{record, sale};
use crate::support::wire::Wire;
use crate::support::{Caller, World};

const RECONCILE: &str = "mutation($input: ReconcileInput!) { reconcile(input: $input) {
    reconciliation { id file totals { kind outcome count } } userErrors { code path message } } }";

/// Receipts of a euro each, from the partner's own back office.
async fn records(world: &World, partner: &Caller, count: usize, card: Option<&str>) {
    let until = world.now() + TimeDelta::days(1);
    let actor = Actor::new(world.programme, partner.who, Scope::ALL.to_vec(), until);
    let receipt = |number: usize| Receipt {
        partner: partner.id.parse().unwrap(),
        store_code: None,
        receipt_number: format!("R{number}"),
        member: card.map(|card| MemberRef::Card(card.to_owned())),
        channel: Channel::Store,
        occurred_at: world.now(),
        currency: "EUR".parse().unwrap(),
        total_minor: 100,
        lines: vec![Line {
            sku: "A1".to_owned(),
            category: None,
            brand: None,
            quantity: 1,
            amount_minor: 100,
            discount_minor: 0,
        }],
        coupons: Vec::new(),
        coupon_minor: Vec::new(),
    };
    let receipts: Vec<Receipt> = (0..count).map(receipt).collect();
    for batch in receipts.chunks(500) {
        let purchases = &world.gateway.services.purchases;
        let answers = purchases.record_many(&actor, batch.to_vec(), Mode::Live).await.unwrap();
        assert!(answers.iter().all(Result::is_ok));
    }
}

fn lines(from: usize, count: usize, at: DateTime<Utc>) -> String {
    (from..from + count).map(|number| sale(&format!("R{number}"), at, "1.00", "1", "C1")).collect()
}

fn counts(answer: &Value) -> Vec<(String, i64)> {
    let payload = &answer["data"]["reconcile"];
    assert_eq!(payload["userErrors"], json!([]), "{answer}");
    let totals = payload["reconciliation"]["totals"].as_array().unwrap();
    let short =
        |one: &Value| (one["outcome"].as_str().unwrap().to_owned(), one["count"].as_i64().unwrap());
    totals.iter().map(short).collect()
}

#[tokio::test]
async fn five_thousand_lines_are_compared_and_six_hundred_recorded() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let at = world.now();
    records(&world, &grocer, 4_410, Some("C1")).await;
    world.seconds_pass(60);
    let wish = record(&world, "k", &lines(10, 5_000, at));
    let answer = grocer.posts_batch(RECONCILE, json!({ "input": wish })).await;
    let count = |outcome: &str, count: i64| (outcome.to_owned(), count);
    let found = counts(&answer);
    assert_eq!(
        found,
        [count("MATCHED", 4_400), count("MISSING_HERE", 600), count("MISSING_THERE", 10)]
    );
    let seen = &answer["data"]["reconcile"]["reconciliation"];
    assert_eq!(seen["file"].as_str().unwrap().matches("\r\n").count(), 5_011);

    let mut wish = json!({ "reconciliationId": seen["id"], "idempotencyKey": "l" });
    let result = "moreBehind results { userErrors { code } }";
    let first = grocer.does("recordMissingPurchases", result, wish.clone()).await;
    assert_eq!(first["results"].as_array().unwrap().len(), 500);
    wish["afterItemId"] = first["moreBehind"].clone();
    wish["idempotencyKey"] = json!("m");
    let rest = grocer.does("recordMissingPurchases", result, wish).await;
    assert_eq!(rest["results"].as_array().unwrap().len(), 100);
    assert_eq!(rest["moreBehind"], json!(null));
    assert_eq!(world.wallet(&ana).await, [5_010, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_period_of_more_than_may_be_compared_is_refused() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let at = world.now();
    records(&world, &grocer, 10_001, None).await;
    world.seconds_pass(60);
    let refused = grocer.is_refused("reconcile", record(&world, "k", &lines(0, 1, at))).await;
    assert_eq!(refused, ("PERIOD_TOO_LARGE".to_owned(), "from".to_owned()));
    world.closes().await;
}

#[tokio::test]
async fn many_lines_take_as_many_statements_as_few() {
    let world = World::new().await;
    if let Some(wire) = Wire::to(&world.books.location()).await {
        let mut gateway = world.opens_gateway_at(&wire.location()).await;
        let grocer = world.partner("grocer").await.at(&gateway);
        world.member("C1").await;
        let at = world.now();
        records(&world, &grocer, 600, Some("C1")).await;
        world.seconds_pass(60);
        let mut statements = Vec::new();
        // What is cached gets read by the first.
        for (key, count) in [("k0", 1), ("k1", 1), ("k2", 500)] {
            let wish = record(&world, key, &lines(0, count, at));
            let answer = grocer.posts_batch(RECONCILE, json!({ "input": wish })).await;
            assert_eq!(counts(&answer)[0].0, "MATCHED");
            statements.push(wire.counts().run);
        }
        assert_eq!(statements[1], statements[2]);
        gateway.stops().await;
    }
    world.closes().await;
}

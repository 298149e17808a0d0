//! Texts that aren't what they should be: ids, cursors, moments, amounts, currencies, time zones.

use serde_json::{Value, json};

use super::refusal;
use crate::support::{Caller, World, receipt};

/// The message of the only error of an answer, which is the caller's fault.
async fn fault(caller: &Caller, query: &str) -> String {
    let answer = caller.posts(query, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{query}: {answer}");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer}");
    answer["errors"][0]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn ids_and_cursors_that_are_none() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    for number in ["R1", "R2", "R3"] {
        grocer.does("recordPurchase", "points", receipt(number, "C1", "1.00", world.now())).await;
    }
    let operator = &world.operator;
    let partner = format!("{{ member(by: {{ id: \"{}\" }}) {{ id }} }}", grocer.id);
    assert!(fault(operator, &partner).await.contains("expected mem_"), "another kind of id");
    assert!(fault(operator, "{ member(by: { id: \"mem_\" }) { id } }").await.contains("mem_"));
    assert!(fault(operator, "{ members(after: \"?\") { nodes { id } } }").await.contains("after"));

    let page = grocer.asks("{ purchases(first: 1) { pageInfo { endCursor } } }").await;
    let cursor = page["purchases"]["pageInfo"]["endCursor"].as_str().unwrap();
    let elsewhere = format!("{{ members(after: \"{cursor}\") {{ nodes {{ id }} }} }}");
    assert!(fault(operator, &elsewhere).await.contains("not a cursor of this list"));
    for (arguments, about) in [
        ("first: 0", "first goes from 1 to 100"),
        ("last: 101", "last goes from 1 to 100"),
        ("first: 1, last: 1", "can't be given together"),
    ] {
        let query = format!("{{ viewer {{ history({arguments}) {{ nodes {{ id }} }} }} }}");
        assert!(fault(&ana, &query).await.contains(about), "{arguments}");
    }
    world.closes().await;
}

#[tokio::test]
async fn moments_and_currencies_that_are_none() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    let good = receipt("R1", "C1", "10.00", world.now());
    for (pointer, value, about) in [
        ("/occurredAt", json!("yesterday"), "$input.occurredAt: a moment such as"),
        ("/occurredAt", json!("2026-03-02 09:00"), "$input.occurredAt: a moment such as"),
        ("/occurredAt", json!(0), "$input.occurredAt: "),
        ("/total/currencyCode", json!("EURO"), "$input.total.currencyCode: not an ISO 4217"),
        ("/total/amount", json!(10.0), "$input.total.amount: "),
        ("/lines/0/amount", json!("ten"), "$input.lines.0.amount: "),
        ("/lines/0/quantity", json!(1.5), "$input.lines.0.quantity: "),
        ("/lines/0/quantity", json!("1"), "$input.lines.0.quantity: "),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let answer: Value = grocer.sends("recordPurchase", "", bad).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{pointer}: {answer}");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with(about), "{pointer}: {message}");
    }
    world.closes().await;
}

#[tokio::test]
async fn a_time_zone_that_is_none() {
    let world = World::new().await;
    let zone = json!({ "expectedVersion": 1, "timeZone": "Mars/Olympus" });
    let refused = world.operator.is_refused("updateProgramme", zone).await;
    assert_eq!(refused, refusal("TIME_ZONE_UNKNOWN", "timeZone"));
    world.closes().await;
}

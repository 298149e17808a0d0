//! Busy writes share commits, and no caller can tell: not when others are refused or go away, not when
//! transactions collide, not when the queue is full or the gateway stops.

mod statements;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::block::Block;
use crate::support::{Caller, World, code, payment, receipt};

/// As many as one request may hold.
const REQUEST: usize = 500;

/// Sends it on a task of its own.
fn begins(caller: &Caller, mutation: &'static str, input: Value) -> JoinHandle<Value> {
    let caller = caller.clone();
    tokio::spawn(async move { caller.sends(mutation, "isReplayed", input).await })
}

/// Long enough for what was sent to be queued.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

/// A request of so many receipts of one point each.
fn receipts(name: &str, count: usize, card: &str, world: &World) -> Value {
    let sale = |place| receipt(&format!("{name}-{place}"), card, "1.00", world.now());
    json!({ "purchases": (0..count).map(sale).collect::<Vec<_>>() })
}

async fn records(till: &Caller, input: Value) -> Value {
    let document = "mutation($input: RecordPurchasesInput!) { recordPurchases(input: $input) \
         { results { isReplayed userErrors { code } } } }";
    till.posts(document, json!({ "input": input })).await
}

#[tokio::test]
async fn those_who_share_a_commit_are_answered_as_if_in_turn() {
    let world = World::new().await;
    let (till, other) = (world.partner("grocer").await, world.partner("baker").await);
    let (ana, now) = (world.member("C1").await, world.now());
    world.member("C2").await;
    till.does("recordPurchase", "points", receipt("R0", "C1", "100.00", now)).await;

    let block = Block::of(&world).await;
    let sale = || receipt("R1", "C1", "10.00", now);
    let same = || payment("C1", 20, "p", now);
    let gift = json!({ "to": { "cardNumber": "C2" }, "points": 5, "idempotencyKey": "t" });
    let begun = [
        begins(&till, "recordPurchase", receipt("R9", "C1", "1.00", now)),
        begins(&till, "recordPurchase", sale()),
        begins(&till, "recordPurchase", sale()),
        begins(&other, "recordPurchase", sale()),
        begins(&till, "payWithPoints", same()),
        begins(&till, "payWithPoints", same()),
        begins(&other, "payWithPoints", payment("C1", 1_000_000, "p", now)),
        begins(&ana, "transferPoints", gift),
        begins(
            &till,
            "placeHold",
            json!({ "member": { "cardNumber": "NONE" }, "points": 5, "idempotencyKey": "h" }),
        ),
    ];
    a_moment().await;
    block.ends().await;

    let mut told = Vec::new();
    for answer in begun {
        let answer = answer.await.unwrap();
        assert!(answer["errors"].is_null(), "{answer}");
        let (_, payload) = answer["data"].as_object().unwrap().iter().next().unwrap();
        told.push((code(payload), payload["isReplayed"] == true));
    }
    let twice = |first: usize, told: &[(String, bool)]| {
        told[first].1 != told[first + 1].1 && told[first].0 == "OK" && told[first + 1].0 == "OK"
    };
    assert!(twice(1, &told) && twice(4, &told), "{told:?}");
    let rest: Vec<_> = [0, 3, 6, 7, 8].map(|place| told[place].0.as_str()).to_vec();
    assert_eq!(rest, ["OK", "OK", "INSUFFICIENT_POINTS", "OK", "CARD_NOT_FOUND"]);
    assert_eq!(world.wallet(&ana).await, [100 + 1 + 10 + 10 - 20 - 5, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn what_shares_a_commit_is_counted() {
    let world = World::new().await;
    let url = format!("http://{}/metrics", world.gateway.address);
    let page = async || reqwest::get(&url).await.unwrap().text().await.unwrap();
    page().await;
    let till = world.partner("grocer").await;
    till.does("recordPurchase", "points", receipt("R1", "NONE", "1.00", world.now())).await;
    let page = page().await;
    for counted in [
        "florin_lane_waiting_jobs ",
        "florin_lane_batch_jobs_bucket{le=\"1\"} ",
        "florin_lane_wait_seconds_bucket{le=\"0.001\"} ",
        "florin_lane_commit_seconds_count ",
    ] {
        assert!(page.contains(counted), "{counted}: {page}");
    }
    world.closes().await;
}

#[tokio::test]
async fn a_full_queue_says_so_at_once_and_nothing_that_was_acknowledged_is_lost() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let block = Block::of(&world).await;
    let begun: Vec<JoinHandle<(usize, Value)>> = (0..12)
        .map(|place| {
            let (till, input) =
                (till.clone(), receipts(&format!("R{place}"), REQUEST, "C1", &world));
            tokio::spawn(async move { (place, records(&till, input).await) })
        })
        .collect();
    // Those who are told at once are told while nothing moves.
    while !begun.iter().any(JoinHandle::is_finished) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    block.ends().await;

    let (mut kept, mut refused) = (0, Vec::new());
    for answer in begun {
        let (place, answer) = answer.await.unwrap();
        if answer["errors"].is_null() {
            let results = answer["data"]["recordPurchases"]["results"].as_array().unwrap().clone();
            assert!(results.iter().all(|one| one["isReplayed"] == false && code(one) == "OK"));
            kept += results.len();
        } else {
            let extensions = &answer["errors"][0]["extensions"];
            assert_eq!(extensions["code"], "OVERLOADED", "{answer}");
            assert!((1..=30).contains(&extensions["retryAfterSeconds"].as_u64().unwrap()));
            refused.push(place);
        }
    }
    assert!(!refused.is_empty());
    let points = i64::try_from(kept).unwrap();
    assert_eq!(world.wallet(&ana).await, [points, 0, 0, 0]);
    // Of what was refused nothing was begun, and now there is room.
    let input = receipts(&format!("R{}", refused[0]), 3, "C1", &world);
    let again = records(&till, input).await;
    let results = again["data"]["recordPurchases"]["results"].as_array().unwrap().clone();
    assert!(results.iter().all(|one| one["isReplayed"] == false), "{again}");
    world.closes().await;
}

#[tokio::test]
async fn whoever_goes_away_takes_nobody_along() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let block = Block::of(&world).await;
    let sale = |number: &str| receipt(number, "C1", "1.00", world.now());
    let mut begun = Vec::new();
    for number in ["R1", "R2", "R3", "R4"] {
        begun.push(begins(&till, "recordPurchase", sale(number)));
        a_moment().await;
    }
    // The first is under way, the third waits.
    begun[0].abort();
    begun[2].abort();
    a_moment().await;
    block.ends().await;
    for stays in [3, 1] {
        let answer = begun.swap_remove(stays).await.unwrap();
        assert_eq!(answer["data"]["recordPurchase"]["isReplayed"], false, "{answer}");
    }
    // What became of the others they hear when they ask again.
    for number in ["R1", "R3"] {
        till.does("recordPurchase", "isReplayed", sale(number)).await;
    }
    assert_eq!(world.wallet(&ana).await, [4, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_gateway_that_stops_finishes_what_it_has_taken() {
    let world = World::new().await;
    let mut gateway = world.opens_gateway().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let there = till.at(&gateway);
    let block = Block::of(&world).await;
    let sale = |place| receipt(&format!("R{place}"), "C1", "1.00", world.now());
    let begun: Vec<_> = (0..5).map(|place| begins(&there, "recordPurchase", sale(place))).collect();
    a_moment().await;
    let (ended, ()) = tokio::join!(
        async {
            gateway.stops().await;
            true
        },
        async {
            a_moment().await;
            block.ends().await;
        }
    );
    assert!(ended);
    for answer in begun {
        let answer = answer.await.unwrap();
        assert_eq!(answer["data"]["recordPurchase"]["isReplayed"], false, "{answer}");
    }
    assert_eq!(world.wallet(&ana).await, [5, 0, 0, 0]);
    world.closes().await;
}

//! What wallets did day by day: counted with the sale, taken off with the return, moved with the wallet.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::Database;
use serde_json::{Value, json};
use service::programmes::Settings;

use crate::support::books::texts;
use crate::support::{Caller, World, receipt};

/// Every day: its number, purchases, spend, points.
async fn days(world: &World) -> Vec<String> {
    let database = Database::connect(world.books.url()).await.unwrap();
    let told = "select cast(day as text) || ': ' || cast(purchases as text) || ', '
        || cast(spend_minor as text) || ', ' || cast(points as text) from activity_day
        where purchases <> 0 or spend_minor <> 0 or points <> 0 order by day, points";
    let told = texts(&database, told).await;
    database.close().await.unwrap();
    told
}

async fn buys(till: &Caller, number: &str, amount: &str, at: DateTime<Utc>) -> String {
    let sale = receipt(number, "C1", amount, at);
    let bought = till.does("recordPurchase", "purchase { id }", sale).await;
    bought["purchase"]["id"].as_str().unwrap().to_owned()
}

fn back(purchase: &str, lines: Value, world: &World, key: &str) -> Value {
    json!({ "purchaseId": purchase, "lines": lines, "occurredAt": world.now(),
        "idempotencyKey": key })
}

#[tokio::test]
async fn a_day_counts_what_was_bought_on_it_and_not_what_came_back() {
    let world = World::new().await;
    let (till, _) = (world.partner("grocer").await, world.member("C1").await);
    let first = buys(&till, "R1", "10.00", world.now()).await;
    buys(&till, "R1", "10.00", world.now()).await;
    world.days_pass(1).await;
    buys(&till, "R2", "7.00", world.now()).await;
    let (today, yesterday) = ("20515: 1, 700, 7", "20514: 1, 1000, 10");
    assert_eq!(days(&world).await, [yesterday, today]);

    let half = back(&first, json!([{ "line": 0, "quantity": 1 }]), &world, "half");
    till.does("returnPurchase", "isReplayed", half.clone()).await;
    till.does("returnPurchase", "isReplayed", half).await;
    assert_eq!(days(&world).await, ["20514: 1, 500, 5", today]);
    let rest = back(&first, Value::Null, &world, "rest");
    till.does("returnPurchase", "isReplayed", rest).await;
    assert_eq!(days(&world).await, [today]);
    world.closes().await;
}

#[tokio::test]
async fn a_claimed_receipt_counts_on_its_day_without_what_came_back_before() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let kept = buys(&till, "R1", "10.00", world.now()).await;
    let half = back(&kept, json!([{ "line": 0, "quantity": 1 }]), &world, "half");
    till.does("returnPurchase", "isReplayed", half).await;
    assert_eq!(days(&world).await, Vec::<String>::new());
    world.days_pass(3).await;
    let ana = world.member("C1").await;
    let claim = json!({ "member": { "cardNumber": "C1" } });
    ana.does("claimPurchases", "purchases { id }", claim.clone()).await;
    ana.does("claimPurchases", "purchases { id }", claim).await;
    assert_eq!(days(&world).await, ["20514: 1, 500, 5"]);
    world.closes().await;
}

#[tokio::test]
async fn a_household_counts_as_one_and_a_later_return_is_taken_off_it() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let hers = buys(&till, "R1", "10.00", world.now()).await;
    till.does("recordPurchase", "points", receipt("R2", "C2", "5.00", world.now())).await;
    assert_eq!(days(&world).await, ["20514: 1, 500, 5", "20514: 1, 1000, 10"]);
    let pool = json!({ "memberIds": [ana.id, bob.id] });
    world.operator.does("poolHousehold", "household { id }", pool).await;
    assert_eq!(days(&world).await, ["20514: 2, 1500, 15"]);
    till.does("returnPurchase", "isReplayed", back(&hers, Value::Null, &world, "k")).await;
    assert_eq!(days(&world).await, ["20514: 1, 500, 5"]);
    world.closes().await;
}

#[tokio::test]
async fn a_day_is_the_programmes_and_stays_so_once_one_was_counted() {
    let settings =
        Settings { pending_days: 0, time_zone: "Europe/Rome".to_owned(), ..Settings::default() };
    let world = World::with(settings).await;
    let (till, _) = (world.partner("grocer").await, world.member("C1").await);
    let zone = |zone: &str, version: i32| json!({ "expectedVersion": version, "timeZone": zone });
    world.operator.does("updateProgramme", "proposal { id }", zone("Europe/Berlin", 1)).await;
    // Half past eleven in the evening, in Greenwich, of the day before the clocks change and of that day.
    let late: DateTime<Utc> = "2026-03-28T23:30:00Z".parse().unwrap();
    world.days_pass(40).await;
    buys(&till, "R1", "1.00", late).await;
    buys(&till, "R2", "2.00", late + TimeDelta::hours(22)).await;
    buys(&till, "R3", "4.00", late + TimeDelta::hours(23)).await;
    assert_eq!(days(&world).await, ["20541: 2, 300, 3", "20542: 1, 400, 4"]);
    let refused = world.operator.is_refused("updateProgramme", zone("UTC", 2)).await;
    assert_eq!(refused, ("TIME_ZONE_IN_USE".to_owned(), "timeZone".to_owned()));
    world.closes().await;
}

#[tokio::test]
async fn many_tills_at_once_count_each_purchase_once() {
    let world = World::new().await;
    let (till, _) = (world.partner("grocer").await, world.member("C1").await);
    let mut gateway = world.opens_gateway().await;
    let there = till.at(&gateway);
    let sales: Vec<String> = (0..20).map(|sale| format!("R{sale}")).collect();
    let sold = sales.iter().flat_map(|number| {
        [buys(&till, number, "1.00", world.now()), buys(&there, number, "1.00", world.now())]
    });
    let sold = futures_util::future::join_all(sold).await;
    let returned = sold.iter().step_by(4).map(|purchase| async {
        let wish = back(purchase, Value::Null, &world, purchase);
        till.does("returnPurchase", "isReplayed", wish).await
    });
    futures_util::future::join_all(returned).await;
    assert_eq!(days(&world).await, ["20514: 10, 1000, 10"]);
    gateway.stops().await;
    world.closes().await;
}

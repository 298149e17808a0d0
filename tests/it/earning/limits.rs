//! What a wallet gets of a rule, at most.

use chrono::{DateTime, Utc};
use sea_orm::Database;
use serde_json::{Value, json};
use service::programmes::Settings;

use super::{AWARDS, awards, earns, rules, sale, world};
use crate::support::World;
use crate::support::books::texts;

fn fixed(points: i64) -> Value {
    json!({ "fixed": { "points": points } })
}

#[tokio::test]
async fn a_rule_is_had_so_often_a_day_and_so_much_a_month() {
    let (world, grocer, _) = world().await;
    let limits = json!({ "limits": [{ "period": "DAY", "count": 2 },
        { "period": "MONTH", "points": 250 }] });
    rules(&world.operator, "hundred", fixed(100), limits).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 100)], world.now());
    assert_eq!(earns(&grocer, of("R1")).await, 101);
    assert_eq!(earns(&grocer, of("R2")).await, 101);
    let third = grocer.does("recordPurchase", AWARDS, of("R3")).await;
    assert_eq!(third["points"], 1);
    assert_eq!(awards(&third)[0]["caps"], json!([{ "kind": "WALLET_COUNT", "cut": 100 }]));
    world.days_pass(1).await;
    let fourth = grocer.does("recordPurchase", AWARDS, of("R4")).await;
    assert_eq!(fourth["points"], 51);
    assert_eq!(awards(&fourth)[0]["caps"], json!([{ "kind": "WALLET_POINTS", "cut": 50 }]));
    world.days_pass(31).await;
    assert_eq!(earns(&grocer, of("R5")).await, 101);
    world.closes().await;
}

#[tokio::test]
async fn a_household_is_one_customer_and_a_return_gives_its_turn_back() {
    let (world, grocer, ana) = world().await;
    let bea = world.member("C2").await;
    let once = json!({ "limits": [{ "period": "EVER", "count": 1 }] });
    rules(&world.operator, "welcome", fixed(100), once).await;
    let of = |number: &str, card: &str| sale(number, card, &[("A", "FOOD", 1, 100)], world.now());
    let first = grocer.does("recordPurchase", AWARDS, of("R1", "C1")).await;
    assert_eq!(first["points"], 101);
    let pool = json!({ "memberIds": [ana.id, bea.id] });
    world.operator.does("poolHousehold", "household { id }", pool).await;
    assert_eq!(earns(&grocer, of("R2", "C2")).await, 1);
    let back = json!({ "purchaseId": first["purchase"]["id"], "occurredAt": world.now(),
        "idempotencyKey": "r" });
    grocer.does("returnPurchase", "purchaseReturn { points }", back).await;
    assert_eq!(earns(&grocer, of("R3", "C2")).await, 101);
    assert_eq!(earns(&grocer, of("R4", "C1")).await, 1);
    world.closes().await;
}

#[tokio::test]
async fn sixteen_sales_at_once_have_it_once() {
    let (world, grocer, ana) = world().await;
    let mut second = world.opens_gateway().await;
    let once = json!({ "limits": [{ "period": "WEEK", "count": 1 }] });
    rules(&world.operator, "once", fixed(100), once).await;
    let tills = [grocer.clone(), grocer.at(&second)];
    let sales = (0..16).map(|n| {
        let of = sale(&format!("R{n}"), "C1", &[("A", "FOOD", 1, 100)], world.now());
        let till = tills[n % 2].clone();
        async move { earns(&till, of).await }
    });
    let mut points = futures_util::future::join_all(sales).await;
    points.sort_unstable();
    assert_eq!((points[14], points[15]), (1, 101));
    assert_eq!(world.wallet(&ana).await, [116, 0, 0, 0]);
    second.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn periods_are_those_of_the_programmes_calendar() {
    let settings =
        Settings { time_zone: "Europe/Rome".to_owned(), pending_days: 0, ..Settings::default() };
    let world = World::with(settings).await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    let limits = ["DAY", "WEEK", "MONTH", "YEAR", "EVER"];
    let limits = limits.map(|period| json!({ "period": period, "count": 100 }));
    rules(&world.operator, "hundred", fixed(100), json!({ "limits": limits })).await;
    // The last hour before clocks change, the first after, and New Year's Eve in Greenwich, which is New
    // Year in Rome, in the last week of the old year.
    let moments = ["2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z", "2026-12-31T23:30:00Z"];
    for (number, moment) in ["R1", "R2", "R3"].into_iter().zip(moments) {
        let at: DateTime<Utc> = moment.parse().unwrap();
        world.seconds_pass((at - world.now()).num_seconds());
        let of = sale(number, "C1", &[("A", "FOOD", 1, 100)], world.now());
        assert_eq!(earns(&grocer, of).await, 101);
    }
    let database = Database::connect(world.books.url()).await.unwrap();
    let mut counted = texts(&database, "select period || ' ' || count from rule_use").await;
    database.close().await.unwrap();
    counted.sort();
    let expected = [
        " 3",
        "2026 2",
        "2026-03 2",
        "2026-03-28 1",
        "2026-03-29 1",
        "2026-W13 2",
        "2026-W53 1",
        "2027 1",
        "2027-01 1",
        "2027-01-01 1",
    ];
    assert_eq!(counted, expected);
    world.closes().await;
}

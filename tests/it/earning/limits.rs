//! What a wallet gets of a rule, at most.

use serde_json::{Value, json};

use super::{AWARDS, awards, earns, rules, sale, world};

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

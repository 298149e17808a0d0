//! A past cycle under other terms.

use serde_json::{Value, json};

use super::books::{at_burn, sells};
use super::cycles::{catches_up, cycles, hub, is_approved};
use crate::support::{World, payment};

#[tokio::test]
async fn a_cycle_is_worked_out_under_other_prices_and_the_books_stay() {
    let world = World::new().await;
    let (grocer, fuel) = hub(&world).await;
    world.days_pass(35).await;
    catches_up(&world).await;
    let id = cycles(&world.operator).await[0]["id"].clone();
    let asks = |partner: &str, terms: Value| json!({ "cycleId": id, "partnerId": partner, "terms": terms });
    let refused = async |wish: Value| world.operator.is_refused("simulateContract", wish).await;
    let code = |code: &str, path: &str| (code.to_owned(), path.to_owned());
    assert_eq!(refused(asks(&grocer.id, json!({}))).await, code("CYCLE_NOT_CALCULATED", "cycleId"));
    is_approved(&world, "2026-03").await;
    let hybrid = json!({ "funding": "HYBRID" });
    assert_eq!(
        refused(asks(&grocer.id, hybrid)).await,
        code("VALUE_OUT_OF_RANGE", "terms.issueShareBp")
    );
    let dear = json!({ "issuePrice": "1000000.000001" });
    assert_eq!(
        refused(asks(&grocer.id, dear)).await,
        code("VALUE_OUT_OF_RANGE", "terms.issuePrice")
    );
    let nobody = world.partner_without_contract("bakery").await;
    assert_eq!(refused(asks(&nobody.id, json!({}))).await, code("CONTRACT_MISSING", "partnerId"));

    let simulated =
        async |partner: &str, terms: Value| simulates(&world, asks(partner, terms)).await;
    // 10,000 points at 0.012 and 1 % of it, of which 6,000 were burned at 0.009.
    let burned = simulated(&grocer.id, json!({ "funding": "AT_BURN" })).await;
    assert_eq!(
        burned,
        ("fuel -54.00 -54.00, grocer 121.20 73.20".to_owned(), "19.20 19.20".to_owned())
    );
    let dearer = simulated(&fuel.id, json!({ "acceptancePrice": "0.010" })).await;
    assert_eq!(
        dearer,
        ("fuel -54.00 -60.00, grocer 121.20 121.20".to_owned(), "19.20 13.20".to_owned())
    );
    world.closes().await;
}

/// What each partner and the programme come to, then and under other terms.
async fn simulates(world: &World, wish: Value) -> (String, String) {
    let asked = world
        .operator
        .does("simulateContract", "simulation { id positions { net { then { amount } } } }", wish)
        .await;
    assert_eq!(asked["simulation"]["positions"], Value::Null);
    world.gateway.services.advance_contract_simulations().await.unwrap();
    let id = asked["simulation"]["id"].as_str().unwrap();
    let query = format!(
        "{{ node(id: \"{id}\") {{ ... on ContractSimulation {{ positions {{ partner {{ code }}
        net {{ then {{ amount }} simulated {{ amount }} difference {{ amount }} }} }}
        programme {{ then {{ amount }} simulated {{ amount }} }} }} }} }}"
    );
    let node = world.operator.asks(&query).await["node"].clone();
    let money = |of: &Value, side: &str| of[side]["amount"].as_str().unwrap().to_owned();
    let told = node["positions"].as_array().unwrap().iter().map(|own| {
        let code = own["partner"]["code"].as_str().unwrap();
        format!("{code} {} {}", money(&own["net"], "then"), money(&own["net"], "simulated"))
    });
    let programme = &node["programme"];
    let own = format!("{} {}", money(programme, "then"), money(programme, "simulated"));
    (told.collect::<Vec<_>>().join(", "), own)
}

#[tokio::test]
async fn a_cycle_is_worked_out_as_if_points_were_nobody_s() {
    let world = World::new().await;
    let fuel = world.partner("fuel").await;
    let (bakery, florist) =
        (at_burn(&world, "bakery", "0.010").await, at_burn(&world, "florist", "0.020").await);
    world.member("C1").await;
    sells(&bakery, &world, "B1", "C1").await;
    world.seconds_pass(60);
    sells(&florist, &world, "F1", "C1").await;
    fuel.does("payWithPoints", "isReplayed", payment("C1", 100, "p", world.now())).await;
    world.days_pass(35).await;
    let id = is_approved(&world, "2026-03").await;
    let asks = |terms: Value| json!({ "cycleId": id, "partnerId": fuel.id, "terms": terms });
    let pooled = simulates(&world, asks(json!({ "attribution": "POOLED" }))).await;
    // The bakery's were burned. Of a pool of 200, half was: each pays half of what its points come to.
    let partners = "bakery 1.00 0.50, florist 0.00 1.00, fuel -0.90 -0.90";
    assert_eq!(pooled, (partners.to_owned(), "0.10 0.60".to_owned()));
    let by_lot = simulates(&world, asks(json!({ "attribution": "BY_LOT" }))).await;
    assert_eq!(by_lot.1, "0.10 0.10");
    let both = asks(json!({ "attribution": "POOLED", "issuePrice": "0.01" }));
    let refused = world.operator.is_refused("simulateContract", both).await;
    assert_eq!(refused, ("VALUE_OUT_OF_RANGE".to_owned(), "terms.attribution".to_owned()));
    world.closes().await;
}

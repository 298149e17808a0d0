//! Budgets: hard, shared by everybody, given to the last point.

use serde_json::{Value, json};

use super::{AWARDS, awards, earns, rules, sale, world};
use crate::support::{Caller, World};

fn fixed(points: i64) -> Value {
    json!({ "fixed": { "points": points } })
}

async fn left(operator: &Caller, rule: &str) -> Value {
    let query = format!(
        "{{ node(id: \"{rule}\") {{ ... on EarningRule {{ budget {{ pointsLeft costLeft {{ amount }} }} }} }} }}"
    );
    operator.asks(&query).await["node"]["budget"].clone()
}

/// Members with cards of their own.
async fn members(world: &World, count: usize) {
    for n in 0..count {
        world.member(&format!("M{n}")).await;
    }
}

#[tokio::test]
async fn sixteen_sales_on_the_last_thousand_points_get_exactly_a_thousand() {
    let (world, grocer, _) = world().await;
    members(&world, 16).await;
    let mut second = world.opens_gateway().await;
    let budget = json!({ "budget": { "points": 1000 } });
    let rule = rules(&world.operator, "bonus", fixed(130), budget).await;
    let tills = [grocer.clone(), grocer.at(&second)];
    let sales = (0..16).map(|n| {
        let of = sale("R1", &format!("M{n}"), &[("A", "FOOD", 1, 100)], world.now());
        let mut of = of;
        of["receiptNumber"] = json!(format!("R{n}"));
        let till = tills[n % 2].clone();
        async move { earns(&till, of).await - 1 }
    });
    let mut points = futures_util::future::join_all(sales).await;
    points.sort_unstable();
    assert_eq!(points.iter().sum::<i64>(), 1000, "{points:?}");
    assert_eq!(left(&world.operator, &rule).await["pointsLeft"], 0);
    second.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn what_a_budget_cuts_off_is_said_and_a_return_gives_it_back() {
    let (world, grocer, _) = world().await;
    // Every point costs the grocer 0.012: two euros are 166 points.
    let budget = json!({ "budget": { "cost": "2.00" } });
    let rule = rules(&world.operator, "bonus", fixed(100), budget).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 100)], world.now());
    let first = grocer.does("recordPurchase", AWARDS, of("R1")).await;
    assert_eq!(first["points"], 101);
    let second = grocer.does("recordPurchase", AWARDS, of("R2")).await;
    assert_eq!(second["points"], 67);
    assert_eq!(awards(&second)[0]["caps"], json!([{ "kind": "RULE_BUDGET", "cut": 34 }]));
    assert_eq!(left(&world.operator, &rule).await["costLeft"]["amount"], "0.00");
    let back = json!({ "purchaseId": first["purchase"]["id"], "occurredAt": world.now(),
        "idempotencyKey": "r" });
    grocer.does("returnPurchase", "purchaseReturn { points }", back).await;
    assert_eq!(left(&world.operator, &rule).await["costLeft"]["amount"], "1.20");
    assert_eq!(earns(&grocer, of("R3")).await, 101);
    world.closes().await;
}

#[tokio::test]
async fn a_budget_grows_and_shrinks_but_not_below_what_was_given() {
    let (world, grocer, _) = world().await;
    let operator = &world.operator;
    let rule = rules(operator, "bonus", fixed(100), json!({ "budget": { "points": 150 } })).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 100)], world.now());
    assert_eq!(earns(&grocer, of("R1")).await, 101);
    let update = |version: i32, points: i64| {
        json!({ "ruleId": rule, "expectedVersion": version, "terms": { "name": "bonus",
            "effect": fixed(100), "budget": { "points": points } } })
    };
    let refused = operator.is_refused("updateEarningRule", update(2, 99)).await;
    assert_eq!(refused, ("BUDGET_BELOW_GIVEN".to_owned(), "terms.budget.points".to_owned()));
    operator.does("updateEarningRule", "rule { version }", update(2, 300)).await;
    assert_eq!(left(operator, &rule).await["pointsLeft"], 200);
    operator.does("updateEarningRule", "rule { version }", update(3, 100)).await;
    assert_eq!(left(operator, &rule).await["pointsLeft"], 0);
    assert_eq!(earns(&grocer, of("R2")).await, 1);
    let stale = operator.sends("updateEarningRule", "", update(3, 500)).await;
    assert_eq!(stale["errors"][0]["extensions"]["code"], "CONFLICT");
    world.closes().await;
}

#[tokio::test]
async fn a_bound_that_comes_later_or_again_counts_what_was_given_while_there_was_a_budget() {
    let (world, grocer, _) = world().await;
    let operator = &world.operator;
    let rule = rules(operator, "bonus", fixed(100), json!({ "budget": { "cost": "50.00" } })).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 100)], world.now());
    let first = grocer.does("recordPurchase", "points purchase { id }", of("R1")).await;
    let update = |version: i32, budget: Value| {
        json!({ "ruleId": rule, "expectedVersion": version, "terms": { "name": "bonus",
            "effect": fixed(100), "budget": budget } })
    };
    let both = json!({ "points": 250, "cost": "50.00" });
    operator.does("updateEarningRule", "rule { version }", update(2, both)).await;
    assert_eq!(left(operator, &rule).await["pointsLeft"], 150);
    let back = json!({ "purchaseId": first["purchase"]["id"], "occurredAt": world.now(),
        "idempotencyKey": "r" });
    grocer.does("returnPurchase", "purchaseReturn { points }", back).await;
    assert_eq!(left(operator, &rule).await["pointsLeft"], 250, "never more than the bound");
    assert_eq!(earns(&grocer, of("R2")).await, 101);
    let lifted = json!({ "cost": "50.00" });
    operator.does("updateEarningRule", "rule { version }", update(3, lifted)).await;
    assert_eq!(earns(&grocer, of("R3")).await, 101);
    let refused =
        operator.is_refused("updateEarningRule", update(4, json!({ "points": 199 }))).await;
    assert_eq!(refused, ("BUDGET_BELOW_GIVEN".to_owned(), "terms.budget.points".to_owned()));
    let again = json!({ "points": 230 });
    operator.does("updateEarningRule", "rule { version }", update(4, again)).await;
    assert_eq!(earns(&grocer, of("R4")).await, 31);
    // Without any budget nothing is counted.
    operator.does("updateEarningRule", "rule { version }", update(5, json!({}))).await;
    assert_eq!(earns(&grocer, of("R5")).await, 101);
    operator
        .does("updateEarningRule", "rule { version }", update(6, json!({ "points": 240 })))
        .await;
    assert_eq!(left(operator, &rule).await["pointsLeft"], 10);
    world.closes().await;
}

#[tokio::test]
async fn each_rule_of_a_list_shows_what_its_own_budget_has_left() {
    let (world, grocer, _) = world().await;
    let operator = &world.operator;
    rules(operator, "small", fixed(10), json!({ "budget": { "points": 100 } })).await;
    rules(operator, "large", fixed(20), json!({ "budget": { "points": 2000 } })).await;
    rules(operator, "costly", fixed(50), json!({ "budget": { "cost": "3.00" } })).await;
    rules(operator, "free", fixed(1), json!({})).await;
    earns(&grocer, sale("R1", "C1", &[("A", "FOOD", 1, 100)], world.now())).await;
    let query = "{ earningRules { nodes { code budget { pointsLeft costLeft { amount } } } } }";
    let seen = operator.asks(query).await;
    let mut nodes = seen["earningRules"]["nodes"].as_array().unwrap().clone();
    nodes.sort_by_key(|node| node["code"].to_string());
    let expected = json!([
        { "code": "costly", "budget": { "pointsLeft": null, "costLeft": { "amount": "2.40" } } },
        { "code": "free", "budget": null },
        { "code": "large", "budget": { "pointsLeft": 1980, "costLeft": null } },
        { "code": "small", "budget": { "pointsLeft": 90, "costLeft": null } },
    ]);
    assert_eq!(json!(nodes), expected);
    world.closes().await;
}

#[tokio::test]
async fn a_bound_of_points_holds_however_much_they_cost() {
    let (world, grocer, _) = world().await;
    // As in a currency of large numbers: 923 points cost more than a number holds.
    let dear = json!({ "partnerId": grocer.id, "validFrom": world.now(), "funding": "AT_ISSUE",
        "issuePrice": "1000000", "acceptancePrice": "1000000", "serviceFeeBp": 0,
        "breakageShareBp": 0, "onUs": "FULL", "paymentDays": 14, "disputeDays": 14, "taxCode": "STD" });
    world.operator.does("signContract", "contract { version }", dear).await;
    let rule =
        rules(&world.operator, "bonus", fixed(2000), json!({ "budget": { "points": 39_000 } }));
    let rule = rule.await;
    for n in 0..20 {
        let of = sale(&format!("R{n}"), "C1", &[("A", "FOOD", 1, 100)], world.now());
        assert_eq!(earns(&grocer, of).await, if n < 19 { 2001 } else { 1001 });
    }
    assert_eq!(left(&world.operator, &rule).await, json!({ "pointsLeft": 0, "costLeft": null }));
    world.closes().await;
}

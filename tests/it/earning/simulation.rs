//! A past period under other rules, in the background, from what happened to what would have.

use serde_json::{Value, json};

use super::{earns, rules, sale, terms, world};
use crate::support::World;

const SEEN: &str = "{ simulations { nodes { status seen total outcome { points pointsThen members
    costs { partnerId cost { amount } costThen { amount } } rules { code times points timesThen pointsThen } } } } }";

/// Steps until it is done; says what it came to.
async fn done(world: &World) -> Value {
    while world.gateway.services.earning.advance_simulation().await.unwrap() {}
    let seen = world.operator.asks(SEEN).await["simulations"]["nodes"][0].clone();
    assert_eq!(seen["status"], "DONE");
    seen
}

#[tokio::test]
async fn a_period_is_replayed_without_a_rule_and_with_another() {
    let (world, grocer, _) = world().await;
    world.member("C2").await;
    let operator = &world.operator;
    let thanks = rules(operator, "thanks", json!({ "fixed": { "points": 10 } }), json!({})).await;
    let of = |number: &str, card: &str, minor: i64| {
        sale(number, card, &[("A", "FOOD", 1, minor)], world.now())
    };
    for (number, card, minor) in [("R1", "C1", 1000), ("R2", "C1", 6000), ("R3", "C2", 1000)] {
        earns(&grocer, of(number, card, minor)).await;
    }
    let before = crate::support::books::contents(&world.books.url()).await;
    let fifty =
        terms("fifty", json!({ "threshold": { "minimum": "50.00", "points": 100 } }), json!({}));
    let wish = json!({ "from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z",
        "add": [{ "code": "fifty", "terms": fifty }], "leaveOut": [thanks] });
    let asked = operator.does("simulateEarning", "simulation { status total seen }", wish).await;
    assert_eq!(asked["simulation"], json!({ "status": "RUNNING", "total": 3, "seen": 0 }));
    let seen = done(&world).await;
    assert_eq!((&seen["seen"], &seen["outcome"]["points"]), (&json!(3), &json!(80 + 100)));
    assert_eq!(
        (&seen["outcome"]["pointsThen"], &seen["outcome"]["members"]),
        (&json!(110), &json!(2))
    );
    let cost = json!([{ "partnerId": grocer.id, "cost": { "amount": "2.16" }, "costThen": { "amount": "1.32" } }]);
    assert_eq!(seen["outcome"]["costs"], cost);
    let rules = json!([{ "code": "fifty", "times": 1, "points": 100, "timesThen": 0, "pointsThen": 0 },
        { "code": "thanks", "times": 0, "points": 0, "timesThen": 3, "pointsThen": 30 }]);
    assert_eq!(seen["outcome"]["rules"], rules);
    let mut after = crate::support::books::contents(&world.books.url()).await;
    after.retain(|table, rows| before[table] != *rows);
    assert_eq!(after.into_keys().collect::<Vec<_>>(), ["audit_row", "simulation"]);
    world.closes().await;
}

#[tokio::test]
async fn what_came_back_is_taken_off_both_sides() {
    let (world, grocer, _) = world().await;
    let operator = &world.operator;
    rules(operator, "thanks", json!({ "fixed": { "points": 10 } }), json!({})).await;
    let lines = [("A", "FOOD", 2, 4000), ("B", "WINE", 1, 3000)];
    for number in ["R1", "R2"] {
        let sold = sale(number, "C1", &lines, world.now());
        let sold = grocer.does("recordPurchase", "purchase { id }", sold).await;
        let mut back = json!({ "purchaseId": sold["purchase"]["id"], "occurredAt": world.now(),
            "idempotencyKey": number });
        if number == "R1" {
            back["lines"] = json!([{ "line": 0, "quantity": 1 }]);
        }
        grocer.does("returnPurchase", "purchaseReturn { points }", back).await;
    }
    let fifty = json!({ "threshold": { "minimum": "50.00", "points": 100, "repeats": false } });
    let each = json!({ "perLine": { "points": 7, "eachPiece": true } });
    let wish = json!({ "from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z",
        "add": [{ "code": "fifty", "terms": terms("fifty", fifty, json!({})) },
            { "code": "each", "terms": terms("each", each, json!({})) }] });
    operator.does("simulateEarning", "simulation { status }", wish).await;
    let seen = done(&world).await["outcome"].clone();
    // One receipt is gone, of the other fifty euros in two pieces are left.
    assert_eq!(seen["pointsThen"], 50 + 10);
    assert_eq!(seen["points"], 50 + 10 + 100 + 14);
    let cost = json!([{ "partnerId": grocer.id, "cost": { "amount": "2.08" }, "costThen": { "amount": "0.72" } }]);
    assert_eq!(seen["costs"], cost);
    let rules = json!([{ "code": "each", "times": 1, "points": 14, "timesThen": 0, "pointsThen": 0 },
        { "code": "fifty", "times": 1, "points": 100, "timesThen": 0, "pointsThen": 0 },
        { "code": "thanks", "times": 1, "points": 10, "timesThen": 1, "pointsThen": 10 }]);
    assert_eq!(seen["rules"], rules);
    world.closes().await;
}

#[tokio::test]
async fn limits_hold_over_its_steps_and_a_wrong_wish_is_refused() {
    let (world, grocer, _) = world().await;
    let operator = &world.operator;
    for n in 0..6 {
        earns(&grocer, sale(&format!("R{n}"), "C1", &[("A", "FOOD", 1, 100)], world.now())).await;
    }
    let twice = json!({ "limits": [{ "period": "DAY", "count": 2 }] });
    let twice = terms("twice", json!({ "fixed": { "points": 10 } }), twice);
    let wish = |until: &str| {
        json!({ "from": "2026-03-01T00:00:00Z", "until": until,
        "add": [{ "code": "twice", "terms": twice }] })
    };
    let refused = operator.is_refused("simulateEarning", wish("2026-02-01T00:00:00Z")).await;
    assert_eq!(refused, ("SCHEDULE_INVALID".to_owned(), "until".to_owned()));
    operator.does("simulateEarning", "simulation { id }", wish("2026-04-01T00:00:00Z")).await;
    let seen = done(&world).await;
    assert_eq!(seen["outcome"]["points"], 6 + 20);
    world.closes().await;
}

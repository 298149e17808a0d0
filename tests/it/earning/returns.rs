//! What goes back takes with it exactly what rules had given for it.

use serde_json::{Value, json};

use super::{AWARDS, earns, rules, sale, world};
use crate::support::books::contents;

async fn returns(till: &crate::support::Caller, purchase: &Value, lines: Value, key: &str) -> i64 {
    let mut input = json!({ "purchaseId": purchase, "occurredAt": "2026-03-02T09:00:00Z",
        "idempotencyKey": key });
    if !lines.is_null() {
        input["lines"] = lines;
    }
    let back = till.does("returnPurchase", "purchaseReturn { points }", input).await;
    back["purchaseReturn"]["points"].as_i64().unwrap()
}

#[tokio::test]
async fn line_by_line_it_comes_to_what_it_comes_to_whole() {
    let (world, grocer, ana) = world().await;
    let operator = &world.operator;
    let wine = json!({ "lines": "line.category == \"WINE\"" });
    rules(operator, "bottle", json!({ "perLine": { "points": 5, "eachPiece": true } }), wine).await;
    let fifty = json!({ "threshold": { "minimum": "50.00", "points": 500 } });
    rules(operator, "fifty", fifty, json!({})).await;
    rules(operator, "double", json!({ "multiplier": { "factorBp": 20000 } }), json!({})).await;
    let deli = json!({ "condition": "purchase.lines.exists(l, l.category == \"DELI\")" });
    rules(operator, "deli", json!({ "fixed": { "points": 40 } }), deli).await;
    let lines = [("W", "WINE", 3, 3000), ("D", "DELI", 1, 1000), ("F", "FOOD", 2, 2001)];
    let recorded =
        grocer.does("recordPurchase", AWARDS, sale("R1", "C1", &lines, world.now())).await;
    assert_eq!(recorded["points"], 60 + 15 + 500 + 60 + 40);
    let id = &recorded["purchase"]["id"];
    // One bottle of three: ten euros, and with them the threshold stays at 50.01.
    let one = json!([{ "line": 0, "quantity": 1 }]);
    assert_eq!(returns(&grocer, id, one, "a").await, 10 + 5 + 10);
    // The deli goes: ten euros, the rule for it, and the threshold.
    let deli = json!([{ "line": 1 }]);
    assert_eq!(returns(&grocer, id, deli, "b").await, 10 + 10 + 40 + 500);
    assert_eq!(world.wallet(&ana).await, [40 + 10 + 40, 0, 0, 0]);
    assert_eq!(returns(&grocer, id, Value::Null, "c").await, 90);
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_rule_cannot_be_had_by_sending_goods_back() {
    let (world, grocer, ana) = world().await;
    let small = json!({ "condition": "purchase.total < 3000" });
    rules(&world.operator, "small", json!({ "fixed": { "points": 100 } }), small).await;
    let lines = [("A", "FOOD", 1, 2000), ("B", "FOOD", 1, 2000)];
    let recorded =
        grocer.does("recordPurchase", AWARDS, sale("R1", "C1", &lines, world.now())).await;
    assert_eq!(recorded["points"], 40);
    let id = &recorded["purchase"]["id"];
    assert_eq!(returns(&grocer, id, json!([{ "line": 0 }]), "a").await, 20);
    assert_eq!(world.wallet(&ana).await, [20, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn bought_and_returned_is_as_if_never_bought() {
    let (world, grocer, ana) = world().await;
    let operator = &world.operator;
    let limited = json!({ "limits": [{ "period": "DAY", "count": 3, "points": 250 }],
        "budget": { "points": 1000, "cost": "90.00" } });
    rules(operator, "limited", json!({ "fixed": { "points": 100 } }), limited).await;
    rules(operator, "third", json!({ "everyNth": { "every": 3, "points": 50 } }), json!({})).await;
    rules(operator, "stamps", json!({ "stamps": { "card": 4, "points": 70 } }), json!({})).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 2, 700)], world.now());
    earns(&grocer, of("R1")).await;
    earns(&grocer, of("R2")).await;
    let before = contents(&world.books.url()).await;
    let wallet = world.wallet(&ana).await;
    let recorded = grocer.does("recordPurchase", AWARDS, of("R3")).await;
    assert_eq!(recorded["points"], 7 + 50 + 50);
    let id = &recorded["purchase"]["id"];
    returns(&grocer, id, json!([{ "line": 0, "quantity": 1 }]), "a").await;
    returns(&grocer, id, Value::Null, "b").await;
    let after = contents(&world.books.url()).await;
    assert_eq!(world.wallet(&ana).await, wallet);
    assert_eq!(before["rule_use"], after["rule_use"]);
    // Which slice has it doesn't matter; what all have does.
    let query = "{ earningRules { nodes { code budget { pointsLeft costLeft { amount } } } } }";
    let left = operator.asks(query).await["earningRules"]["nodes"].clone();
    let left = left.as_array().unwrap().iter().find(|rule| rule["code"] == "limited").unwrap();
    assert_eq!(left["budget"], json!({ "pointsLeft": 800, "costLeft": { "amount": "87.60" } }));
    assert_eq!(earns(&grocer, of("R4")).await, 7 + 50 + 50, "as the third would have");
    world.closes().await;
}

#[tokio::test]
async fn a_kept_receipt_meets_the_rules_of_its_day_when_it_is_claimed() {
    let (world, grocer, ana) = world().await;
    rules(&world.operator, "thanks", json!({ "fixed": { "points": 9 } }), json!({})).await;
    let lines = [("A", "FOOD", 1, 1000), ("B", "FOOD", 1, 1000)];
    let kept = grocer.does("recordPurchase", AWARDS, sale("R1", "C9", &lines, world.now())).await;
    assert_eq!(kept["points"], 0);
    let id = &kept["purchase"]["id"];
    assert_eq!(returns(&grocer, id, json!([{ "line": 0 }]), "a").await, 10);
    let link = json!({ "memberId": ana.id, "cardNumber": "C9" });
    world.operator.does("linkCard", "card { id }", link).await;
    let claim = json!({ "member": { "cardNumber": "C9" } });
    ana.does("claimPurchases", "purchases { points }", claim).await;
    assert_eq!(world.wallet(&ana).await, [10 + 9, 0, 0, 0]);
    assert_eq!(returns(&grocer, id, Value::Null, "b").await, 19);
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    world.closes().await;
}

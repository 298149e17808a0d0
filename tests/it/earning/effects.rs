//! Each effect, by its figures.

use chrono::TimeDelta;
use serde_json::json;

use super::{AWARDS, awards, earns, rules, sale, world};

#[tokio::test]
async fn points_by_amount_multipliers_and_fixed_ones_add_up() {
    let (world, grocer, ana) = world().await;
    let operator = &world.operator;
    let deli = json!({ "lines": "line.category == \"DELI\"" });
    rules(operator, "deli-double", json!({ "multiplier": { "factorBp": 20000 } }), deli).await;
    rules(operator, "half", json!({ "perAmount": { "millipoints": 500 } }), json!({})).await;
    rules(operator, "thanks", json!({ "fixed": { "points": 7 } }), json!({})).await;
    let lines = [("A", "DELI", 1, 1050), ("B", "FOOD", 1, 2000), ("C", "TOBACCO", 1, 500)];
    let recorded =
        grocer.does("recordPurchase", AWARDS, sale("R1", "C1", &lines, world.now())).await;
    // 30.50 at one point each; 10.50 of it once more; 30.50 at half a point; seven.
    assert_eq!(recorded["points"], 30 + 10 + 15 + 7);
    let given = awards(&recorded);
    assert_eq!(given[0]["ruleCode"], "deli-double");
    assert_eq!((&given[0]["exact"], &given[0]["lines"]), (&json!("10.5"), &json!([0])));
    assert_eq!((&given[1]["exact"], &given[1]["lines"]), (&json!("15.25"), &json!([0, 1])));
    assert_eq!(given[1]["version"], 2);
    let reason = &recorded["purchase"]["entries"][0]["reason"];
    assert_eq!(reason["earning"]["basePoints"], 30);
    assert_eq!(
        reason["summary"],
        "Receipt R1 earned 62 points: 30.5 exactly, rounded down, and 10 for deli-double, and 15 for half, and 7 for thanks."
    );
    assert_eq!(world.wallet(&ana).await, [62, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn by_line_by_piece_from_a_threshold_and_every_third_time() {
    let (world, grocer, _) = world().await;
    let operator = &world.operator;
    let wine = json!({ "lines": "line.category == \"WINE\"" });
    let each = json!({ "perLine": { "points": 5, "eachPiece": true } });
    rules(operator, "bottle", each, wine.clone()).await;
    rules(operator, "shelf", json!({ "perLine": { "points": 2 } }), wine.clone()).await;
    let spend = json!({ "threshold": { "minimum": "50.00", "points": 500, "repeats": true } });
    rules(operator, "fifty", spend, json!({})).await;
    rules(operator, "third", json!({ "everyNth": { "every": 3, "points": 100 } }), wine).await;
    let now = world.now();
    let wine = |number: &str, pieces: i64, minor: i64| {
        sale(number, "C1", &[("W", "WINE", pieces, minor), ("V", "WINE", 1, 1)], now)
    };
    assert_eq!(earns(&grocer, wine("R1", 3, 999)).await, 10 + 20 + 4);
    assert_eq!(earns(&grocer, wine("R2", 1, 4999)).await, 50 + 10 + 4 + 500);
    assert_eq!(earns(&grocer, wine("R3", 1, 9999)).await, 100 + 10 + 4 + 1000 + 100);
    assert_eq!(earns(&grocer, sale("R4", "C1", &[("A", "FOOD", 1, 100)], now)).await, 1);
    world.closes().await;
}

#[tokio::test]
async fn stamps_fill_cards() {
    let (world, grocer, _) = world().await;
    let coffee = json!({ "lines": "line.sku == \"COFFEE\"" });
    let card = json!({ "stamps": { "card": 10, "points": 300, "eachPiece": true } });
    rules(&world.operator, "coffee", card, coffee).await;
    let now = world.now();
    let cups = |number: &str, cups: i64| sale(number, "C1", &[("COFFEE", "DELI", cups, 100)], now);
    let first = grocer.does("recordPurchase", AWARDS, cups("R1", 9)).await;
    assert_eq!((&first["points"], &awards(&first)[0]["stamps"]), (&json!(1), &json!(9)));
    assert_eq!(earns(&grocer, cups("R2", 12)).await, 1 + 600);
    assert_eq!(earns(&grocer, cups("R3", 8)).await, 1);
    assert_eq!(earns(&grocer, cups("R4", 1)).await, 1 + 300);
    world.closes().await;
}

#[tokio::test]
async fn of_a_group_the_best_rule_gives() {
    let (world, grocer, _) = world().await;
    let group = json!({ "group": "weekend" });
    let operator = &world.operator;
    rules(operator, "ten", json!({ "fixed": { "points": 10 } }), group.clone()).await;
    rules(operator, "double", json!({ "multiplier": { "factorBp": 20000 } }), group).await;
    rules(operator, "always", json!({ "fixed": { "points": 1 } }), json!({})).await;
    let of = |number: &str, minor: i64| sale(number, "C1", &[("A", "FOOD", 1, minor)], world.now());
    assert_eq!(earns(&grocer, of("R1", 500)).await, 5 + 10 + 1);
    assert_eq!(earns(&grocer, of("R2", 5000)).await, 50 + 50 + 1);
    world.closes().await;
}

#[tokio::test]
async fn points_wait_and_expire_as_a_rule_says() {
    let (world, grocer, ana) = world().await;
    let slow = json!({ "dates": { "pendingDays": 3, "expiryMonths": 2 } });
    rules(&world.operator, "slow", slow.clone(), json!({ "priority": 1 })).await;
    let later = json!({ "dates": { "pendingDays": 9 } });
    rules(&world.operator, "later", later, json!({})).await;
    let of = sale("R1", "C1", &[("A", "FOOD", 1, 5000)], world.now());
    let lots = "purchase { id entries { lotsMade { availableAt expiresAt }
        reason { earning { awards { ruleCode points pendingDays expiryMonths } } } } }";
    let recorded = grocer.does("recordPurchase", lots, of).await;
    let said = json!([{ "ruleCode": "slow", "points": 0, "pendingDays": 3, "expiryMonths": 2 }]);
    assert_eq!(super::awards(&recorded), &said, "the first that says a date is named, and alone");
    let lot = &recorded["purchase"]["entries"][0]["lotsMade"][0];
    assert_eq!(lot["availableAt"], "2026-03-05T09:00:00Z");
    assert_eq!(lot["expiresAt"], "2026-05-02T09:00:00Z");
    assert_eq!(world.wallet(&ana).await, [0, 50, 0, 0]);
    world.days_pass(3).await;
    assert_eq!(world.wallet(&ana).await, [50, 0, 0, 0]);
    let limits = json!([{ "period": "DAY", "count": 1 }]);
    for more in [json!({ "limits": limits }), json!({ "budget": { "points": 10 } })] {
        let input = json!({ "code": "x", "terms": super::terms("x", slow.clone(), more) });
        let refused = world.operator.is_refused("draftEarningRule", input).await;
        assert_eq!(refused, ("EFFECT_INVALID".to_owned(), "terms.effect".to_owned()));
    }
    world.closes().await;
}

#[tokio::test]
async fn the_rules_of_the_day_decide_a_sale_that_comes_late() {
    let (world, grocer, _) = world().await;
    let operator = &world.operator;
    let of = |number: &str, at| sale(number, "C1", &[("A", "FOOD", 1, 1000)], at);
    let early = world.now();
    world.seconds_pass(3600);
    let id = rules(operator, "thanks", json!({ "fixed": { "points": 5 } }), json!({})).await;
    assert_eq!(earns(&grocer, of("R1", early)).await, 10);
    assert_eq!(earns(&grocer, of("R2", world.now())).await, 15);
    let between = world.now();
    world.seconds_pass(3600);
    let update = json!({ "ruleId": id, "expectedVersion": 2,
        "terms": { "name": "more", "effect": { "fixed": { "points": 8 } } } });
    operator.does("updateEarningRule", "rule { version }", update).await;
    assert_eq!(earns(&grocer, of("R3", world.now())).await, 18);
    assert_eq!(earns(&grocer, of("R4", between + TimeDelta::seconds(10))).await, 15);
    world.seconds_pass(3600);
    let pause = json!({ "ruleId": id, "expectedVersion": 3, "status": "PAUSED" });
    operator.does("setEarningRuleStatus", "rule { version status }", pause).await;
    assert_eq!(earns(&grocer, of("R5", world.now())).await, 10);
    world.closes().await;
}

#[tokio::test]
async fn a_rule_gives_money_back_and_a_return_cuts_it() {
    let (world, grocer, ana) = world().await;
    let fuel = world.partner("fuel").await;
    let joint = json!({ "lines": "line.category == \"WINE\"", "budget": { "cost": "2.50" },
        "funding": [{ "partnerId": grocer.id, "shareBp": 5000 },
            { "partnerId": fuel.id, "shareBp": 5000 }] });
    rules(&world.operator, "wine", json!({ "cashback": { "shareBp": 500 } }), joint).await;
    let lines = [("W", "WINE", 2, 4000), ("F", "FOOD", 1, 1000)];
    let of = |number: &str| sale(number, "C1", &lines, world.now());
    let first = grocer.does("recordPurchase", AWARDS, of("R1")).await;
    assert_eq!(first["points"], 50);
    assert_eq!(awards(&first)[0]["cashback"]["amount"], "2.00");
    let second = grocer.does("recordPurchase", AWARDS, of("R2")).await;
    assert_eq!(awards(&second)[0]["cashback"]["amount"], "0.50", "what the budget has left");
    let money = async || {
        let query = "{ viewer { cashback { pending { amount } available { amount } } } }";
        let found = ana.asks(query).await["viewer"]["cashback"].clone();
        [&found["pending"], &found["available"]]
            .map(|sum| sum["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap())
            .iter()
            .sum::<i64>()
    };
    assert_eq!(money().await, 250);
    let back = |key: &str, lines: serde_json::Value| {
        json!({ "purchaseId": first["purchase"]["id"], "occurredAt": world.now(),
            "idempotencyKey": key, "lines": lines })
    };
    let bottle = json!([{ "line": 0, "quantity": 1 }]);
    grocer.does("returnPurchase", "purchaseReturn { id }", back("a", bottle)).await;
    assert_eq!(money().await, 150);
    grocer.does("returnPurchase", "purchaseReturn { id }", back("b", json!(null))).await;
    assert_eq!(money().await, 50);
    world.closes().await;
}

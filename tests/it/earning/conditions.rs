//! Conditions over the basket, the calendar and the member.

use serde_json::{Value, json};

use super::{earns, rules, sale, world};

fn gives(points: i64) -> Value {
    json!({ "fixed": { "points": points } })
}

#[tokio::test]
async fn a_rule_looks_at_partner_store_channel_and_basket() {
    let (world, grocer, _) = world().await;
    let fuel = world.partner("fuel").await;
    let operator = &world.operator;
    let store = json!({ "partnerId": grocer.id, "code": "7", "name": "Seven" });
    let store = operator.does("addStore", "store { id }", store).await["store"]["id"].clone();
    rules(operator, "fuel", gives(1), json!({ "partnerIds": [fuel.id] })).await;
    rules(operator, "seven", gives(10), json!({ "storeIds": [store] })).await;
    let online = json!({ "condition": "purchase.channel == \"ONLINE\" && purchase.total >= 2000" });
    rules(operator, "online", gives(100), online).await;
    let basket = "purchase.lines.exists(l, l.category == \"DELI\" && l.amount > 500) && !purchase.lines.exists(l, l.brand == \"ACME\")";
    rules(operator, "deli", gives(1000), json!({ "condition": basket })).await;
    let now = world.now();
    let of = |number: &str, category: &str| sale(number, "C1", &[("A", category, 1, 2000)], now);
    assert_eq!(earns(&grocer, of("R1", "FOOD")).await, 20);
    assert_eq!(earns(&fuel, of("R1", "FOOD")).await, 21);
    let mut at_seven = of("R2", "FOOD");
    at_seven["storeCode"] = json!("7");
    at_seven["channel"] = json!("ONLINE");
    assert_eq!(earns(&grocer, at_seven).await, 20 + 10 + 100);
    assert_eq!(earns(&grocer, of("R3", "DELI")).await, 20 + 1000);
    let mut acme = of("R4", "DELI");
    acme["lines"][0]["brand"] = json!("ACME");
    assert_eq!(earns(&grocer, acme).await, 20);
    world.closes().await;
}

#[tokio::test]
async fn a_rule_keeps_to_the_programmes_calendar() {
    let (world, grocer, _) = world().await;
    let operator = &world.operator;
    // A Monday, nine o'clock in UTC, which is the programme's time zone.
    let monday = json!({ "schedule": { "weekdays": [1] } });
    rules(operator, "monday", gives(1), monday).await;
    let early = json!({ "schedule": { "hours": { "fromMinute": 480, "untilMinute": 600 } } });
    rules(operator, "early", gives(10), early).await;
    let night = json!({ "schedule": { "hours": { "fromMinute": 1320, "untilMinute": 360 } } });
    rules(operator, "night", gives(100), night).await;
    let march = json!({ "condition": "purchase.month == 3 && purchase.weekday == 1 && purchase.date == \"2026-03-02\"" });
    rules(operator, "march", gives(1000), march).await;
    let past = json!({ "schedule": { "until": "2026-03-02T09:00:00Z" } });
    rules(operator, "past", gives(5000), past).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 100)], world.now());
    assert_eq!(earns(&grocer, of("R1")).await, 1 + 1 + 10 + 1000);
    world.seconds_pass(14 * 3600);
    assert_eq!(earns(&grocer, of("R2")).await, 1 + 1 + 100 + 1000);
    world.seconds_pass(10 * 3600);
    assert_eq!(earns(&grocer, of("R3")).await, 1 + 10);
    world.closes().await;
}

#[tokio::test]
async fn a_rule_knows_segments_birthdays_and_attributes() {
    let (world, grocer, ana) = world().await;
    let operator = &world.operator;
    let segment = json!({ "code": "lapsed", "name": "Lapsed" });
    operator.does("defineSegment", "segment { code name }", segment).await;
    rules(operator, "lapsed", gives(1), json!({ "condition": "\"lapsed\" in member.segments" }))
        .await;
    rules(operator, "birthday", gives(10), json!({ "condition": "member.is_birthday" })).await;
    let pet = "\"pet\" in member.attributes && member.attributes[\"pet\"] == \"dog\"";
    rules(operator, "dog", gives(100), json!({ "condition": pet })).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 100)], world.now());
    assert_eq!(earns(&grocer, of("R1")).await, 1);
    let assign = json!({ "segmentCode": "lapsed", "add": [ana.id] });
    let assigned = operator.does("assignSegment", "changed", assign.clone()).await;
    assert_eq!(assigned["changed"], 1);
    assert_eq!(operator.does("assignSegment", "changed", assign).await["changed"], 0);
    let birthday = json!({ "memberId": ana.id, "birthday": { "month": 3, "day": 2 } });
    ana.does("setMemberProfile", "attributeNames", birthday).await;
    let pet = json!({ "memberId": ana.id, "attributes": [{ "name": "pet", "value": "dog" }] });
    let noted = operator.does("setMemberProfile", "attributeNames", pet).await;
    assert_eq!(noted["attributeNames"], json!(["pet"]));
    assert_eq!(earns(&grocer, of("R2")).await, 1 + 1 + 10 + 100);
    let leave = json!({ "segmentCode": "lapsed", "remove": [ana.id] });
    operator.does("assignSegment", "changed", leave).await;
    let forget = json!({ "memberId": ana.id, "forgetBirthday": true });
    ana.does("setMemberProfile", "attributeNames", forget).await;
    assert_eq!(earns(&grocer, of("R3")).await, 1 + 100);
    world.closes().await;
}

#[tokio::test]
async fn a_rule_looks_back_over_so_many_days() {
    let (world, grocer, _) = world().await;
    let operator = &world.operator;
    let often = json!({ "condition": "member.purchases.days_7 >= 2" });
    rules(operator, "often", gives(1), often).await;
    let much = json!({ "condition": "member.spend.days_30 >= 3000" });
    rules(operator, "much", gives(10), much).await;
    let back = json!({ "condition": "member.purchases.ever > 0 && member.purchases.days_90 == 0" });
    rules(operator, "back", gives(100), back).await;
    let year = json!({ "condition": "member.purchases.days_365 == 4" });
    rules(operator, "year", gives(1000), year).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 1000)], world.now());
    assert_eq!(earns(&grocer, of("R1")).await, 10);
    world.days_pass(6).await;
    assert_eq!(earns(&grocer, of("R2")).await, 10, "one before");
    assert_eq!(earns(&grocer, of("R3")).await, 10 + 1, "the seventh day is the sale's own");
    world.days_pass(1).await;
    assert_eq!(
        earns(&grocer, of("R4")).await,
        10 + 1 + 10,
        "the first is no longer among the seven"
    );
    world.days_pass(30).await;
    assert_eq!(earns(&grocer, of("R5")).await, 10 + 1000);
    world.days_pass(90).await;
    assert_eq!(earns(&grocer, of("R6")).await, 10 + 100, "nothing in ninety days");
    world.closes().await;
}

#[tokio::test]
async fn a_condition_that_is_wrong_is_refused_at_its_character() {
    let (world, ..) = world().await;
    let wrong = [
        ("purchase.total >", "At character 18: mismatched end."),
        (
            "purchase.totl > 5",
            "At character 9: there is no part totl; there are occurred_at, date,",
        ),
        ("purchase.total", "a condition says yes or no; this is a whole number"),
        ("purchase.total > 5.5", "there are no fractions"),
        ("member.tier == 5", "At character 13: == doesn't go with a text and a whole number"),
        ("shop.open", "there is no shop; there are purchase, member"),
        (
            "purchase.lines.exists(l, purchase.lines.exists(k, k.sku == l.sku))",
            "a loop can't stand within another",
        ),
        ("purchase.lines.map(l, l.sku)", "this is a list"),
        ("purchase.partner.matches(\"g.*\")", "matches doesn't go with"),
    ];
    for (condition, message) in wrong {
        let input = json!({ "code": "x", "terms": { "name": "x", "effect": gives(1),
            "condition": condition } });
        let payload = world.operator.tries("draftEarningRule", "", input).await;
        let error = &payload["userErrors"][0];
        assert_eq!(error["code"], "CONDITION_INVALID", "{condition}");
        assert_eq!(error["path"], json!(["terms", "condition"]), "{condition}");
        let said = error["message"].as_str().unwrap();
        assert!(said.contains(message), "{condition}: {said}");
    }
    let long = format!("purchase.total > 0{}", " && purchase.total > 0".repeat(200));
    let deep = format!("{}true{}", "(".repeat(200), ")".repeat(200));
    let dear = format!("purchase.lines.all(l, {})", vec!["l.amount > 1"; 60].join(" || "));
    for condition in [long, deep, dear] {
        let input = json!({ "code": "x", "terms": { "name": "x", "effect": gives(1),
            "condition": condition } });
        let refused = world.operator.is_refused("draftEarningRule", input).await;
        assert_eq!(refused.0, "CONDITION_INVALID");
    }
    world.closes().await;
}

//! Rules, campaigns and segments that can't be.

use serde_json::{Value, json};

use super::{nothing, refusal};
use crate::support::World;

fn rule(more: Value) -> Value {
    let mut terms = json!({ "name": "x", "effect": { "fixed": { "points": 1 } } });
    terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "code": "x", "terms": terms })
}

#[tokio::test]
async fn a_rule_that_says_what_cannot_be() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let newcomer = world.partner_without_contract("newcomer").await;
    let store = json!({ "partnerId": fuel.id, "code": "7", "name": "Seven" });
    let store = world.operator.does("addStore", "store { id }", store).await["store"]["id"].clone();
    let kind = json!({ "code": "visit", "name": "Visit" });
    world.operator.does("declareEventType", "eventType { code }", kind).await;
    let wrong = wrong_rules(&grocer.id, &newcomer.id, &store);
    for (more, code, path) in wrong {
        let refused = world.operator.is_refused("draftEarningRule", rule(more.clone())).await;
        assert_eq!(refused, refusal(code, &format!("terms.{path}")), "{more}");
    }
    let mut elsewhere = rule(json!({}));
    elsewhere["campaignId"] = json!(nothing("cmp"));
    let refused = world.operator.is_refused("draftEarningRule", elsewhere).await;
    assert_eq!(refused, refusal("CAMPAIGN_NOT_FOUND", "campaignId"));
    world.closes().await;
}

#[tokio::test]
async fn a_rule_that_meets_what_there_is() {
    let world = World::new().await;
    let operator = &world.operator;
    let drafted =
        operator.does("draftEarningRule", "rule { id }", rule(json!({ "group": "g" }))).await;
    let id = &drafted["rule"]["id"];
    let refused = operator.is_refused("draftEarningRule", rule(json!({}))).await;
    assert_eq!(refused, refusal("CODE_TAKEN", "code"));
    let mut money = rule(json!({ "group": "g", "effect": { "cashback": { "shareBp": 100 } } }));
    money["code"] = json!("y");
    assert_eq!(
        operator.is_refused("draftEarningRule", money).await,
        refusal("GROUP_MIXED", "terms.group")
    );
    let turn = |status: &str, version: i32| json!({ "ruleId": id, "expectedVersion": version, "status": status });
    let refused = operator.is_refused("setEarningRuleStatus", turn("PAUSED", 1)).await;
    assert_eq!(refused, refusal("STATUS_INVALID", "status"));
    operator.does("setEarningRuleStatus", "rule { id }", turn("LIVE", 1)).await;
    let mut past = turn("PAUSED", 2);
    past["from"] = json!("2026-01-01T00:00:00Z");
    let refused = operator.is_refused("setEarningRuleStatus", past).await;
    assert_eq!(refused, refusal("VALID_FROM_INVALID", "from"));
    operator.does("setEarningRuleStatus", "rule { id }", turn("ENDED", 2)).await;
    let refused = operator.is_refused("setEarningRuleStatus", turn("LIVE", 3)).await;
    assert_eq!(refused, refusal("RULE_ENDED", "ruleId"));
    let of_nobody = json!({ "ruleId": nothing("rul"), "expectedVersion": 1, "status": "LIVE" });
    let refused = operator.is_refused("setEarningRuleStatus", of_nobody).await;
    assert_eq!(refused, refusal("RULE_NOT_FOUND", "ruleId"));
    world.closes().await;
}

#[tokio::test]
async fn segments_and_profiles_of_nobody() {
    let world = World::new().await;
    let (ana, bea) = (world.member("C1").await, world.member("C2").await);
    let operator = &world.operator;
    let assign = |code: &str, who: &str| json!({ "segmentCode": code, "add": [who] });
    let refused = operator.is_refused("assignSegment", assign("none", &ana.id)).await;
    assert_eq!(refused, refusal("SEGMENT_NOT_FOUND", "segmentCode"));
    let segment = json!({ "code": "some", "name": "Some" });
    operator.does("defineSegment", "segment { code }", segment).await;
    let refused = operator.is_refused("assignSegment", assign("some", &nothing("mem"))).await;
    assert_eq!(refused, refusal("MEMBER_NOT_FOUND", "add.0"));
    let born =
        |who: &str, day: i32| json!({ "memberId": who, "birthday": { "month": 2, "day": day } });
    let refused = ana.is_refused("setMemberProfile", born(&ana.id, 30)).await;
    assert_eq!(refused, refusal("VALUE_OUT_OF_RANGE", "birthday"));
    let refused = ana.is_refused("setMemberProfile", born(&bea.id, 3)).await;
    assert_eq!(refused, refusal("MEMBER_NOT_FOUND", "memberId"));
    world.closes().await;
}

/// What a rule's terms can't say, the code, and the field.
fn wrong_rules(
    grocer: &str,
    newcomer: &str,
    store: &Value,
) -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (json!({ "partnerIds": [nothing("ptn")] }), "PARTNER_NOT_FOUND", "partnerIds.0"),
        (json!({ "partnerIds": [grocer], "storeIds": [store] }), "STORE_NOT_FOUND", "storeIds.0"),
        (
            json!({ "schedule": { "from": "2026-05-01T00:00:00Z", "until": "2026-04-01T00:00:00Z" } }),
            "SCHEDULE_INVALID",
            "schedule.until",
        ),
        (json!({ "schedule": { "weekdays": [1, 8] } }), "SCHEDULE_INVALID", "schedule.weekdays"),
        (
            json!({ "schedule": { "hours": { "fromMinute": 5, "untilMinute": 5 } } }),
            "SCHEDULE_INVALID",
            "schedule.hours",
        ),
        (json!({ "effect": { "fixed": { "points": 0 } } }), "VALUE_OUT_OF_RANGE", "effect.points"),
        (
            json!({ "effect": { "multiplier": { "factorBp": 9000 } } }),
            "VALUE_OUT_OF_RANGE",
            "effect.factorBp",
        ),
        (json!({ "effect": { "dates": {} } }), "EFFECT_INVALID", "effect"),
        (json!({ "limits": [{ "period": "DAY" }] }), "LIMIT_INVALID", "limits.0"),
        (
            json!({ "limits": [{ "period": "DAY", "count": 1 }, { "period": "DAY", "count": 2 }] }),
            "LIMIT_INVALID",
            "limits.1",
        ),
        (json!({ "budget": { "points": -5 } }), "VALUE_OUT_OF_RANGE", "budget.points"),
        (json!({ "budget": { "cost": "-0.01" } }), "VALUE_OUT_OF_RANGE", "budget.cost"),
        (
            json!({ "funding": [{ "partnerId": grocer, "shareBp": 9999 }] }),
            "FUNDING_INVALID",
            "funding",
        ),
        (
            json!({ "funding": [{ "partnerId": grocer, "shareBp": 5000 }, { "partnerId": grocer, "shareBp": 5000 }] }),
            "FUNDING_INVALID",
            "funding.1",
        ),
        (
            json!({ "funding": [{ "partnerId": newcomer, "shareBp": 10000 }] }),
            "FUNDING_INVALID",
            "funding.0.partnerId",
        ),
        (json!({ "eventType": "dance" }), "EVENT_TYPE_NOT_FOUND", "eventType"),
        (
            json!({ "eventType": "visit", "effect": { "perAmount": { "millipoints": 5 } } }),
            "EFFECT_INVALID",
            "effect",
        ),
        (
            json!({ "eventType": "visit", "condition": "purchase.total > 1" }),
            "CONDITION_INVALID",
            "condition",
        ),
        (json!({ "lines": "line.categry == \"X\"" }), "CONDITION_INVALID", "lines"),
        (json!({ "name": " " }), "NAME_INVALID", "name"),
    ]
}

//! Rules tried out, and asked why they gave nothing; quotes.

use serde_json::{Value, json};

use super::{AWARDS, rules, sale, terms, world};
use crate::support::Caller;

const TEST: &str = "query($input: TestRuleInput!) { testRule(input: $input) { trial { lookedAt held points
    isPartial awards { purchaseId award { exact points caps { kind cut } } } } userErrors { code path } } }";
const QUOTE: &str = "query($input: RecordPurchaseInput!) { quotePurchase(input: $input) { quote {
    earning { points awards { ruleCode points } } near { name missing { amount } points } } } }";

async fn tries(operator: &Caller, rule: Value, on: Value) -> Value {
    let input = json!({ "input": { "rule": rule, "on": on } });
    let answer = operator.posts(TEST, input).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["testRule"].clone()
}

async fn why(who: &Caller, purchase: &Value, rule: &str) -> Value {
    let query = format!(
        "{{ whyNot(purchaseId: {purchase}, ruleId: \"{rule}\") {{ verdict {{ why part cap points }} userErrors {{ code }} }} }}"
    );
    who.asks(&query).await["whyNot"].clone()
}

#[tokio::test]
async fn a_rule_is_tried_on_a_receipt_and_on_a_day_and_writes_nothing() {
    let (world, grocer, _) = world().await;
    world.member("C2").await;
    let of = |number: &str, card: &str, minor: i64| {
        sale(number, card, &[("A", "FOOD", 1, minor)], world.now())
    };
    let first = grocer.does("recordPurchase", AWARDS, of("R1", "C1", 1000)).await;
    grocer.does("recordPurchase", AWARDS, of("R2", "C1", 3000)).await;
    grocer.does("recordPurchase", AWARDS, of("R3", "C2", 5000)).await;
    grocer.does("recordPurchase", AWARDS, of("R4", "C9", 5000)).await;
    let sketch = terms(
        "sketch",
        json!({ "fixed": { "points": 60 } }),
        json!({ "condition": "purchase.total >= 2000", "budget": { "points": 100 } }),
    );
    let id = first["purchase"]["id"].clone();
    let one = tries(&world.operator, json!({ "terms": sketch }), json!({ "purchaseId": id })).await;
    assert_eq!((&one["trial"]["lookedAt"], &one["trial"]["held"]), (&json!(1), &json!(0)));
    let day = json!({ "day": "2026-03-02" });
    let all = tries(&world.operator, json!({ "terms": sketch }), day.clone()).await;
    assert_eq!((&all["trial"]["lookedAt"], &all["trial"]["held"]), (&json!(3), &json!(2)));
    assert_eq!(all["trial"]["points"], 100);
    let caps = &all["trial"]["awards"][1]["award"]["caps"];
    assert_eq!(*caps, json!([{ "kind": "RULE_BUDGET", "cut": 20 }]));
    let drafted =
        super::drafts(&world.operator, "draft", json!({ "fixed": { "points": 1 } }), json!({}))
            .await;
    let draft = tries(&world.operator, json!({ "id": drafted["id"] }), day).await;
    assert_eq!(draft["trial"]["points"], 3);
    let wrong = terms("wrong", json!({ "fixed": { "points": 1 } }), json!({ "condition": "1" }));
    let wrong =
        tries(&world.operator, json!({ "terms": wrong }), json!({ "purchaseId": id })).await;
    assert_eq!(wrong["userErrors"][0]["code"], "CONDITION_INVALID");
    world.closes().await;
}

#[tokio::test]
async fn a_campaigns_rule_is_tried_within_the_campaigns_budget() {
    let (world, grocer, _) = world().await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 100)], world.now());
    grocer.does("recordPurchase", AWARDS, of("R1")).await;
    grocer.does("recordPurchase", AWARDS, of("R2")).await;
    let campaign = json!({ "code": "joint",
        "terms": { "name": "Joint", "budget": { "points": 150 } } });
    let drafted = world.operator.does("draftCampaign", "campaign { id }", campaign).await;
    let rule = json!({ "code": "bonus", "campaignId": drafted["campaign"]["id"],
        "terms": terms("bonus", json!({ "fixed": { "points": 100 } }), json!({})) });
    let rule = world.operator.does("draftEarningRule", "rule { id }", rule).await;
    let written = json!({ "id": rule["rule"]["id"] });
    let all = tries(&world.operator, written, json!({ "day": "2026-03-02" })).await;
    assert_eq!(all["trial"]["points"], 150);
    let caps = &all["trial"]["awards"][1]["award"]["caps"];
    assert_eq!(*caps, json!([{ "kind": "CAMPAIGN_BUDGET", "cut": 50 }]));
    world.closes().await;
}

#[tokio::test]
async fn it_says_which_part_was_false() {
    let (world, grocer, ana) = world().await;
    let fuel = world.partner("fuel").await;
    let operator = &world.operator;
    let fixed = |points: i64| json!({ "fixed": { "points": points } });
    let of = |number: &str, minor: i64| sale(number, "C1", &[("A", "FOOD", 1, minor)], world.now());
    let big = json!({ "condition": "purchase.total > 500 && purchase.total > 5000 && member.days_enrolled >= 0" });
    let big = rules(operator, "big", fixed(1), big).await;
    let elsewhere =
        rules(operator, "elsewhere", fixed(1), json!({ "partnerIds": [fuel.id] })).await;
    let sunday = json!({ "schedule": { "weekdays": [7] } });
    let sunday = rules(operator, "sunday", fixed(1), sunday).await;
    let deli = json!({ "lines": "line.category == \"DELI\"" });
    let deli = rules(operator, "deli", fixed(1), deli).await;
    let fifty = json!({ "threshold": { "minimum": "50.00", "points": 5 } });
    let fifty = rules(operator, "fifty", fifty, json!({})).await;
    let more = rules(operator, "more", fixed(9), json!({ "group": "g" })).await;
    let less = rules(operator, "less", fixed(3), json!({ "group": "g" })).await;
    let once = json!({ "limits": [{ "period": "DAY", "count": 1 }] });
    let once = rules(operator, "once", fixed(2), once).await;
    grocer.does("recordPurchase", AWARDS, of("R1", 1000)).await;
    let recorded = grocer.does("recordPurchase", AWARDS, of("R2", 1000)).await;
    let later = rules(operator, "later", fixed(1), json!({})).await;
    let id = &recorded["purchase"]["id"];
    let expected = [
        (&more, json!({ "why": "GAVE", "part": null, "cap": null, "points": 9 })),
        (
            &big,
            json!({ "why": "CONDITION", "part": "purchase.total > 5000", "cap": null, "points": 0 }),
        ),
        (&elsewhere, json!({ "why": "PARTNER", "part": null, "cap": null, "points": 0 })),
        (&sunday, json!({ "why": "SCHEDULE", "part": null, "cap": null, "points": 0 })),
        (
            &deli,
            json!({ "why": "NO_LINES", "part": "line.category == \"DELI\"", "cap": null, "points": 0 }),
        ),
        (&fifty, json!({ "why": "NOTHING", "part": null, "cap": null, "points": 0 })),
        (&less, json!({ "why": "BEATEN", "part": "more", "cap": null, "points": 0 })),
        (&once, json!({ "why": "CUT", "part": null, "cap": "WALLET_COUNT", "points": 0 })),
    ];
    for (rule, verdict) in expected {
        assert_eq!(why(&ana, id, rule).await["verdict"], verdict);
    }
    world.seconds_pass(60);
    let early = grocer
        .does(
            "recordPurchase",
            AWARDS,
            sale("R3", "C1", &[("A", "FOOD", 1, 5)], world.now() - chrono::TimeDelta::hours(3)),
        )
        .await;
    assert_eq!(why(&ana, &early["purchase"]["id"], &later).await["verdict"]["why"], "NOT_LIVE");
    let bea = world.member("C2").await;
    assert_eq!(why(&bea, id, &more).await["userErrors"][0]["code"], "PURCHASE_NOT_FOUND");
    assert_eq!(why(&fuel, id, &more).await["userErrors"][0]["code"], "PURCHASE_NOT_FOUND");
    world.closes().await;
}

#[tokio::test]
async fn a_quote_is_what_the_sale_gives_and_what_is_missing_to_more() {
    let (world, grocer, _) = world().await;
    let operator = &world.operator;
    let fifty = json!({ "threshold": { "minimum": "50.00", "points": 200 } });
    rules(operator, "fifty", fifty, json!({})).await;
    let each = json!({ "threshold": { "minimum": "20.00", "points": 7, "repeats": true } });
    rules(operator, "each", each, json!({})).await;
    let once = json!({ "limits": [{ "period": "DAY", "count": 1 }] });
    rules(operator, "once", json!({ "fixed": { "points": 3 } }), once).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 4580)], world.now());
    let quote = |number: &str| {
        let input = json!({ "input": of(number) });
        let grocer = grocer.clone();
        async move {
            let answer = grocer.posts(QUOTE, input).await;
            answer["data"]["quotePurchase"]["quote"].clone()
        }
    };
    let first = quote("R1").await;
    assert_eq!(first["earning"]["points"], 45 + 14 + 3);
    assert_eq!(
        first["near"][0],
        json!({ "name": "fifty", "missing": { "amount": "4.20" }, "points": 200 })
    );
    assert_eq!(
        first["near"][1],
        json!({ "name": "each", "missing": { "amount": "14.20" }, "points": 7 })
    );
    assert_eq!(super::earns(&grocer, of("R1")).await, 45 + 14 + 3);
    assert_eq!(quote("R2").await["earning"]["points"], 45 + 14);
    assert_eq!(super::earns(&grocer, of("R2")).await, 45 + 14);
    world.closes().await;
}

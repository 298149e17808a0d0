//! What is no reward, and what it can't become.

use serde_json::{Value, json};

use super::{draft, drafts, launches, terms, turns, with};
use crate::support::World;
use crate::tiers::by_spend;

const NOTHING: &str = "rwd_01h2xcejqtf2nbrexx3vqjhp41";
const NO_SET: &str = "tis_01h2xcejqtf2nbrexx3vqjhp41";

fn is(found: (String, String), code: &str, path: &str) {
    assert_eq!(found, (code.to_owned(), path.to_owned()));
}

fn many(one: Value, count: usize) -> Value {
    json!(vec![one; count])
}

/// Neither a new reward nor one that is there may say any of that.
async fn refuses(world: &World, wrong: &[(Value, &str, &str)]) {
    let id = drafts(&world.operator, draft("there", terms())).await;
    for (value, code, at) in wrong {
        let field = at.split('.').next().unwrap();
        let says = with(terms(), field, value.clone());
        let at = format!("terms.{at}");
        is(world.operator.is_refused("draftReward", draft("mug", says.clone())).await, code, &at);
        let change = json!({ "rewardId": id, "expectedVersion": 1, "terms": says });
        is(world.operator.is_refused("updateReward", change).await, code, &at);
    }
}

#[tokio::test]
async fn words_and_pictures_that_are_none() {
    let world = World::new().await;
    let told = |language: &str| json!({ "language": language, "title": "A mug" });
    let says = |field: &str, text: &str| json!([with(told("en"), field, json!(text))]);
    let wrong = [
        (json!("english"), "LANGUAGE_INVALID", "defaultLanguage"),
        (json!("fr"), "LANGUAGE_INVALID", "defaultLanguage"),
        (json!([told("en"), told("EN")]), "LANGUAGE_INVALID", "wordings.1.language"),
        (json!([told("e")]), "LANGUAGE_INVALID", "wordings.0.language"),
        (many(told("en"), 51), "VALUE_OUT_OF_RANGE", "wordings"),
        (says("title", " "), "NAME_INVALID", "wordings.0.title"),
        (says("text", ""), "TEXT_INVALID", "wordings.0.text"),
        (says("terms", "\u{202e}"), "TEXT_INVALID", "wordings.0.terms"),
        (json!(["http://a.example/"]), "PICTURE_INVALID", "pictures.0"),
        (json!(["https://a.example/", "javascript:a()"]), "PICTURE_INVALID", "pictures.1"),
        (json!(["https://me:secret@a.example/"]), "PICTURE_INVALID", "pictures.0"),
        (many(json!("https://a.example/"), 11), "PICTURE_INVALID", "pictures"),
        (json!("Kitchen"), "CODE_INVALID", "category"),
        (json!("member.age > 7"), "CONDITION_INVALID", "condition"),
        (json!("purchase.total > 7"), "CONDITION_INVALID", "condition"),
    ];
    refuses(&world, &wrong).await;
    let untold = with(terms(), "wordings", json!([]));
    let refused = world.operator.is_refused("draftReward", draft("mug", untold)).await;
    is(refused, "LANGUAGE_INVALID", "terms.defaultLanguage");
    let mut says = with(terms(), "opensAt", json!("2026-03-02T09:00:00Z"));
    says["closesAt"] = says["opensAt"].clone();
    let refused = world.operator.is_refused("draftReward", draft("mug", says)).await;
    is(refused, "SCHEDULE_INVALID", "terms.closesAt");
    world.closes().await;
}

#[tokio::test]
async fn prices_stock_and_limits_that_are_none() {
    let world = World::new().await;
    let set = world.operator.does("createTierSet", "tierSet { id }", by_spend()).await;
    let set = &set["tierSet"]["id"];
    let price = |points: i64| json!({ "code": "points", "points": points });
    let tier = |set: &Value, tier: &str| json!({ "tierSetId": set, "tierCode": tier, "points": 5 });
    let tiers = |tiers: Value| json!([{ "code": "points", "points": 9, "tiers": tiers }]);
    let gold = || tier(set, "gold");
    let other = tier(&json!(NO_SET), "gold");
    let day = |count: i64| json!({ "period": "DAY", "count": count });
    let wrong = [
        (json!({ "shareBp": 10 }), "BENEFIT_INVALID", "benefit.shareBp"),
        (json!({ "amount": "10" }), "BENEFIT_INVALID", "benefit.amount"),
        (json!({ "amount": "10.001" }), "AMOUNT_INVALID", "benefit.amount"),
        (json!([]), "PRICE_INVALID", "prices"),
        (many(price(1), 11), "PRICE_INVALID", "prices"),
        (json!([price(0)]), "PRICE_INVALID", "prices.0.points"),
        (json!([price(1_000_000_001)]), "PRICE_INVALID", "prices.0.points"),
        (json!([price(1), price(2)]), "PRICE_INVALID", "prices.1.code"),
        (json!([with(price(1), "code", json!("A"))]), "CODE_INVALID", "prices.0.code"),
        (json!([with(price(1), "money", json!("-1"))]), "AMOUNT_INVALID", "prices.0.money"),
        (tiers(json!([other])), "TIER_SET_NOT_FOUND", "prices.0.tiers.0.tierSetId"),
        (tiers(json!([gold(), tier(set, "tin")])), "TIER_NOT_FOUND", "prices.0.tiers.1.tierCode"),
        (tiers(json!([gold(), gold()])), "PRICE_INVALID", "prices.0.tiers.1"),
        (tiers(many(gold(), 21)), "PRICE_INVALID", "prices.0.tiers"),
        (json!({ "total": -1 }), "VALUE_OUT_OF_RANGE", "stock.total"),
        (json!({ "perDay": -1 }), "VALUE_OUT_OF_RANGE", "stock.perDay"),
        (many(day(1), 2), "LIMIT_INVALID", "limits.1"),
        (json!([day(0)]), "VALUE_OUT_OF_RANGE", "limits.0.count"),
    ];
    refuses(&world, &wrong).await;
    world.closes().await;
}

#[tokio::test]
async fn a_figure_that_its_kind_lacks_or_that_is_none() {
    let world = World::new().await;
    let of = |kind: &str, benefit: Value| {
        let terms = with(terms(), "benefit", benefit);
        json!({ "code": "off", "kind": kind, "terms": terms })
    };
    for (kind, benefit, code, at) in [
        ("PERCENT_OFF", json!({}), "BENEFIT_INVALID", "shareBp"),
        ("PERCENT_OFF", json!({ "shareBp": 1, "amount": "1" }), "BENEFIT_INVALID", "amount"),
        ("PERCENT_OFF", json!({ "shareBp": 0 }), "VALUE_OUT_OF_RANGE", "shareBp"),
        ("PERCENT_OFF", json!({ "shareBp": 10_001 }), "VALUE_OUT_OF_RANGE", "shareBp"),
        ("AMOUNT_OFF", json!({}), "BENEFIT_INVALID", "amount"),
        ("AMOUNT_OFF", json!({ "amount": "0" }), "AMOUNT_INVALID", "amount"),
        ("GIFT_CARD", json!({ "shareBp": 5 }), "BENEFIT_INVALID", "shareBp"),
    ] {
        let refused = world.operator.is_refused("draftReward", of(kind, benefit)).await;
        is(refused, code, &format!("terms.benefit.{at}"));
    }
    for (kind, benefit) in
        [("AMOUNT_OFF", json!({ "amount": "5" })), ("GIFT_CARD", json!({ "amount": "9.99" }))]
    {
        let wish = with(of(kind, benefit), "code", json!(kind.to_lowercase().replace('_', "-")));
        drafts(&world.operator, wish).await;
    }
    world.closes().await;
}

#[tokio::test]
async fn what_a_reward_is_called_and_becomes() {
    let world = World::new().await;
    let operator = &world.operator;
    let id = launches(operator, draft("mug", terms())).await;
    is(operator.is_refused("draftReward", draft("mug", terms())).await, "CODE_TAKEN", "code");
    is(operator.is_refused("draftReward", draft("Mug", terms())).await, "CODE_INVALID", "code");
    let nobody = with(draft("cup", terms()), "partnerId", json!("ptn_01h2xcejqtf2nbrexx3vqjhp41"));
    is(operator.is_refused("draftReward", nobody).await, "PARTNER_NOT_FOUND", "partnerId");
    let turn = |id: &str, version: i32, status: &str| json!({ "rewardId": id, "expectedVersion": version, "status": status });
    is(
        operator.is_refused("setRewardStatus", turn(NOTHING, 1, "LIVE")).await,
        "REWARD_NOT_FOUND",
        "rewardId",
    );
    is(
        operator.is_refused("setRewardStatus", turn(&id, 2, "DRAFT")).await,
        "STATUS_INVALID",
        "status",
    );
    let cup = drafts(operator, draft("cup", terms())).await;
    is(
        operator.is_refused("setRewardStatus", turn(&cup, 1, "PAUSED")).await,
        "STATUS_INVALID",
        "status",
    );
    turns(operator, &id, 2, "ENDED").await;
    is(
        operator.is_refused("setRewardStatus", turn(&id, 3, "LIVE")).await,
        "REWARD_ENDED",
        "rewardId",
    );
    let change = json!({ "rewardId": id, "expectedVersion": 3, "terms": terms() });
    is(operator.is_refused("updateReward", change).await, "REWARD_ENDED", "rewardId");
    let missing = json!({ "rewardId": NOTHING, "expectedVersion": 1, "terms": terms() });
    is(operator.is_refused("updateReward", missing).await, "REWARD_NOT_FOUND", "rewardId");
    world.closes().await;
}

//! What points are spent on: written by operators and partners, found by members, and what it is to each.

pub(crate) mod claims;
mod killed;
mod refusals;
mod supply;
mod unclaimed;
mod viewer;
mod vouchers;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Caller, World};

/// What a plain reward says: a mug for a hundred points.
pub(crate) fn terms() -> Value {
    json!({ "defaultLanguage": "en", "wordings": [
            { "language": "en", "title": "A mug", "text": "Blue,\nof stoneware", "terms": "One each" },
            { "language": "de-AT", "title": "Ein Häferl" }],
        "pictures": ["https://shop.example/mug.png"], "category": "kitchen",
        "prices": [{ "code": "points", "points": 100 }] })
}

pub(crate) fn with(mut wish: Value, field: &str, value: Value) -> Value {
    wish[field] = value;
    wish
}

/// A reward of that code, still a draft.
pub(crate) fn draft(code: &str, terms: Value) -> Value {
    json!({ "code": code, "kind": "FREE_PRODUCT", "terms": terms })
}

/// Drafts it, and says its id.
pub(crate) async fn drafts(writer: &Caller, wish: Value) -> String {
    let drafted = writer.does("draftReward", "reward { id version status }", wish).await;
    assert_eq!(drafted["reward"]["status"], "DRAFT");
    drafted["reward"]["id"].as_str().unwrap().to_owned()
}

/// Drafts and launches it, and says its id.
pub(crate) async fn launches(writer: &Caller, wish: Value) -> String {
    let id = drafts(writer, wish).await;
    turns(writer, &id, 1, "LIVE").await;
    id
}

pub(crate) async fn turns(writer: &Caller, id: &str, version: i32, status: &str) -> Value {
    let wish = json!({ "rewardId": id, "expectedVersion": version, "status": status });
    writer.does("setRewardStatus", "reward { status version }", wish).await["reward"].clone()
}

/// The codes that a caller finds, in their own order: all of a story is drafted at one moment.
async fn found(caller: &Caller, filter: &str) -> Vec<String> {
    let asked = format!("{{ rewards(filter: {{ {filter} }}) {{ nodes {{ code }} }} }}");
    let seen = caller.asks(&asked).await;
    let nodes = seen["rewards"]["nodes"].as_array().unwrap();
    let codes = nodes.iter().map(|node| node["code"].as_str().unwrap().to_owned());
    codes.collect::<BTreeSet<_>>().into_iter().collect()
}

const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn a_reward_is_drafted_launched_changed_paused_and_ended_and_each_step_is_a_version() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let id = drafts(&world.operator, draft("mug", terms())).await;
    assert_eq!(found(&world.operator, "").await, ["mug"]);
    for caller in [&till, &ana] {
        assert_eq!(found(caller, "").await, NOTHING);
        let seen = caller.asks(&format!("{{ reward(id: \"{id}\") {{ code }} }}")).await;
        assert_eq!(seen["reward"], Value::Null);
    }
    let live = json!({ "status": "LIVE", "version": 2 });
    assert_eq!(turns(&world.operator, &id, 1, "LIVE").await, live);
    assert_eq!(turns(&world.operator, &id, 2, "LIVE").await, live, "it is that already");
    assert_eq!(found(&ana, "").await, ["mug"]);

    let other = with(terms(), "category", json!("travel"));
    let change = json!({ "rewardId": id, "expectedVersion": 2, "terms": other });
    let shown = "reward { version category }";
    let changed = world.operator.does("updateReward", shown, change.clone()).await;
    assert_eq!(changed["reward"], json!({ "version": 3, "category": "travel" }));
    let answer = world.operator.sends("updateReward", "", change).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "CONFLICT");
    let same = json!({ "rewardId": id, "expectedVersion": 3, "terms": other });
    let same = world.operator.does("updateReward", shown, same).await;
    assert_eq!(same["reward"]["version"], 3, "it says that already");

    turns(&world.operator, &id, 3, "PAUSED").await;
    assert_eq!(found(&ana, "").await, NOTHING);
    turns(&world.operator, &id, 4, "LIVE").await;
    assert_eq!(turns(&world.operator, &id, 5, "ENDED").await["version"], 6);
    assert_eq!(found(&ana, "").await, NOTHING);
    let seen = ana.asks(&format!("{{ reward(id: \"{id}\") {{ status }} }}")).await;
    assert_eq!(seen["reward"]["status"], "ENDED", "who has it may see what it was");
    world.closes().await;
}

#[tokio::test]
async fn a_reward_says_all_that_was_said_of_it() {
    let world = World::new().await;
    let ana = world.member("C1").await;
    let mut says = terms();
    says["benefit"] = json!({ "shareBp": 1500 });
    says["prices"] = json!([{ "code": "points", "points": 100 }, { "code": "mixed", "points": 40, "money": "2.50" }]);
    says["stock"] = json!({ "total": 50, "perDay": 5 });
    says["limits"] = json!([{ "period": "MONTH", "count": 2 }]);
    says["opensAt"] = json!("2026-03-01T00:00:00Z");
    says["closesAt"] = json!("2026-04-01T00:00:00Z");
    says["condition"] = json!("member.days_enrolled >= 0");
    let wish = json!({ "code": "off", "kind": "PERCENT_OFF", "terms": says });
    let id = launches(&world.operator, wish).await;
    let shown = "code kind category defaultLanguage wordings { language title text terms } pictures
        benefit { shareBp amount { amount } } prices { code points money { amount } tierPrices { tierCode } }
        stock { total perDay } limits { period count } opensAt closesAt partner { code } condition";
    let asked = format!("{{ node(id: \"{id}\") {{ ... on Reward {{ {shown} }} }} }}");
    let seen = world.operator.asks(&asked).await["node"].clone();
    let expected = json!({ "code": "off", "kind": "PERCENT_OFF", "category": "kitchen",
        "defaultLanguage": "en", "wordings": [
            { "language": "en", "title": "A mug", "text": "Blue,\nof stoneware", "terms": "One each" },
            { "language": "de-AT", "title": "Ein Häferl", "text": null, "terms": null }],
        "pictures": ["https://shop.example/mug.png"],
        "benefit": { "shareBp": 1500, "amount": null },
        "prices": [{ "code": "points", "points": 100, "money": null, "tierPrices": [] },
            { "code": "mixed", "points": 40, "money": { "amount": "2.50" }, "tierPrices": [] }],
        "stock": { "total": 50, "perDay": 5 }, "limits": [{ "period": "MONTH", "count": 2 }],
        "opensAt": "2026-03-01T00:00:00Z", "closesAt": "2026-04-01T00:00:00Z", "partner": null,
        "condition": "member.days_enrolled >= 0" });
    assert_eq!(seen, expected);
    assert_eq!(ana.asks(&asked).await["node"], with(expected, "condition", Value::Null));
    for (languages, title) in [
        (json!(["de-AT"]), "Ein Häferl"),
        (json!(["DE"]), "Ein Häferl"),
        (json!(["fr", "de-DE", "en"]), "Ein Häferl"),
        (json!(["fr", "no tag"]), "A mug"),
        (json!([]), "A mug"),
    ] {
        let asked =
            format!("{{ reward(id: \"{id}\") {{ wording(languages: {languages}) {{ title }} }} }}");
        assert_eq!(ana.asks(&asked).await["reward"]["wording"]["title"], title, "{languages}");
    }
    world.closes().await;
}

#[tokio::test]
async fn a_reward_is_found_by_its_words_its_category_its_kind_its_partner_and_its_time() {
    let world = World::new().await;
    let (till, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let ana = world.member("C1").await;
    launches(&world.operator, draft("mug", terms())).await;
    let mut cup = terms();
    cup["wordings"] =
        json!([{ "language": "en", "title": "A cup 100% blue", "text": "ÄRMEL_LOS" }]);
    cup["category"] = json!("travel");
    launches(&till, draft("cup", cup)).await;
    let later = with(terms(), "opensAt", json!("2026-03-03T00:00:00Z"));
    let later = with(later, "closesAt", json!("2026-03-05T00:00:00Z"));
    let wish = json!({ "code": "later", "kind": "EVENT", "partnerId": fuel.id, "terms": later });
    launches(&world.operator, wish).await;
    for (filter, codes) in [
        ("", &["cup", "mug"][..]),
        ("search: \"BLUE\"", &["cup", "mug"]),
        ("search: \"stone blue\"", &["mug"]),
        ("search: \"häferl\"", &["mug"]),
        ("search: \"100%\"", &["cup"]),
        ("search: \"ärmel_\"", &["cup"]),
        ("search: \"ärmellos\"", &[]),
        ("search: \"\\\\\"", &[]),
        ("category: \"travel\"", &["cup"]),
        ("kind: EVENT", &[]),
        ("kind: FREE_PRODUCT, category: \"kitchen\"", &["mug"]),
        (&format!("partnerId: \"{}\"", till.id), &["cup"]),
        ("status: PAUSED", &[]),
    ] {
        assert_eq!(found(&ana, filter).await, codes, "{filter}");
    }
    assert_eq!(found(&fuel, "").await, ["cup", "later", "mug"], "its own, whenever it is there");
    assert_eq!(found(&world.operator, "kind: EVENT").await, ["later"]);
    world.days_pass(1).await;
    assert_eq!(found(&ana, "").await, ["cup", "later", "mug"]);
    world.days_pass(2).await;
    assert_eq!(found(&ana, "").await, ["cup", "mug"]);
    let page = "{ rewards(first: 1) { nodes { code } pageInfo { hasNextPage endCursor } } }";
    let page = ana.asks(page).await["rewards"].clone();
    let next = format!(
        "{{ rewards(first: 5, after: {}) {{ nodes {{ code }} pageInfo {{ hasNextPage }} }} }}",
        page["pageInfo"]["endCursor"]
    );
    let next = ana.asks(&next).await["rewards"].clone();
    let more = [&page, &next].map(|page| page["pageInfo"]["hasNextPage"].clone());
    assert_eq!(more, [json!(true), json!(false)]);
    let both: BTreeSet<&str> =
        [&page, &next].map(|page| page["nodes"][0]["code"].as_str().unwrap()).into();
    assert_eq!(both, BTreeSet::from(["cup", "mug"]));
    world.closes().await;
}

#[tokio::test]
async fn a_partner_writes_its_own_rewards_and_no_others() {
    let world = World::new().await;
    let (till, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let own = drafts(&till, draft("own", terms())).await;
    let named =
        json!({ "code": "named", "kind": "SAMPLE", "partnerId": till.id, "terms": terms() });
    drafts(&till, named).await;
    let seen = till.asks(&format!("{{ reward(id: \"{own}\") {{ partner {{ code }} }} }}")).await;
    assert_eq!(seen["reward"]["partner"]["code"], "grocer");
    assert_eq!(found(&till, "").await, ["named", "own"]);
    assert_eq!(found(&fuel, "").await, NOTHING);
    let theirs = with(draft("theirs", terms()), "partnerId", json!(fuel.id));
    let refused = till.is_refused("draftReward", theirs).await;
    assert_eq!(refused, ("PARTNER_NOT_FOUND".to_owned(), "partnerId".to_owned()));
    let programmes = drafts(&world.operator, draft("programmes", terms())).await;
    for (writer, id) in [(&fuel, &own), (&till, &programmes)] {
        let turn = json!({ "rewardId": id, "expectedVersion": 1, "status": "LIVE" });
        let change = json!({ "rewardId": id, "expectedVersion": 1, "terms": terms() });
        for (mutation, wish) in [("setRewardStatus", turn), ("updateReward", change)] {
            let refused = writer.is_refused(mutation, wish).await;
            assert_eq!(refused, ("REWARD_NOT_FOUND".to_owned(), "rewardId".to_owned()));
        }
    }
    turns(&world.operator, &own, 1, "LIVE").await;
    turns(&till, &own, 2, "PAUSED").await;
    world.closes().await;
}

#[tokio::test]
async fn of_two_who_change_a_reward_at_once_on_two_gateways_one_is_told_of_the_other() {
    let world = World::new().await;
    let id = drafts(&world.operator, draft("mug", terms())).await;
    let mut gateway = world.opens_gateway().await;
    let there = world.operator.at(&gateway);
    let change = |category: &str| {
        let terms = with(terms(), "category", json!(category));
        json!({ "rewardId": id, "expectedVersion": 1, "terms": terms })
    };
    let (one, other) = tokio::join!(
        world.operator.sends("updateReward", "reward { version }", change("one")),
        there.sends("updateReward", "reward { version }", change("other")),
    );
    let answers = [&one, &other];
    let told =
        answers.map(|own| own["errors"][0]["extensions"]["code"].as_str() == Some("CONFLICT"));
    assert_eq!(told.iter().filter(|is_told| **is_told).count(), 1, "{answers:?}");
    let (one, other) = tokio::join!(
        world.operator.tries("draftReward", "reward { id }", draft("same", terms())),
        there.tries("draftReward", "reward { id }", draft("same", terms())),
    );
    let mut codes = [crate::support::code(&one), crate::support::code(&other)];
    codes.sort();
    assert_eq!(codes, ["CODE_TAKEN", "OK"]);
    gateway.stops().await;
    world.closes().await;
}

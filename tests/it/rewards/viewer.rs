//! What a reward is to the member who looks: for it or not, at its price, within its means now or later.

use serde_json::{Value, json};
use service::programmes::Settings;

use super::{draft, drafts, found, launches, terms, turns};
use crate::support::{Caller, World, receipt};
use crate::tiers;

const SEEN: &str = "isForViewer viewerPrices { code points money { amount } }
    affordability { canAfford missingPoints when }";

async fn sees(caller: &Caller, id: &str) -> Value {
    let asked = format!("{{ reward(id: \"{id}\") {{ {SEEN} }} }}");
    caller.asks(&asked).await["reward"].clone()
}

#[tokio::test]
async fn a_member_is_told_what_it_can_afford_what_it_lacks_and_when_it_could() {
    let world = World::with(Settings { pending_days: 7, ..Settings::default() }).await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let id = launches(&world.operator, draft("mug", terms())).await;
    let afford = async || sees(&ana, &id).await["affordability"].clone();
    let of = |can: bool, missing: i64, when: Value| json!({ "canAfford": can, "missingPoints": missing, "when": when });
    assert_eq!(afford().await, of(false, 100, Value::Null));
    let first = world.now();
    till.does("recordPurchase", "points", receipt("R1", "C1", "60.00", first)).await;
    assert_eq!(afford().await, of(false, 100, Value::Null));
    world.days_pass(1).await;
    till.does("recordPurchase", "points", receipt("R2", "C1", "60.00", world.now())).await;
    assert_eq!(afford().await, of(false, 100, json!("2026-03-10T09:00:00Z")));
    assert_eq!(found(&ana, "isAffordable: true").await, Vec::<String>::new());
    world.days_pass(6).await;
    assert_eq!(afford().await, of(false, 40, json!("2026-03-10T09:00:00Z")));
    world.days_pass(1).await;
    assert_eq!(afford().await, of(true, 0, json!(world.now())));
    assert_eq!(found(&ana, "isAffordable: true").await, ["mug"]);
    for caller in [&world.operator, &till] {
        let seen = json!({ "isForViewer": null, "viewerPrices": null, "affordability": null });
        assert_eq!(sees(caller, &id).await, seen);
        let asked = "{ rewards(filter: { isAffordable: true }) { nodes { id } } }";
        let answer = caller.posts(asked, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    }
    world.closes().await;
}

#[tokio::test]
async fn a_member_pays_what_its_tier_pays_and_is_told_what_is_not_for_it() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let set = world.operator.does("createTierSet", "tierSet { id }", tiers::by_spend()).await;
    let tier = |tier: &str, points: i64| json!({ "tierSetId": set["tierSet"]["id"], "tierCode": tier, "points": points });
    let mut says = terms();
    says["prices"] = json!([
        { "code": "points", "points": 200, "tiers": [tier("silver", 90), tier("gold", 80)] },
        { "code": "mixed", "points": 150, "money": "1.00" }]);
    says["condition"] = json!("member.tier == 'silver'");
    let id = launches(&world.operator, draft("mug", says)).await;
    for (number, card) in [("R1", "C1"), ("R2", "C2")] {
        till.does("recordPurchase", "points", receipt(number, card, "110.00", world.now())).await;
    }
    let grant = json!({ "memberId": ana.id, "tierSetId": set["tierSet"]["id"], "tierCode": "silver",
        "until": "2026-12-31", "reason": "hello" });
    world.operator.does("grantTier", "member { id }", grant).await;
    let prices = |points: i64| {
        json!([{ "code": "points", "points": points, "money": null },
            { "code": "mixed", "points": 150, "money": { "amount": "1.00" } }])
    };
    let seen = sees(&ana, &id).await;
    assert_eq!((&seen["isForViewer"], &seen["viewerPrices"]), (&json!(true), &prices(90)));
    assert_eq!(seen["affordability"]["canAfford"], true);
    let seen = sees(&bob, &id).await;
    assert_eq!((&seen["isForViewer"], &seen["viewerPrices"]), (&json!(false), &prices(200)));
    assert_eq!(seen["affordability"]["missingPoints"], 40);
    assert_eq!(found(&ana, "isAffordable: true").await, ["mug"]);
    assert_eq!(found(&bob, "isAffordable: true").await, Vec::<String>::new());

    let mut cheaper = terms();
    cheaper["prices"] = json!([{ "code": "points", "points": 110 }]);
    let change = json!({ "rewardId": id, "expectedVersion": 2, "terms": cheaper });
    world.operator.does("updateReward", "reward { version }", change).await;
    assert_eq!(found(&bob, "isAffordable: true").await, ["mug"], "by what it says now");
    world.closes().await;
}

#[tokio::test]
async fn a_page_of_fifty_rewards_is_told_one_by_one_and_all_together() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    till.does("recordPurchase", "points", receipt("R1", "C1", "25.00", world.now())).await;
    for number in 1..=50 {
        let mut says = terms();
        says["prices"] = json!([{ "code": "points", "points": number }]);
        says["condition"] = json!(format!("member.spend.ever > {}", number * 100));
        let id = drafts(&world.operator, draft(&format!("r{number}"), says)).await;
        turns(&world.operator, &id, 1, "LIVE").await;
    }
    let page = format!("{{ rewards(first: 50) {{ nodes {{ code {SEEN} }} }} }}");
    let page = ana.asks(&page).await["rewards"]["nodes"].as_array().unwrap().clone();
    assert_eq!(page.len(), 50);
    for own in page {
        let number: i64 = own["code"].as_str().unwrap()[1..].parse().unwrap();
        assert_eq!(own["isForViewer"], number < 25, "{own}");
        assert_eq!(own["affordability"]["canAfford"], number <= 25, "{own}");
    }
    world.closes().await;
}

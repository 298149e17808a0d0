//! Campaigns: a window, an audience, a budget and a split for their rules, and a second operator where
//! much is given.

use entity::amount::Points;
use serde_json::{Value, json};
use service::programmes::Settings;

use super::{AWARDS, awards, earns, launches, sale, terms, world};
use crate::support::World;

fn fixed(points: i64) -> Value {
    json!({ "fixed": { "points": points } })
}

async fn generous() -> World {
    let adjustment_limit = Points::new(1000).unwrap();
    World::with(Settings { adjustment_limit, pending_days: 0, ..Settings::default() }).await
}

/// Drafts a campaign with a rule of so many points that is launched already.
async fn drafts(world: &World, more: Value) -> (Value, String) {
    let mut own = json!({ "name": "Joint" });
    own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let input = json!({ "code": "joint", "terms": own });
    let drafted = world.operator.does("draftCampaign", "campaign { id version }", input).await;
    let campaign = drafted["campaign"].clone();
    let rule = json!({ "code": "bonus", "campaignId": campaign["id"],
        "terms": terms("bonus", fixed(100), json!({})) });
    let rule = world.operator.does("draftEarningRule", "rule { id version }", rule).await;
    let rule = launches(&world.operator, &rule["rule"]).await;
    (campaign, rule)
}

fn status(campaign: &Value, version: i32, status: &str) -> Value {
    json!({ "campaignId": campaign["id"], "expectedVersion": version, "status": status })
}

#[tokio::test]
async fn a_joint_campaign_is_paid_by_its_split_and_names_its_version() {
    let world = generous().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    let split = json!([{ "partnerId": grocer.id, "shareBp": 6000 },
        { "partnerId": fuel.id, "shareBp": 3000 }, { "shareBp": 1000, "price": "0.010" }]);
    let (campaign, _) =
        drafts(&world, json!({ "funding": split, "budget": { "points": 250 } })).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 100)], world.now());
    assert_eq!(earns(&grocer, of("R0")).await, 1, "a draft gives nothing");
    let live = status(&campaign, 1, "LIVE");
    let live = world.operator.does("setCampaignStatus", "campaign { version status }", live).await;
    assert_eq!(live["campaign"], json!({ "version": 2, "status": "LIVE" }));
    let recorded = grocer.does("recordPurchase", AWARDS, of("R1")).await;
    assert_eq!(recorded["points"], 101);
    let award = &awards(&recorded)[0];
    assert_eq!(award["campaignVersion"], 2);
    assert_eq!(award["funding"][2], json!({ "partnerId": null, "shareBp": 1000 }));
    assert_eq!(earns(&fuel, of("R1")).await, 101, "at every partner");
    let third = grocer.does("recordPurchase", AWARDS, of("R2")).await;
    assert_eq!(awards(&third)[0]["caps"], json!([{ "kind": "CAMPAIGN_BUDGET", "cut": 50 }]));
    // Each split keeps a lot of its own.
    let query = format!(
        "{{ node(id: \"{}\") {{ ... on Purchase {{ entries {{ lotsMade {{ quantity }} }} }} }} }}",
        recorded["purchase"]["id"].as_str().unwrap()
    );
    let lots = world.operator.asks(&query).await["node"]["entries"][0]["lotsMade"].clone();
    let mut lots: Vec<i64> =
        lots.as_array().unwrap().iter().map(|lot| lot["quantity"].as_i64().unwrap()).collect();
    lots.sort_unstable();
    assert_eq!(lots, [1, 100]);
    let pause = status(&campaign, 2, "PAUSED");
    world.operator.does("setCampaignStatus", "campaign { status }", pause).await;
    assert_eq!(earns(&grocer, of("R3")).await, 1);
    world.closes().await;
}

#[tokio::test]
async fn who_launches_much_needs_a_second_operator() {
    let world = generous().await;
    let grocer = world.partner("grocer").await;
    world.member("C1").await;
    let (campaign, _) = drafts(&world, json!({ "budget": { "points": 1001 } })).await;
    let of = |number: &str| sale(number, "C1", &[("A", "FOOD", 1, 100)], world.now());
    let live = status(&campaign, 1, "LIVE");
    let result = "campaign { id } proposal { id kind status }";
    let proposed = world.operator.does("setCampaignStatus", result, live).await;
    assert_eq!(proposed["campaign"], json!(null));
    assert_eq!(proposed["proposal"]["kind"], "CHANGE_CAMPAIGN");
    assert_eq!(earns(&grocer, of("R1")).await, 1);
    let bea = world.second_operator().await;
    let named = json!({ "proposalId": proposed["proposal"]["id"] });
    let refused = world.operator.is_refused("approveProposal", named.clone()).await;
    assert_eq!(refused.0, "APPROVER_IS_PROPOSER");
    bea.does("approveProposal", "proposal { status }", named).await;
    world.seconds_pass(1);
    assert_eq!(earns(&grocer, of("R2")).await, 101);
    // Less alone, more together.
    let with = |version: i32, points: i64| {
        json!({ "campaignId": campaign["id"],
        "expectedVersion": version, "terms": { "name": "Joint", "budget": { "points": points } } })
    };
    let less = world.operator.does("updateCampaign", "campaign { version }", with(2, 900)).await;
    assert_eq!(less["campaign"]["version"], 3);
    let more = world.operator.does("updateCampaign", "proposal { id }", with(3, 5000)).await;
    assert!(more["proposal"]["id"].is_string());
    world.closes().await;
}

#[tokio::test]
async fn a_campaign_is_for_its_audience_and_within_its_window() {
    let world = generous().await;
    let grocer = world.partner("grocer").await;
    let ana = world.member("C1").await;
    world.member("C2").await;
    let segment = json!({ "code": "chosen", "name": "Chosen" });
    world.operator.does("defineSegment", "segment { code }", segment).await;
    let assign = json!({ "segmentCode": "chosen", "add": [ana.id] });
    world.operator.does("assignSegment", "changed", assign).await;
    let more = json!({ "audience": "\"chosen\" in member.segments", "budget": { "points": 1000 },
        "schedule": { "until": "2026-03-04T00:00:00Z" } });
    let (campaign, _) = drafts(&world, more).await;
    let live = status(&campaign, 1, "LIVE");
    world.operator.does("setCampaignStatus", "campaign { status }", live).await;
    let of = |number: &str, card: &str| sale(number, card, &[("A", "FOOD", 1, 100)], world.now());
    assert_eq!(earns(&grocer, of("R1", "C1")).await, 101);
    assert_eq!(earns(&grocer, of("R2", "C2")).await, 1);
    world.days_pass(2).await;
    assert_eq!(earns(&grocer, of("R3", "C1")).await, 1);
    let end = status(&campaign, 2, "ENDED");
    world.operator.does("setCampaignStatus", "campaign { status }", end).await;
    let again = world.operator.is_refused("setCampaignStatus", status(&campaign, 3, "LIVE")).await;
    assert_eq!(again, ("RULE_ENDED".to_owned(), "campaignId".to_owned()));
    world.closes().await;
}

#[tokio::test]
async fn drafts_are_for_operators_alone() {
    let (world, grocer, ana) = world().await;
    super::drafts(&world.operator, "secret", fixed(5), json!({})).await;
    let more = json!({ "budget": { "points": 9 }, "condition": "purchase.total > 1" });
    super::rules(&world.operator, "open", fixed(5), more).await;
    let query = "{ earningRules { nodes { code condition budget { points } funding { shareBp } effect { kind points } } } }";
    let rules = |who: Value| who["earningRules"]["nodes"].clone();
    assert_eq!(rules(world.operator.asks(query).await).as_array().unwrap().len(), 2);
    for other in [&grocer, &ana] {
        let seen = rules(other.asks(query).await);
        let effect = json!({ "kind": "fixed", "points": 5 });
        assert_eq!(
            seen,
            json!([{ "code": "open", "condition": null, "budget": null, "funding": [], "effect": effect }])
        );
    }
    world.closes().await;
}

//! What operators get wrong about tiers.

use serde_json::{Value, json};

use super::{by_spend, makes, terms};
use crate::support::World;

const NOBODY: &str = "mem_01h2xcejqtf2nbrexx3vqjhp41";
const NOTHING: &str = "tis_01h2xcejqtf2nbrexx3vqjhp41";

/// The same with another value at this path.
fn with(mut wish: Value, path: &str, value: Value) -> Value {
    *wish.pointer_mut(path).unwrap() = value;
    wish
}

fn is(found: (String, String), code: &str, path: &str) {
    assert_eq!(found, (code.to_owned(), path.to_owned()));
}

#[tokio::test]
async fn a_set_that_is_no_ladder() {
    let (world, set) = (World::new().await, by_spend());
    makes(&world, set.clone()).await;
    let mut other = with(set, "/code", json!("other"));
    other["windowMonths"] = Value::Null;
    let wrong = [
        ("/code", json!("status"), "CODE_TAKEN", "code"),
        ("/code", json!("Status"), "CODE_INVALID", "code"),
        ("/name", json!(" "), "NAME_INVALID", "name"),
        ("/windowMonths", json!(6), "TIER_WINDOW_INVALID", "windowMonths"),
        ("/window", json!("ROLLING_MONTHS"), "TIER_WINDOW_INVALID", "windowMonths"),
        ("/terms/graceDays", json!(367), "VALUE_OUT_OF_RANGE", "terms.graceDays"),
        ("/terms/tiers", json!([]), "TIERS_INVALID", "terms.tiers"),
        ("/terms/tiers/1/code", json!("bronze"), "TIERS_INVALID", "terms.tiers.1.code"),
        ("/terms/tiers/1/threshold", json!("100"), "TIERS_INVALID", "terms.tiers.1.threshold"),
        ("/terms/tiers/0/threshold", json!("-1"), "TIERS_INVALID", "terms.tiers.0.threshold"),
        ("/terms/tiers/0/threshold", json!("0.001"), "TIERS_INVALID", "terms.tiers.0.threshold"),
        (
            "/terms/tiers/0/multiplierBp",
            json!(-1),
            "VALUE_OUT_OF_RANGE",
            "terms.tiers.0.multiplierBp",
        ),
        ("/terms/tiers/0/perks/0/text", json!(""), "NAME_INVALID", "terms.tiers.0.perks.0.text"),
    ];
    for (path, value, code, at) in wrong {
        is(
            world.operator.is_refused("createTierSet", with(other.clone(), path, value)).await,
            code,
            at,
        );
    }
    world.closes().await;
}

#[tokio::test]
async fn an_amendment_that_drops_a_tier_or_comes_too_late() {
    let world = World::new().await;
    let set = makes(&world, by_spend()).await;
    let amend =
        |set: &str, terms: Value| json!({ "tierSetId": set, "expectedVersion": 1, "terms": terms });
    let mut fewer = terms("HARD", 0);
    fewer["tiers"].as_array_mut().unwrap().remove(1);
    let refused = world.operator.is_refused("updateTierSet", amend(&set, fewer)).await;
    is(refused, "TIERS_INVALID", "terms.tiers");
    let floor = with(terms("HARD", 0), "/tiers/0/threshold", json!("0"));
    let refused = world.operator.is_refused("updateTierSet", amend(&set, floor)).await;
    is(refused, "TIERS_INVALID", "terms.tiers.0.threshold");
    let refused =
        world.operator.is_refused("updateTierSet", amend(NOTHING, terms("HARD", 0))).await;
    is(refused, "TIER_SET_NOT_FOUND", "tierSetId");
    let nothing = json!({ "tierSetId": NOTHING });
    let refused = world.operator.is_refused("archiveTierSet", nothing).await;
    is(refused, "TIER_SET_NOT_FOUND", "tierSetId");
    world.operator.does("archiveTierSet", "tierSet { id }", json!({ "tierSetId": set })).await;
    let mut again = amend(&set, terms("HARD", 0));
    again["expectedVersion"] = json!(2);
    let refused = world.operator.is_refused("updateTierSet", again).await;
    is(refused, "TIER_SET_ARCHIVED", "tierSetId");
    world.closes().await;
}

#[tokio::test]
async fn a_grant_to_nobody_of_nothing_for_no_reason() {
    let world = World::new().await;
    let ana = world.member("C1").await;
    let set = makes(&world, by_spend()).await;
    let right = json!({ "memberId": ana.id, "tierSetId": set, "tierCode": "gold", "reason": "a guest",
        "until": "2026-03-31" });
    let wrong = [
        ("/memberId", NOBODY, "MEMBER_NOT_FOUND", "memberId"),
        ("/tierSetId", NOTHING, "TIER_SET_NOT_FOUND", "tierSetId"),
        ("/tierCode", "tin", "TIER_NOT_FOUND", "tierCode"),
        ("/reason", " ", "REASON_INVALID", "reason"),
        ("/until", "2026-03-01", "VALUE_OUT_OF_RANGE", "until"),
        ("/until", "2037-03-01", "VALUE_OUT_OF_RANGE", "until"),
    ];
    for (path, value, code, at) in wrong {
        is(
            world.operator.is_refused("grantTier", with(right.clone(), path, json!(value))).await,
            code,
            at,
        );
    }
    let revoke = json!({ "memberId": ana.id, "tierSetId": NOTHING, "reason": "a mistake" });
    is(world.operator.is_refused("revokeTier", revoke).await, "TIER_SET_NOT_FOUND", "tierSetId");
    let stranger = world.elsewhere("C1").await;
    let foreign = with(right, "/memberId", json!(stranger.id));
    is(world.operator.is_refused("grantTier", foreign).await, "MEMBER_NOT_FOUND", "memberId");
    world.closes().await;
}

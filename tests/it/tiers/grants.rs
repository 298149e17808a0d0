//! Tiers that are given, and what becomes of them in a household.

use serde_json::{Value, json};

use super::{buys, by_spend, catches_up, history, makes, tier};
use crate::support::{Caller, World};

fn grant(member: &Caller, set: &str, tier: &str, until: &str) -> Value {
    json!({ "memberId": member.id, "tierSetId": set, "tierCode": tier, "reason": "a guest",
        "until": until })
}

#[tokio::test]
async fn a_grant_holds_to_its_day_and_what_was_earned_shows_again() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let set = makes(&world, by_spend()).await;
    buys(&world, &till, "R1", "100.00").await;
    let wish = grant(&ana, &set, "gold", "2026-03-31");
    let granted = "member { tiers { tier { code } isGranted validUntil } }";
    let seen = world.operator.does("grantTier", granted, wish.clone()).await;
    let expected =
        json!({ "tier": { "code": "gold" }, "isGranted": true, "validUntil": "2026-03-31" });
    assert_eq!(seen["member"]["tiers"][0], expected);
    world.operator.does("grantTier", granted, wish).await;
    world.days_pass(29).await;
    assert_eq!(tier(&ana).await[0], "gold");
    world.days_pass(1).await;
    assert_eq!(tier(&ana).await, json!(["bronze", "2027-12-31"]));
    let told =
        ["2026-03-02 UPGRADE bronze", "2026-03-02 GRANT gold", "2026-04-01 DOWNGRADE bronze"];
    assert_eq!(history(&ana).await, told);
    world.closes().await;
}

#[tokio::test]
async fn a_revoked_grant_is_gone_at_once_and_the_member_reads_why() {
    let world = World::new().await;
    let ana = world.member("C1").await;
    let set = makes(&world, by_spend()).await;
    let wish = grant(&ana, &set, "silver", "2026-12-31");
    world.operator.does("grantTier", "member { id }", wish).await;
    world.seconds_pass(1);
    let revoke = json!({ "memberId": ana.id, "tierSetId": set, "reason": "a mistake" });
    world.operator.does("revokeTier", "member { id }", revoke.clone()).await;
    world.operator.does("revokeTier", "member { id }", revoke).await;
    assert_eq!(tier(&ana).await, json!([null, null]));
    let asked = "{ viewer { tierHistory { kind reason actor fromTierCode set { code } } } }";
    let told = ana.asks(asked).await["viewer"]["tierHistory"].clone();
    let change = |kind: &str, reason: &str, from: Value| {
        json!({ "kind": kind, "reason": reason, "actor": null, "fromTierCode": from,
            "set": { "code": "status" } })
    };
    let expected = json!([
        change("REVOKE", "a mistake", json!("silver")),
        change("GRANT", "a guest", Value::Null)
    ]);
    assert_eq!(told, expected);
    world.closes().await;
}

#[tokio::test]
async fn a_household_climbs_together_and_keeps_what_its_members_were_given() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let set = makes(&world, by_spend()).await;
    buys(&world, &till, "R1", "300.00").await;
    let sale = crate::support::receipt("R2", "C2", "300.00", world.now());
    till.does("recordPurchase", "points", sale).await;
    catches_up(&world).await;
    assert_eq!(
        (tier(&ana).await[0].clone(), tier(&bob).await[0].clone()),
        (json!("bronze"), json!("bronze"))
    );
    let wish = grant(&bob, &set, "gold", "2026-03-10");
    world.operator.does("grantTier", "member { id }", wish).await;
    let pool = json!({ "memberIds": [ana.id, bob.id] });
    world.operator.does("poolHousehold", "household { id }", pool).await;
    assert_eq!(tier(&ana).await, json!(["gold", "2026-03-10"]));
    catches_up(&world).await;
    world.days_pass(10).await;
    assert_eq!(tier(&ana).await, json!(["silver", "2027-12-31"]));
    assert_eq!(tier(&bob).await, tier(&ana).await);
    world.closes().await;
}

//! Tiers: reached by what is bought, kept and lost by the calendar, given and taken back by operators.

mod grants;
mod refusals;

use serde_json::{Value, json};

use crate::support::{Caller, World, receipt};

/// A ladder by money spent in a calendar year: 100, 500 and 1,000 euros.
pub(crate) fn by_spend() -> Value {
    json!({ "code": "status", "name": "Status", "metric": "SPEND", "window": "CALENDAR_YEAR",
        "terms": terms("HARD", 0) })
}

fn terms(downgrade: &str, grace: i32) -> Value {
    let tier = |code: &str, threshold: &str, multiplier: i32| {
        json!({ "code": code, "name": code, "threshold": threshold, "multiplierBp": multiplier,
            "perks": [{ "code": "lounge", "text": "A quiet place" }] })
    };
    json!({ "downgrade": downgrade, "graceDays": grace, "tiers": [tier("bronze", "100.00", 10_000),
        tier("silver", "500.00", 12_500), tier("gold", "1000.00", 20_000)] })
}

async fn makes(world: &World, wish: Value) -> String {
    let made = world.operator.does("createTierSet", "tierSet { id version }", wish).await;
    made["tierSet"]["id"].as_str().unwrap().to_owned()
}

/// What was bought has its effect.
async fn catches_up(world: &World) {
    let services = &world.gateway.services;
    services.sequence().await.unwrap();
    while services.follow_tiers().await.unwrap() > 0 {}
}

async fn buys(world: &World, till: &Caller, number: &str, amount: &str) -> Value {
    let sale = receipt(number, "C1", amount, world.now());
    let sold = till.does("recordPurchase", "purchase { id }", sale).await;
    catches_up(world).await;
    world.seconds_pass(1);
    sold["purchase"]["id"].clone()
}

/// The member's tier in its first set, and the last day of it.
pub(crate) async fn tier(member: &Caller) -> Value {
    let seen = member.asks("{ viewer { tiers { tier { code } validUntil } } }").await;
    let standing = &seen["viewer"]["tiers"][0];
    json!([standing["tier"]["code"], standing["validUntil"]])
}

/// How the member came there: kind and tier after, oldest first.
pub(crate) async fn history(member: &Caller) -> Vec<String> {
    let seen = member.asks("{ viewer { tierHistory { kind toTierCode day } } }").await;
    let changes = seen["viewer"]["tierHistory"].as_array().unwrap().clone();
    let told = |change: &Value| {
        let text = |field: &str| change[field].as_str().unwrap_or("nothing").to_owned();
        format!("{} {} {}", text("day"), text("kind"), text("toTierCode"))
    };
    changes.iter().rev().map(told).collect()
}

#[tokio::test]
async fn a_tier_is_reached_at_once_and_says_how_far_the_next_one_is() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    buys(&world, &till, "R0", "40.00").await;
    makes(&world, by_spend()).await;
    catches_up(&world).await;
    let figures = "{ viewer { tiers { set { code metric tiers { code threshold multiplierBp perks { text } } }
        tier { code multiplierBp } since validUntil progress windowFrom windowTo isGranted
        next { code } missingToNext missingToKeep } } }";
    let before = ana.asks(figures).await["viewer"]["tiers"][0].clone();
    assert_eq!(before["tier"], Value::Null);
    assert_eq!([&before["progress"], &before["missingToNext"]], ["40.00", "60.00"]);
    buys(&world, &till, "R1", "480.50").await;
    let after = ana.asks(figures).await["viewer"]["tiers"][0].clone();
    let expected = json!({ "code": "silver", "multiplierBp": 12_500 });
    assert_eq!((&after["tier"], &after["next"]["code"]), (&expected, &json!("gold")));
    let told = [
        "since",
        "validUntil",
        "progress",
        "windowFrom",
        "windowTo",
        "missingToNext",
        "missingToKeep",
    ];
    let told = told.map(|field| after[field].as_str().unwrap_or_default().to_owned());
    let expected =
        ["2026-03-02", "2027-12-31", "520.50", "2026-01-01", "2026-12-31", "479.50", "0.00"];
    assert_eq!(told, expected);
    assert_eq!(after["set"]["tiers"][2]["perks"][0]["text"], "A quiet place");
    assert_eq!(history(&ana).await, ["2026-03-02 UPGRADE silver"]);
    assert_eq!(
        till.asks(&format!(
            "{{ member(by: {{ id: \"{}\" }}) {{ tiers {{ progress }} tierHistory {{ kind }} }} }}",
            ana.id
        ))
        .await["member"],
        json!({ "tiers": [], "tierHistory": [] })
    );
    world.closes().await;
}

#[tokio::test]
async fn a_hard_downgrade_comes_after_the_days_of_grace_and_late_is_as_good_as_at_once() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let mut set = by_spend();
    set["terms"] = terms("HARD", 30);
    makes(&world, set).await;
    buys(&world, &till, "R1", "1000.00").await;
    world.days_pass(400).await;
    buys(&world, &till, "R2", "120.00").await;
    // The last day of grace is 30 January 2028.
    world.days_pass(299).await;
    assert_eq!(tier(&ana).await, json!(["gold", "2027-12-31"]));
    world.days_pass(1).await;
    assert_eq!(tier(&ana).await, json!(["bronze", "2028-12-31"]));
    world.days_pass(1).await;
    assert_eq!(history(&ana).await, ["2026-03-02 UPGRADE gold", "2028-01-31 DOWNGRADE bronze"]);
    world.closes().await;
}

#[tokio::test]
async fn a_soft_downgrade_goes_down_step_by_step_however_late_it_is_noticed() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let mut set = by_spend();
    (set["metric"], set["terms"]) = (json!("POINTS"), terms("SOFT", 0));
    set["window"] = json!("ROLLING_MONTHS");
    set["windowMonths"] = json!(6);
    for tier in set["terms"]["tiers"].as_array_mut().unwrap() {
        tier["threshold"] = json!(tier["threshold"].as_str().unwrap().replace(".00", ""));
    }
    makes(&world, set).await;
    buys(&world, &till, "R1", "1000.00").await;
    assert_eq!(tier(&ana).await, json!(["gold", "2026-09-01"]));
    world.days_pass(600).await;
    let told = [
        "2026-03-02 UPGRADE gold",
        "2026-09-02 DOWNGRADE silver",
        "2027-03-02 DOWNGRADE bronze",
        "2027-09-02 DOWNGRADE nothing",
    ];
    assert_eq!(history(&ana).await, told);
    world.closes().await;
}

#[tokio::test]
async fn a_return_takes_back_the_tier_that_only_it_had_reached() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    makes(&world, by_spend()).await;
    buys(&world, &till, "R1", "150.00").await;
    let large = buys(&world, &till, "R2", "900.00").await;
    assert_eq!(tier(&ana).await[0], "gold");
    world.days_pass(20).await;
    let back = json!({ "purchaseId": large, "occurredAt": world.now(), "idempotencyKey": "k" });
    till.does("returnPurchase", "isReplayed", back).await;
    catches_up(&world).await;
    assert_eq!(tier(&ana).await, json!(["bronze", "2027-12-31"]));
    let told =
        ["2026-03-02 UPGRADE bronze", "2026-03-02 UPGRADE gold", "2026-03-22 DOWNGRADE bronze"];
    assert_eq!(history(&ana).await, told);
    world.closes().await;
}

#[tokio::test]
async fn followed_from_the_first_fact_again_standings_and_history_stay_as_they_are() {
    use sea_orm::{ConnectionTrait, Database};

    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    makes(&world, by_spend()).await;
    for (number, amount) in [("R1", "150.00"), ("R2", "400.00"), ("R3", "600.00")] {
        buys(&world, &till, number, amount).await;
        world.days_pass(7).await;
    }
    let before = (tier(&ana).await, history(&ana).await);
    let database = Database::connect(world.books.url()).await.unwrap();
    database.execute_unprepared("update tier_cursor set position = 0").await.unwrap();
    catches_up(&world).await;
    assert_eq!((tier(&ana).await, history(&ana).await), before);
    // All that a standing is but the tier, which its history tells.
    let lost = "update tier_standing set earned_code = null, since = null, valid_until = null, due_at = null";
    database.execute_unprepared(lost).await.unwrap();
    database.execute_unprepared("update tier_cursor set position = 0").await.unwrap();
    catches_up(&world).await;
    assert_eq!((tier(&ana).await, history(&ana).await), before);
    database.close().await.unwrap();
    world.closes().await;
}

#[tokio::test]
async fn two_gateways_follow_together_and_each_change_is_told_once() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    makes(&world, by_spend()).await;
    let mut gateway = world.opens_gateway().await;
    for sale in 1..=5 {
        let sale = receipt(&format!("R{sale}"), "C1", "220.00", world.now());
        till.does("recordPurchase", "points", sale).await;
    }
    world.gateway.services.sequence().await.unwrap();
    let (here, there) = (&world.gateway.services, &gateway.services);
    let (one, other) = tokio::join!(here.follow_tiers(), there.follow_tiers());
    assert!(one.unwrap() + other.unwrap() >= 5);
    assert_eq!(tier(&ana).await[0], "gold");
    world.seconds_pass(700 * 86_400);
    let (one, other) = tokio::join!(here.settle_due(), there.settle_due());
    one.unwrap();
    other.unwrap();
    let told = ["2026-03-02 UPGRADE gold", "2028-01-01 DOWNGRADE nothing"];
    assert_eq!(history(&ana).await, told);
    gateway.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn new_terms_begin_tomorrow_and_take_nothing_from_who_has_it() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let set = makes(&world, by_spend()).await;
    buys(&world, &till, "R1", "100.00").await;
    let mut later = terms("HARD", 0);
    later["tiers"][0]["threshold"] = json!("300");
    let wish = json!({ "tierSetId": set, "expectedVersion": 1, "name": "Rank", "terms": later });
    let amended = "tierSet { name version changesOn tiers { threshold } }";
    let seen = world.operator.does("updateTierSet", amended, wish.clone()).await;
    assert_eq!(seen["tierSet"]["changesOn"], "2026-03-03");
    assert_eq!(seen["tierSet"]["tiers"][0]["threshold"], "100.00");
    let answer = world.operator.sends("updateTierSet", "", wish).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "CONFLICT");
    world.member("C2").await;
    world.days_pass(1).await;
    buys(&world, &till, "R2", "1.00").await;
    assert_eq!(tier(&ana).await, json!(["bronze", "2027-12-31"]));
    let sets = ana.asks("{ tierSets { name tiers { threshold } } }").await;
    assert_eq!(sets["tierSets"][0]["tiers"][0]["threshold"], "300.00");

    let archived = json!({ "tierSetId": set });
    world.operator.does("archiveTierSet", "tierSet { archivedAt }", archived.clone()).await;
    world.operator.does("archiveTierSet", "tierSet { archivedAt }", archived).await;
    assert_eq!(ana.asks("{ viewer { tiers { progress } } }").await["viewer"]["tiers"], json!([]));
    assert_eq!(ana.asks("{ tierSets { id } }").await["tierSets"], json!([]));
    world.days_pass(800).await;
    world.closes().await;
}

#[tokio::test]
async fn a_sale_that_comes_late_earns_by_the_tier_of_its_day() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    makes(&world, by_spend()).await;
    let nothing = world.now();
    world.days_pass(2).await;
    buys(&world, &till, "R1", "600.00").await;
    world.days_pass(2).await;
    let silver = world.now();
    world.days_pass(2).await;
    buys(&world, &till, "R2", "500.00").await;
    assert_eq!(tier(&ana).await[0], "gold");
    let earns = async |number: &str, at| {
        let sale = receipt(number, "C1", "10.00", at);
        till.does("recordPurchase", "points", sale).await["points"].as_i64()
    };
    assert_eq!(earns("R3", world.now()).await, Some(20));
    let both = tokio::join!(earns("R4", silver), earns("R5", nothing));
    assert_eq!(both, (Some(12), Some(10)));
    // A year and a half on, gold is over; what was sold while it held still earns by it.
    let rules = json!({ "expectedVersion": 1, "saleAgeDaysMax": 3650 });
    world.operator.does("updateProgramme", "programme { version }", rules).await;
    let gold = world.now();
    world.days_pass(670).await;
    assert_eq!(tier(&ana).await[0], Value::Null);
    assert_eq!(earns("R6", world.now()).await, Some(10));
    assert_eq!(earns("R7", gold).await, Some(20));
    world.closes().await;
}

#[tokio::test]
async fn a_tier_lost_and_reached_again_is_told_once() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    makes(&world, by_spend()).await;
    buys(&world, &till, "R1", "100.00").await;
    world.days_pass(700).await;
    assert_eq!(tier(&ana).await, json!([null, null]));
    world.seconds_pass(1);
    buys(&world, &till, "R2", "200.00").await;
    let told =
        ["2026-03-02 UPGRADE bronze", "2028-01-01 DOWNGRADE nothing", "2028-01-31 UPGRADE bronze"];
    assert_eq!(history(&ana).await, told);
    world.closes().await;
}

#[tokio::test]
async fn a_tier_multiplies_what_is_earned_and_rules_know_it() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    makes(&world, by_spend()).await;
    let silver = json!({ "condition": "member.tier == \"silver\" && \"silver\" in member.tiers" });
    let five = json!({ "fixed": { "points": 5 } });
    crate::earning::rules(&world.operator, "silver", five, silver).await;
    let earns = async |number: &str, amount: &str| {
        let reason =
            "points purchase { id entries { reason { earning { basePoints multiplierBp } } } }";
        let sale = receipt(number, "C1", amount, world.now());
        till.does("recordPurchase", reason, sale).await
    };
    assert_eq!(earns("R1", "600.00").await["points"], 600);
    catches_up(&world).await;
    let sold = earns("R2", "10.00").await;
    assert_eq!(sold["points"], 12 + 5);
    let earning = &sold["purchase"]["entries"][0]["reason"]["earning"];
    assert_eq!(*earning, json!({ "basePoints": 12, "multiplierBp": 12_500 }));
    let back = json!({ "purchaseId": sold["purchase"]["id"], "occurredAt": world.now(),
        "idempotencyKey": "b" });
    till.does("returnPurchase", "purchaseReturn { points }", back).await;
    assert_eq!(world.wallet(&ana).await, [600, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn what_a_fast_clock_sold_tomorrow_counts_tomorrow() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    makes(&world, by_spend()).await;
    let midnight =
        (world.now() + chrono::TimeDelta::days(1)).date_naive().and_time(Default::default());
    world.seconds_pass((midnight.and_utc() - world.now()).num_seconds() - 60);
    let sale = receipt("R1", "C1", "120.00", world.now() + chrono::TimeDelta::minutes(3));
    till.does("recordPurchase", "points", sale).await;
    catches_up(&world).await;
    assert_eq!(tier(&ana).await[0], Value::Null);
    world.seconds_pass(240);
    world.gateway.services.settle_due().await.unwrap();
    assert_eq!(tier(&ana).await, json!(["bronze", "2027-12-31"]));
    world.closes().await;
}

#[tokio::test]
async fn new_terms_say_how_long_a_standing_lasts_that_is_there_already() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let mut wish = by_spend();
    wish["terms"] = terms("HARD", 90);
    let set = makes(&world, wish).await;
    buys(&world, &till, "R1", "120.00").await;
    let wish = json!({ "tierSetId": set, "expectedVersion": 1, "terms": terms("HARD", 0) });
    world.operator.does("updateTierSet", "tierSet { version }", wish).await;
    catches_up(&world).await;
    assert_eq!(tier(&ana).await, json!(["bronze", "2027-12-31"]));
    // 2 March 2026 and 670 days are 1 January 2028.
    world.days_pass(669).await;
    assert_eq!(tier(&ana).await[0], "bronze");
    world.days_pass(1).await;
    assert_eq!(tier(&ana).await[0], Value::Null, "there is no grace any more");
    world.closes().await;
}

//! The programme's own rules, and who may change them.

use entity::programmes::programme::{DebtPolicy, ExpiryPolicy, Rounding};
use serde_json::json;
use service::programmes::Settings;

use crate::support::{World, payment, receipt};

#[tokio::test]
async fn an_operator_amends_what_it_has_seen() {
    let world = World::new().await;
    let wish = json!({ "expectedVersion": 1, "pendingDays": 7, "timeZone": "Europe/Rome" });
    let amended = world
        .operator
        .does("updateProgramme", "programme { version pendingDays timeZone }", wish.clone())
        .await;
    assert_eq!(
        amended["programme"],
        json!({ "version": 2, "pendingDays": 7, "timeZone": "Europe/Rome" })
    );
    let document = "mutation($input: UpdateProgrammeInput!) { updateProgramme(input: $input) { programme { id } } }";
    let stale = world.operator.posts(document, json!({ "input": wish })).await;
    assert_eq!(stale["errors"][0]["extensions"]["code"], "CONFLICT");
    world.closes().await;
}

#[tokio::test]
async fn a_setting_out_of_bounds_is_refused_by_its_name() {
    let world = World::new().await;
    for (field, value, code) in [
        ("timeZone", json!("Rome"), "TIME_ZONE_UNKNOWN"),
        ("pendingDays", json!(366), "VALUE_OUT_OF_RANGE"),
        ("expiryMonths", json!(0), "VALUE_OUT_OF_RANGE"),
        ("adjustmentLimit", json!(-1), "POINTS_INVALID"),
    ] {
        let refusal = world
            .operator
            .is_refused("updateProgramme", json!({ "expectedVersion": 1, field: value }))
            .await;
        assert_eq!(refusal, (code.to_owned(), field.to_owned()));
    }
    world.closes().await;
}

#[tokio::test]
async fn members_and_partners_change_nothing_of_it() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let document =
        "mutation { updateProgramme(input: { expectedVersion: 1 }) { programme { id } } }";
    for caller in [grocer, ana] {
        let answer = caller.posts(document, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
    world.closes().await;
}

const EXPIRIES: &str = "{ viewer { wallet { expiries { expiresAt points } } } }";

#[tokio::test]
async fn points_expire_when_their_member_does_nothing_for_months() {
    let settings = Settings {
        expiry_policy: ExpiryPolicy::Inactivity,
        expiry_months: 3,
        pending_days: 0,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "60.00", world.now())).await;
    world.days_pass(30).await;
    grocer.does("payWithPoints", "isReplayed", payment("C1", 10, "k", world.now())).await;
    let expiries = ana.asks(EXPIRIES).await["viewer"]["wallet"]["expiries"].clone();
    assert_eq!(expiries, json!([{ "expiresAt": "2026-07-01T09:00:00Z", "points": 50 }]));
    world.days_pass(90).await;
    assert_eq!(world.wallet(&ana).await, [50, 0, 0, 0]);
    world.days_pass(1).await;
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    assert_eq!(ana.asks(EXPIRIES).await["viewer"]["wallet"]["expiries"], json!([]));
    world.closes().await;
}

#[tokio::test]
async fn inactivity_that_counts_sooner_from_now_on_counts_for_whoever_comes_next() {
    let settings = Settings {
        expiry_policy: ExpiryPolicy::Inactivity,
        expiry_months: 24,
        pending_days: 0,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "60.00", world.now())).await;
    world.days_pass(400).await;
    let sooner = json!({ "expectedVersion": 1, "expiryMonths": 12 });
    world.operator.does("updateProgramme", "programme { version }", sooner).await;
    grocer.does("recordPurchase", "points", receipt("R2", "C1", "5.00", world.now())).await;
    assert_eq!(world.wallet(&ana).await, [5, 0, 0, 0]);
    let dated = json!({ "expectedVersion": 2, "expiryPolicy": "END_OF_MONTH" });
    let refused = world.operator.is_refused("updateProgramme", dated).await;
    assert_eq!(refused, ("VALUE_OUT_OF_RANGE".to_owned(), "expiryPolicy".to_owned()));
    world.closes().await;
}

#[tokio::test]
async fn points_expire_months_after_they_were_earned_each_lot_on_its_day() {
    let settings = Settings {
        expiry_policy: ExpiryPolicy::FixedMonths,
        expiry_months: 1,
        pending_days: 0,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "60.00", world.now())).await;
    world.days_pass(10).await;
    for number in ["R2", "R3"] {
        grocer.does("recordPurchase", "points", receipt(number, "C1", "20.00", world.now())).await;
    }
    let expiries = ana.asks(EXPIRIES).await["viewer"]["wallet"]["expiries"].clone();
    let on = |at: &str, points: i64| json!({ "expiresAt": at, "points": points });
    assert_eq!(expiries, json!([on("2026-04-02T09:00:00Z", 60), on("2026-04-12T09:00:00Z", 40)]));
    world.days_pass(21).await;
    assert_eq!(world.wallet(&ana).await, [40, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn halves_are_rounded_and_debts_forgiven_where_the_programme_says_so() {
    let settings = Settings {
        rounding: Rounding::HalfUp,
        debt_policy: DebtPolicy::Forgive,
        pending_days: 0,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let sale = receipt("R1", "C1", "99.50", world.now());
    let sale = grocer.does("recordPurchase", "purchase { id } points", sale).await;
    assert_eq!(sale["points"], 100);
    grocer.does("payWithPoints", "isReplayed", payment("C1", 70, "k", world.now())).await;
    let back = json!({ "purchaseId": sale["purchase"]["id"], "occurredAt": world.now(), "idempotencyKey": "r" });
    grocer.does("returnPurchase", "isReplayed", back).await;
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    let why = "{ viewer { history(first: 1) { nodes { reason { recovered owed forgiven } } } } }";
    let why = ana.asks(why).await["viewer"]["history"]["nodes"][0]["reason"].clone();
    assert_eq!(why, json!({ "recovered": 30, "owed": 0, "forgiven": 70 }));
    world.closes().await;
}

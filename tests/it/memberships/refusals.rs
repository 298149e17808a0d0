//! What is refused about plans, payments, and endings.

use serde_json::{Value, json};

use super::{ending, ends, makes, payment, pays, plan};
use crate::support::World;

const NO_PLAN: &str = "mpl_01h2xcejqtf2nbrexx3vqjhp41";
const NO_SET: &str = "tis_01h2xcejqtf2nbrexx3vqjhp41";

fn with(mut wish: Value, field: &str, value: Value) -> Value {
    wish[field] = value;
    wish
}

fn is(found: (String, String), code: &str, path: &str) {
    assert_eq!(found, (code.to_owned(), path.to_owned()));
}

#[tokio::test]
async fn a_plan_that_is_none() {
    let world = World::new().await;
    let set =
        world.operator.does("createTierSet", "tierSet { id }", crate::tiers::by_spend()).await;
    let id = makes(&world, plan()).await;
    let other = with(plan(), "code", json!("other"));
    let tier = |set: &Value, tier: &str| json!({ "tierSetId": set, "tierCode": tier });
    let wrong = [
        ("code", json!("plus"), "CODE_TAKEN", "code"),
        ("code", json!("Plus"), "CODE_INVALID", "code"),
        ("name", json!(""), "NAME_INVALID", "name"),
        ("fee", json!("0"), "AMOUNT_INVALID", "fee"),
        ("fee", json!("1.001"), "AMOUNT_INVALID", "fee"),
        ("periodMonths", json!(0), "VALUE_OUT_OF_RANGE", "periodMonths"),
        ("multiplierBp", json!(1_000_001), "VALUE_OUT_OF_RANGE", "multiplierBp"),
        ("tier", tier(&json!(NO_SET), "gold"), "TIER_SET_NOT_FOUND", "tier.tierSetId"),
        ("tier", tier(&set["tierSet"]["id"], "tin"), "TIER_NOT_FOUND", "tier.tierCode"),
    ];
    for (field, value, code, at) in wrong {
        let wish = with(other.clone(), field, value);
        is(world.operator.is_refused("createMembershipPlan", wish).await, code, at);
    }
    let amend = json!({ "membershipPlanId": id, "expectedVersion": 1, "fee": "59.00" });
    let seen = world
        .operator
        .does("updateMembershipPlan", "membershipPlan { version fee { amount } }", amend.clone())
        .await;
    assert_eq!(seen["membershipPlan"], json!({ "version": 2, "fee": { "amount": "59.00" } }));
    let answer = world.operator.sends("updateMembershipPlan", "", amend).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "CONFLICT");
    let nothing = json!({ "membershipPlanId": NO_PLAN });
    let refused = world.operator.is_refused("retireMembershipPlan", nothing).await;
    is(refused, "MEMBERSHIP_PLAN_NOT_FOUND", "membershipPlanId");
    let retire = json!({ "membershipPlanId": id });
    world
        .operator
        .does("retireMembershipPlan", "membershipPlan { retiredAt }", retire.clone())
        .await;
    world.operator.does("retireMembershipPlan", "membershipPlan { retiredAt }", retire).await;
    let amend = json!({ "membershipPlanId": id, "expectedVersion": 3, "name": "More" });
    let refused = world.operator.is_refused("updateMembershipPlan", amend).await;
    is(refused, "MEMBERSHIP_PLAN_RETIRED", "membershipPlanId");
    world.closes().await;
}

#[tokio::test]
async fn a_payment_that_is_wrong() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let id = makes(&world, plan()).await;
    let once = with(with(plan(), "code", json!("once")), "isRenewable", json!(false));
    let once = makes(&world, once).await;
    let right = payment(&world, &id, "P1");
    let paid = |amount: &str, currency: &str| json!({ "amount": amount, "currencyCode": currency });
    let wrong = [
        ("member", json!({ "cardNumber": "C9" }), "CARD_NOT_FOUND", "member"),
        ("membershipPlanId", json!(NO_PLAN), "MEMBERSHIP_PLAN_NOT_FOUND", "membershipPlanId"),
        ("paidAt", json!("2026-03-02T10:00:00Z"), "OCCURRED_IN_FUTURE", "paidAt"),
        ("amount", paid("48.99", "EUR"), "MEMBERSHIP_FEE_MISMATCH", "amount"),
        ("amount", paid("49.00", "USD"), "CURRENCY_MISMATCH", "amount.currencyCode"),
        ("amount", paid("49.001", "EUR"), "AMOUNT_INVALID", "amount.amount"),
        ("reference", json!(" "), "REFERENCE_INVALID", "reference"),
        ("idempotencyKey", json!(""), "IDEMPOTENCY_KEY_INVALID", "idempotencyKey"),
    ];
    for (field, value, code, at) in wrong {
        let wish = with(right.clone(), field, value);
        is(till.is_refused("recordMembershipPayment", wish).await, code, at);
    }
    let told = with(right, "amount", paid("48.99", "EUR"));
    let told = till.tries("recordMembershipPayment", "", told).await;
    let told = told["userErrors"][0]["message"].as_str().unwrap().to_owned();
    assert!(told.contains("49.00") && told.contains("48.99"), "{told}");

    pays(&world, &till, &id, "P1").await;
    let reused = with(payment(&world, &once, "P1"), "idempotencyKey", json!("k2"));
    let refused = till.is_refused("recordMembershipPayment", reused).await;
    is(refused, "PAYMENT_REFERENCE_REUSED", "reference");
    let reused = with(payment(&world, &id, "P2"), "idempotencyKey", json!("P1"));
    let refused = till.is_refused("recordMembershipPayment", reused).await;
    is(refused, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey");
    pays(&world, &till, &once, "P3").await;
    let refused = till.is_refused("recordMembershipPayment", payment(&world, &once, "P4")).await;
    is(refused, "MEMBERSHIP_RUNS", "membershipPlanId");
    let close = json!({ "memberId": ana.id });
    world.operator.does("closeMember", "member { id }", close).await;
    let refused = till.is_refused("recordMembershipPayment", payment(&world, &id, "P5")).await;
    is(refused, "MEMBER_CLOSED", "member");
    world.closes().await;
}

#[tokio::test]
async fn an_ending_of_what_is_another_s_or_over() {
    let world = World::new().await;
    let (till, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    let id = makes(&world, plan()).await;
    let paid = pays(&world, &till, &id, "P1").await;
    for mutation in ["cancelMembership", "refundMembership"] {
        let refused = fuel.is_refused(mutation, ending(&paid, "x")).await;
        is(refused, "MEMBERSHIP_NOT_FOUND", "membershipId");
        let refused = till.is_refused(mutation, ending(&paid, "")).await;
        is(refused, "IDEMPOTENCY_KEY_INVALID", "idempotencyKey");
        // The payment was reported with it.
        let refused = till.is_refused(mutation, ending(&paid, "P1")).await;
        is(refused, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey");
    }
    ends(&till, "refundMembership", &paid, "r").await;
    let other = makes(&world, with(plan(), "code", json!("other"))).await;
    let other = pays(&world, &till, &other, "P2").await;
    for (mutation, membership) in [("cancelMembership", &paid), ("refundMembership", &other)] {
        let refused = till.is_refused(mutation, ending(membership, "r")).await;
        is(refused, "IDEMPOTENCY_KEY_REUSED", "idempotencyKey");
    }
    let refused = till.is_refused("cancelMembership", ending(&paid, "c")).await;
    is(refused, "MEMBERSHIP_ENDED", "membershipId");
    world.closes().await;
}

//! Paid memberships: paid, renewed, cancelled, refunded, lapsed, and what they bring meanwhile.

mod refusals;

use serde_json::{Value, json};

use crate::support::{Caller, World, receipt};
use crate::tiers;

/// A year for 49 euros.
fn plan() -> Value {
    json!({ "code": "plus", "name": "Plus", "fee": "49.00", "periodMonths": 12, "multiplierBp": 15_000,
        "perks": [{ "code": "delivery", "text": "Free delivery" }] })
}

async fn makes(world: &World, wish: Value) -> String {
    let made = "membershipPlan { id }";
    let made = world.operator.does("createMembershipPlan", made, wish).await;
    made["membershipPlan"]["id"].as_str().unwrap().to_owned()
}

fn payment(world: &World, plan: &str, reference: &str) -> Value {
    json!({ "member": { "cardNumber": "C1" }, "membershipPlanId": plan, "paidAt": world.now(),
        "amount": { "amount": "49.00", "currencyCode": "EUR" }, "reference": reference,
        "idempotencyKey": reference })
}

const PAID: &str = "membership { id status periodFrom periodTo } isReplayed";

async fn pays(world: &World, till: &Caller, plan: &str, reference: &str) -> Value {
    let paid = payment(world, plan, reference);
    till.does("recordMembershipPayment", PAID, paid).await["membership"].clone()
}

fn ending(membership: &Value, key: &str) -> Value {
    json!({ "membershipId": membership["id"], "idempotencyKey": key })
}

async fn ends(till: &Caller, mutation: &str, membership: &Value, key: &str) -> Value {
    till.does(mutation, PAID, ending(membership, key)).await
}

/// What the member sees of its first membership: where it stands, its last day, whether it is in force.
async fn seen(member: &Caller) -> Value {
    let seen = member.asks("{ viewer { memberships { status periodTo isInForce } } }").await;
    let one = &seen["viewer"]["memberships"][0];
    json!([one["status"], one["periodTo"], one["isInForce"]])
}

async fn history(member: &Caller) -> Vec<String> {
    let seen = member.asks("{ viewer { memberships { history { status periodTo } } } }").await;
    let changes = seen["viewer"]["memberships"][0]["history"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    changes.iter().map(|one| text(&one["status"]) + " " + &text(&one["periodTo"])).collect()
}

#[tokio::test]
async fn a_membership_is_paid_once_renewed_from_its_end_and_lapses_when_nobody_pays() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let plan = makes(&world, plan()).await;
    let first = payment(&world, &plan, "P1");
    let (one, other) = tokio::join!(
        till.does("recordMembershipPayment", PAID, first.clone()),
        till.does("recordMembershipPayment", PAID, first.clone()),
    );
    assert_eq!(one["membership"], other["membership"]);
    assert_ne!(one["isReplayed"], other["isReplayed"]);
    let mut another_key = first;
    another_key["idempotencyKey"] = json!("another");
    let again = till.does("recordMembershipPayment", PAID, another_key).await;
    assert_eq!(again["isReplayed"], true);
    assert_eq!(seen(&ana).await, json!(["ACTIVE", "2027-03-01", true]));

    world.days_pass(300).await;
    let renewed = pays(&world, &till, &plan, "P2").await;
    assert_eq!(
        (&renewed["periodFrom"], &renewed["periodTo"]),
        (&json!("2026-03-02"), &json!("2028-03-01"))
    );
    // The last day is 1 March 2028.
    world.days_pass(430).await;
    assert_eq!(seen(&ana).await, json!(["ACTIVE", "2028-03-01", true]));
    world.days_pass(1).await;
    assert_eq!(seen(&ana).await, json!(["LAPSED", "2028-03-01", false]));
    world.days_pass(1).await;
    let told = ["ACTIVE 2027-03-01", "ACTIVE 2028-03-01", "LAPSED 2028-03-01"];
    assert_eq!(history(&ana).await, told);
    let again = pays(&world, &till, &plan, "P3").await;
    assert_eq!(again["periodFrom"], "2028-03-03");
    world.closes().await;
}

#[tokio::test]
async fn what_a_sale_earns_goes_by_the_plan_of_its_day() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    world.member("C1").await;
    let plan = makes(&world, plan()).await;
    let earns = async |number: &str, at| {
        let sale = receipt(number, "C1", "10.00", at);
        till.does("recordPurchase", "points", sale).await["points"].as_i64()
    };
    let before = world.now();
    world.days_pass(1).await;
    pays(&world, &till, &plan, "P1").await;
    assert_eq!(earns("R1", world.now()).await, Some(15));
    assert_eq!(earns("R2", before).await, Some(10), "of the day before it was paid");
    world.days_pass(364).await;
    let last = world.now();
    world.days_pass(1).await;
    assert_eq!(earns("R3", world.now()).await, Some(10));
    assert_eq!(earns("R4", last).await, Some(15), "of its last day");
    world.closes().await;
}

#[tokio::test]
async fn a_payment_that_is_reported_after_the_lapse_pays_for_what_follows_on_the_paid_period() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let plan = makes(&world, plan()).await;
    pays(&world, &till, &plan, "P1").await;
    world.days_pass(364).await;
    // Paid on the last day, and told when it is over.
    let late = payment(&world, &plan, "P2");
    world.days_pass(3).await;
    assert_eq!(seen(&ana).await, json!(["LAPSED", "2027-03-01", false]));
    let paid = till.does("recordMembershipPayment", PAID, late).await["membership"].clone();
    assert_eq!(
        (&paid["periodFrom"], &paid["periodTo"]),
        (&json!("2026-03-02"), &json!("2028-03-01"))
    );
    assert_eq!(seen(&ana).await, json!(["ACTIVE", "2028-03-01", true]));
    world.closes().await;
}

#[tokio::test]
async fn a_cancelled_membership_runs_to_its_end_and_a_refunded_one_ends_at_once_with_its_tier() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let set = world.operator.does("createTierSet", "tierSet { id }", tiers::by_spend()).await;
    let mut wish = plan();
    wish["tier"] = json!({ "tierSetId": set["tierSet"]["id"], "tierCode": "gold" });
    let plan = makes(&world, wish).await;
    let paid = pays(&world, &till, &plan, "P1").await;
    assert_eq!(tiers::tier(&ana).await, json!(["gold", "2027-03-01"]));
    let cancelled = ends(&till, "cancelMembership", &paid, "c").await;
    assert_eq!(cancelled["isReplayed"], false);
    for key in ["c", "another"] {
        assert_eq!(ends(&till, "cancelMembership", &paid, key).await["isReplayed"], true);
    }
    assert_eq!(seen(&ana).await, json!(["CANCELLED", "2027-03-01", true]));
    assert_eq!(tiers::tier(&ana).await[0], "gold");
    world.days_pass(364).await;
    assert_eq!(seen(&ana).await[2], true);
    world.days_pass(1).await;
    assert_eq!(seen(&ana).await, json!(["LAPSED", "2027-03-01", false]));
    assert_eq!(tiers::tier(&ana).await[0], Value::Null);

    world.seconds_pass(1);
    pays(&world, &till, &plan, "P2").await;
    assert_eq!(tiers::tier(&ana).await[0], "gold");
    world.seconds_pass(1);
    // What was ended with a key isn't ended by it again.
    for key in ["c", "another"] {
        let again = ends(&till, "cancelMembership", &paid, key).await;
        assert_eq!(
            (&again["isReplayed"], &again["membership"]["status"]),
            (&json!(true), &json!("ACTIVE"))
        );
    }
    let refunded = ends(&till, "refundMembership", &paid, "r").await;
    assert_eq!(
        (&refunded["isReplayed"], &refunded["membership"]["status"]),
        (&json!(false), &json!("REFUNDED"))
    );
    for key in ["r", "another one"] {
        assert_eq!(ends(&till, "refundMembership", &paid, key).await["isReplayed"], true);
    }
    assert_eq!(seen(&ana).await[2], false);
    assert_eq!(tiers::tier(&ana).await[0], Value::Null);
    let told = [
        "2026-03-02 GRANT gold",
        "2027-03-02 DOWNGRADE nothing",
        "2027-03-02 GRANT gold",
        "2027-03-02 REVOKE nothing",
    ];
    assert_eq!(tiers::history(&ana).await, told);
    world.closes().await;
}

#[tokio::test]
async fn what_a_membership_brings_goes_with_its_member_into_a_household_and_out_again() {
    let world = World::new().await;
    let (till, ana, bob) =
        (world.partner("grocer").await, world.member("C1").await, world.member("C2").await);
    let set = world.operator.does("createTierSet", "tierSet { id }", tiers::by_spend()).await;
    let mut wish = plan();
    wish["tier"] = json!({ "tierSetId": set["tierSet"]["id"], "tierCode": "silver" });
    let plan = makes(&world, wish).await;
    pays(&world, &till, &plan, "P1").await;
    let pool = json!({ "memberIds": [ana.id, bob.id] });
    world.operator.does("poolHousehold", "household { id }", pool).await;
    assert_eq!(
        (tiers::tier(&ana).await[0].clone(), tiers::tier(&bob).await[0].clone()),
        (json!("silver"), json!("silver"))
    );
    assert_eq!(
        bob.asks("{ viewer { memberships { id } } }").await["viewer"]["memberships"],
        json!([])
    );
    world.operator.does("leaveHousehold", "member { id }", json!({ "memberId": ana.id })).await;
    assert_eq!(tiers::tier(&ana).await[0], "silver");
    assert_eq!(tiers::tier(&bob).await[0], Value::Null);
    world.closes().await;
}

#[tokio::test]
async fn two_gateways_lapse_a_membership_once_and_take_a_payment_once() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let plan = makes(&world, plan()).await;
    let mut gateway = world.opens_gateway().await;
    let there = till.at(&gateway);
    let mut same = payment(&world, &plan, "P1");
    let one = till.does("recordMembershipPayment", PAID, same.clone());
    same["idempotencyKey"] = json!("other");
    let other = there.does("recordMembershipPayment", PAID, same);
    let (one, other) = tokio::join!(one, other);
    assert_eq!(one["membership"]["id"], other["membership"]["id"]);
    world.seconds_pass(366 * 86_400);
    let (here, there) = (&world.gateway.services, &gateway.services);
    let (one, other) = tokio::join!(here.settle_due(), there.settle_due());
    one.unwrap();
    other.unwrap();
    assert_eq!(history(&ana).await, ["ACTIVE 2027-03-01", "LAPSED 2027-03-01"]);
    gateway.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn a_key_ends_a_membership_once_at_many_tills_and_for_whom_it_was_paid_through_since() {
    let world = World::new().await;
    let (till, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let ana = world.member("C1").await;
    let plan = makes(&world, plan()).await;
    let paid = pays(&world, &till, &plan, "P1").await;
    let mut gateway = world.opens_gateway().await;
    let there = till.at(&gateway);
    let cancels =
        [&till, &there, &till, &there].map(|one| ends(one, "cancelMembership", &paid, "c"));
    let answers = futures_util::future::join_all(cancels).await;
    let done = answers.iter().filter(|one| one["isReplayed"] == false);
    assert_eq!(done.count(), 1, "{answers:?}");
    world.seconds_pass(1);
    pays(&world, &fuel, &plan, "P2").await;
    assert_eq!(ends(&till, "cancelMembership", &paid, "c").await["isReplayed"], true);
    let refused = till.is_refused("cancelMembership", ending(&paid, "d")).await;
    assert_eq!(refused, ("MEMBERSHIP_NOT_FOUND".to_owned(), "membershipId".to_owned()));
    let told = ["ACTIVE 2027-03-01", "CANCELLED 2027-03-01", "ACTIVE 2028-03-01"];
    assert_eq!(history(&ana).await, told);
    gateway.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn a_membership_is_seen_by_whom_it_concerns() {
    let world = World::new().await;
    let (till, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let plan = makes(&world, plan()).await;
    let paid = pays(&world, &till, &plan, "P1").await;
    let asked = format!(
        "{{ node(id: {}) {{ ... on Membership {{ plan {{ fee {{ amount }} perks {{ code }} }} }} }} }}",
        paid["id"]
    );
    let expected =
        json!({ "plan": { "fee": { "amount": "49.00" }, "perks": [{ "code": "delivery" }] } });
    for caller in [&world.operator, &till, &ana] {
        assert_eq!(caller.asks(&asked).await["node"], expected);
    }
    for caller in [&fuel, &bob] {
        assert_eq!(caller.asks(&asked).await["node"], Value::Null);
    }
    world.closes().await;
}

//! What takes two operators: one proposes, another decides, and nobody gets round the second one.

use entity::amount::Points;
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use service::programmes::Settings;

use crate::support::{Caller, World, payment, receipt};

const PROPOSED: &str = "programme { adjustmentLimit version } proposal { id kind status }";

async fn world() -> World {
    let adjustment_limit = Points::new(100).unwrap();
    World::with(Settings { adjustment_limit, pending_days: 0, ..Settings::default() }).await
}

async fn raises(operator: &Caller, limit: i64, version: i32) -> Value {
    let wish = json!({ "expectedVersion": version, "adjustmentLimit": limit });
    operator.does("updateProgramme", PROPOSED, wish).await
}

async fn limit(operator: &Caller) -> i64 {
    let programme = operator.asks("{ programme { adjustmentLimit } }").await;
    programme["programme"]["adjustmentLimit"].as_i64().unwrap()
}

fn gift(member: &Caller, points: i64, key: &str) -> Value {
    json!({ "memberId": member.id, "points": points, "reason": "sorry", "idempotencyKey": key })
}

async fn adjusts(operator: &Caller, member: &Caller, points: i64, key: &str) -> String {
    let wish = gift(member, points, key);
    let done = operator.does("adjustPoints", "adjustment { status }", wish).await;
    done["adjustment"]["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_higher_limit_takes_two_operators_and_a_lower_one_a_single_one() {
    let world = world().await;
    let bea = world.second_operator().await;
    let raised = raises(&world.operator, 5_000, 1).await;
    assert_eq!(raised["programme"], json!({ "adjustmentLimit": 100, "version": 1 }));
    assert_eq!(raised["proposal"]["kind"], "AMEND_PROGRAMME");
    assert_eq!(raised["proposal"]["status"], "PROPOSED");
    let again = raises(&world.operator, 5_000, 1).await;
    assert_eq!(again["proposal"]["id"], raised["proposal"]["id"], "the same wish waits once");

    let named = json!({ "proposalId": raised["proposal"]["id"] });
    let own = world.operator.is_refused("approveProposal", named.clone()).await;
    assert_eq!(own, ("APPROVER_IS_PROPOSER".to_owned(), "proposalId".to_owned()));
    assert_eq!(limit(&world.operator).await, 100);
    let waiting = "{ proposals(status: PROPOSED) { nodes { id values { field value } } } }";
    let waiting = bea.asks(waiting).await;
    assert_eq!(
        waiting["proposals"]["nodes"],
        json!([{ "id": raised["proposal"]["id"], "values": [{ "field": "adjustmentLimit", "value": "5000" }] }])
    );
    for _ in 0..2 {
        let done = bea.does("approveProposal", "proposal { status }", named.clone()).await;
        assert_eq!(done["proposal"]["status"], "APPLIED");
        assert_eq!(limit(&bea).await, 5_000);
    }
    assert_eq!(bea.is_refused("rejectProposal", named).await.0, "PROPOSAL_ALREADY_DECIDED");

    let lowered = raises(&world.operator, 50, 2).await;
    assert_eq!(lowered["proposal"], Value::Null);
    assert_eq!(limit(&bea).await, 50);
    world.closes().await;
}

#[tokio::test]
async fn what_was_rejected_or_overtaken_is_not_done() {
    let world = world().await;
    let (bea, approve) = (world.second_operator().await, "approveProposal");
    let first = raises(&world.operator, 500, 1).await;
    let first = json!({ "proposalId": first["proposal"]["id"] });
    bea.does("rejectProposal", "proposal { status }", first.clone()).await;
    assert_eq!(bea.is_refused(approve, first).await.0, "PROPOSAL_ALREADY_DECIDED");

    let second = raises(&world.operator, 600, 1).await;
    let second = json!({ "proposalId": second["proposal"]["id"] });
    let renamed = json!({ "expectedVersion": 1, "name": "Arno and more" });
    bea.does("updateProgramme", PROPOSED, renamed).await;
    let late = bea.sends(approve, "", second).await;
    assert_eq!(late["errors"][0]["extensions"]["code"], "CONFLICT");
    assert_eq!(limit(&bea).await, 100);
    let unknown = json!({ "proposalId": "prp_01h2xcejqtf2nbrexx3vqjhp41" });
    assert_eq!(bea.is_refused(approve, unknown).await.0, "PROPOSAL_NOT_FOUND");
    world.closes().await;
}

#[tokio::test]
async fn many_small_adjustments_of_a_day_count_like_one_large_one() {
    let world = world().await;
    let (bea, ana) = (world.second_operator().await, world.member("C1").await);
    assert_eq!(adjusts(&world.operator, &ana, 60, "a1").await, "APPLIED");
    assert_eq!(adjusts(&world.operator, &ana, 41, "a2").await, "PROPOSED");
    assert_eq!(adjusts(&world.operator, &ana, -40, "a3").await, "APPLIED");
    assert_eq!(adjusts(&world.operator, &ana, -1, "a4").await, "PROPOSED");
    assert_eq!(adjusts(&world.operator, &ana, 60, "a1").await, "APPLIED", "the first answer again");
    assert_eq!(adjusts(&bea, &ana, 100, "b1").await, "APPLIED", "each has its own");
    assert_eq!(world.wallet(&ana).await, [120, 0, 0, 0]);
    world.seconds_pass(24 * 60 * 60);
    assert_eq!(adjusts(&world.operator, &ana, 100, "a5").await, "APPLIED");
    world.closes().await;
}

#[tokio::test]
async fn two_adjustments_at_once_do_not_both_take_the_rest() {
    let world = world().await;
    let ana = world.member("C1").await;
    let operator = &world.operator;
    let (one, two, three, four) = tokio::join!(
        adjusts(operator, &ana, 40, "a1"),
        adjusts(operator, &ana, 40, "a2"),
        adjusts(operator, &ana, 40, "a3"),
        adjusts(operator, &ana, 40, "a4"),
    );
    let mut done = [one, two, three, four];
    done.sort();
    assert_eq!(done, ["APPLIED", "APPLIED", "PROPOSED", "PROPOSED"]);
    assert_eq!(world.wallet(&ana).await, [80, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_debt_is_written_off_as_far_as_the_allowance_goes() {
    let world = world().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let sale = receipt("R1", "C1", "300.00", world.now());
    let sale = grocer.does("recordPurchase", "purchase { id }", sale).await;
    let wish = payment("C1", 300, "k1", world.now());
    grocer.does("payWithPoints", "isReplayed", wish).await;
    let back = json!({ "purchaseId": sale["purchase"]["id"], "occurredAt": world.now(), "idempotencyKey": "r" });
    grocer.does("returnPurchase", "isReplayed", back).await;
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 300]);

    let (write_off, replayed) = ("writeOffDebt", "isReplayed");
    world.operator.does(write_off, replayed, gift(&ana, 70, "w1")).await;
    let again = world.operator.does(write_off, replayed, gift(&ana, 70, "w1")).await;
    assert_eq!(again["isReplayed"], true);
    let refused = world.operator.tries(write_off, "", gift(&ana, 31, "w2")).await;
    assert_eq!(refused["userErrors"][0]["code"], "VALUE_OUT_OF_RANGE");
    let message = refused["userErrors"][0]["message"].as_str().unwrap();
    assert!(message.contains("30 points more"), "{message}");
    assert_eq!(adjusts(&world.operator, &ana, 31, "a1").await, "PROPOSED");
    world.operator.does(write_off, replayed, gift(&ana, 30, "w3")).await;
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 200]);
    world.closes().await;
}

#[tokio::test]
async fn what_waits_is_bounded_and_is_not_done_for_who_was_suspended() {
    let world = world().await;
    let (bea, cem) = (world.second_operator().await, &world.operator);
    let mut last = Value::Null;
    for limit in 0..20 {
        last = raises(&bea, 1_000 + limit, 1).await["proposal"]["id"].clone();
    }
    let more = json!({ "expectedVersion": 1, "adjustmentLimit": 2_000 });
    assert_eq!(bea.is_refused("updateProgramme", more).await.0, "PROPOSALS_TOO_MANY");
    let books = Database::connect(world.books.url()).await.unwrap();
    let suspend = "update operator set suspended_at = created_at where name = 'bea'";
    books.execute_unprepared(suspend).await.unwrap();
    books.close().await.unwrap();
    let named = json!({ "proposalId": last });
    let refused = cem.is_refused("approveProposal", named.clone()).await;
    assert_eq!(refused, ("PROPOSER_SUSPENDED".to_owned(), "proposalId".to_owned()));
    cem.does("rejectProposal", "proposal { status }", named).await;
    world.closes().await;
}

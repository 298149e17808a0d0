//! Much money leaves with two operators: what one has run beyond the programme's payout run limit is
//! proposed, and a second one's yes runs what was proposed and nothing else.

use futures_util::future::join_all;
use serde_json::{Value, json};
use service::Who;

use super::{asks_for, cashback, confirmation, euros, grocer, saver, world};
use crate::support::{Caller, World, code};

const RAN: &str = "run { id total { amount } payoutCount proposalId madeBy } \
    proposal { id kind status } isReplayed";

/// A world in which an operator may have ten euros paid out alone, and who asks for money in it.
async fn bounded() -> (World, Caller, Caller) {
    let world = world().await;
    let lower = json!({ "expectedVersion": 1, "payoutRunLimitMinor": 1000 });
    let lower = world.operator.does(
        "updateProgramme",
        "programme { payoutRunLimit { amount } } proposal { id }",
        lower,
    );
    let lower = lower.await;
    assert_eq!(lower["programme"]["payoutRunLimit"]["amount"], "10.00");
    assert_eq!(lower["proposal"], Value::Null);
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "5000.00").await;
    let bea = world.second_operator().await;
    (world, ana, bea)
}

async fn ran(operator: &Caller, key: &str) -> Value {
    operator.does("runPayouts", RAN, json!({ "idempotencyKey": key })).await
}

fn named(ran: &Value) -> Value {
    json!({ "proposalId": ran["proposal"]["id"] })
}

async fn statuses(member: &Caller) -> Value {
    let seen = member.asks("{ payouts { nodes { status } } }").await;
    let seen = seen["payouts"]["nodes"].as_array().unwrap().clone();
    seen.into_iter().map(|one| one["status"].clone()).collect()
}

#[tokio::test]
async fn up_to_the_limit_of_a_day_one_operator_is_enough() {
    let (world, ana, bea) = bounded().await;
    asks_for(&world, &ana, "6.00", "a").await;
    let first = ran(&world.operator, "r1").await;
    assert_eq!((&first["run"]["payoutCount"], &first["proposal"]), (&json!(1), &Value::Null));
    assert_eq!(first["run"]["proposalId"], Value::Null);
    assert_eq!(ran(&world.operator, "r1").await["run"]["id"], first["run"]["id"]);
    // Two runs of a day count like one large one.
    asks_for(&world, &ana, "5.00", "b").await;
    let second = ran(&world.operator, "r2").await;
    assert_eq!((&second["run"], &second["proposal"]["status"]), (&Value::Null, &json!("PROPOSED")));
    assert_eq!(statuses(&ana).await, json!(["IN_RUN", "REQUESTED"]));
    // Each operator has a day's of its own, and the day after another one.
    assert_eq!(ran(&bea, "r3").await["run"]["total"]["amount"], "5.00");
    world.seconds_pass(24 * 60 * 60);
    asks_for(&world, &ana, "10.00", "c").await;
    assert_eq!(ran(&world.operator, "r4").await["run"]["total"]["amount"], "10.00");
    // All that was proposed has gone meanwhile.
    let nothing = bea.is_refused("approveProposal", named(&second)).await;
    assert_eq!(nothing, ("PAYOUTS_MISSING".to_owned(), "proposalId".to_owned()));
    bea.does("rejectProposal", "proposal { status }", named(&second)).await;
    world.closes().await;
}

#[tokio::test]
async fn above_it_a_second_operator_runs_what_was_proposed_and_still_waits() {
    let (world, ana, bea) = bounded().await;
    let first = asks_for(&world, &ana, "6.00", "a").await;
    let second = asks_for(&world, &ana, "7.00", "b").await;
    let third = asks_for(&world, &ana, "8.00", "c").await;
    let proposed = ran(&world.operator, "r").await;
    assert_eq!(proposed["proposal"]["kind"], "RUN_PAYOUTS");
    let asked =
        "{ proposals { nodes { values { field value } payouts(last: 2) { nodes { id } } } } }";
    let seen = bea.asks(asked).await["proposals"]["nodes"][0].clone();
    let values = json!([{ "field": "currencyCode", "value": "EUR" }, { "field": "payoutCount", "value": "3" },
        { "field": "total", "value": "21.00" }]);
    let mut shown = seen["values"].as_array().unwrap().clone();
    shown.sort_by_key(|one| one["field"].as_str().unwrap().to_owned());
    assert_eq!(Value::Array(shown), values);
    assert_eq!(seen["payouts"]["nodes"], json!([{ "id": second }, { "id": third }]));
    let own = world.operator.is_refused("approveProposal", named(&proposed)).await;
    assert_eq!(own, ("APPROVER_IS_PROPOSER".to_owned(), "proposalId".to_owned()));

    let back = json!({ "payoutId": second, "idempotencyKey": "x" });
    ana.does("cancelPayout", "isReplayed", back).await;
    let later = asks_for(&world, &ana, "9.00", "d").await;
    for _ in 0..2 {
        let done = bea.does("approveProposal", "proposal { status }", named(&proposed)).await;
        assert_eq!(done["proposal"]["status"], "APPLIED");
    }
    assert_eq!(statuses(&ana).await, json!(["IN_RUN", "CANCELLED", "IN_RUN", "REQUESTED"]));
    let run = ran(&world.operator, "r").await;
    assert_eq!(run["isReplayed"], true);
    assert_eq!(run["proposal"]["status"], "APPLIED");
    assert_eq!(run["run"]["total"]["amount"], "14.00");
    assert_eq!(run["run"]["proposalId"], proposed["proposal"]["id"]);
    let Who::Operator(asked) = world.operator.who else { panic!("an operator asked") };
    assert_eq!(run["run"]["madeBy"], asked.to_string());
    let said = confirmation(&run["run"]["id"], &[&first, &third], &[], "c");
    bea.does("confirmPayouts", "isReplayed", said).await;
    assert_eq!(cashback(&ana).await, ["0.00", "77.00", "9.00", "14.00", "0.00", "0.00"]);
    // What two agreed on leaves the allowance as it was.
    let alone = ran(&world.operator, "s").await;
    assert_eq!(alone["run"]["total"]["amount"], "9.00");
    assert_eq!(statuses(&ana).await[3], "IN_RUN", "{later}");
    world.closes().await;
}

#[tokio::test]
async fn a_no_leaves_everything_as_it_was_and_the_same_wish_waits_once() {
    let (world, ana, bea) = bounded().await;
    let payout = asks_for(&world, &ana, "11.00", "a").await;
    let proposed = ran(&world.operator, "r").await;
    let again = ran(&world.operator, "another").await;
    assert_eq!(again["proposal"]["id"], proposed["proposal"]["id"]);
    assert_eq!((&proposed["isReplayed"], &again["isReplayed"]), (&json!(false), &json!(false)));
    bea.does("rejectProposal", "proposal { status }", named(&proposed)).await;
    assert_eq!(statuses(&ana).await, json!(["REQUESTED"]));
    let told = ran(&world.operator, "r").await;
    assert_eq!((&told["run"], &told["proposal"]["status"]), (&Value::Null, &json!("REJECTED")));
    let back = json!({ "payoutId": payout, "idempotencyKey": "x" });
    ana.does("cancelPayout", "isReplayed", back).await;
    let wish = json!({ "amount": euros("10.00"), "idempotencyKey": "b" });
    ana.does("requestPayout", "payout { id }", wish).await;
    assert_eq!(ran(&world.operator, "s").await["run"]["total"]["amount"], "10.00");
    world.closes().await;
}

#[tokio::test]
async fn a_higher_limit_takes_two_operators() {
    let (world, ana, bea) = bounded().await;
    let raise = json!({ "expectedVersion": 2, "payoutRunLimitMinor": 2000 });
    let raise = world.operator.does("updateProgramme", "proposal { id }", raise).await;
    asks_for(&world, &ana, "15.00", "a").await;
    assert_eq!(ran(&world.operator, "r").await["run"], Value::Null);
    bea.does("approveProposal", "proposal { status }", named(&raise)).await;
    assert_eq!(ran(&world.operator, "s").await["run"]["total"]["amount"], "15.00");
    for limit in [-1, 10_000_000_000_001_i64] {
        let wish = json!({ "expectedVersion": 3, "payoutRunLimitMinor": limit });
        let refused = bea.is_refused("updateProgramme", wish).await;
        assert_eq!(refused, ("VALUE_OUT_OF_RANGE".to_owned(), "payoutRunLimitMinor".to_owned()));
    }
    world.closes().await;
}

#[tokio::test]
async fn two_gateways_run_what_was_proposed_once_and_no_day_s_allowance_twice() {
    let (world, ana, bea) = bounded().await;
    let mut other = world.opens_gateway().await;
    asks_for(&world, &ana, "11.00", "a").await;
    let proposed = ran(&world.operator, "r").await;
    let (bea, there) = (bea.clone(), bea.at(&other));
    let approvals = [bea.clone(), there.clone(), bea.clone(), there].map(|caller| {
        let named = named(&proposed);
        async move { caller.does("approveProposal", "proposal { status }", named).await }
    });
    join_all(approvals).await;
    let runs = bea.asks("{ payoutRuns { nodes { total { amount } } } }").await;
    assert_eq!(runs["payoutRuns"]["nodes"], json!([{ "total": { "amount": "11.00" } }]));

    let callers = [world.operator.clone(), world.operator.at(&other)];
    for number in 0..4 {
        asks_for(&world, &ana, "6.00", &format!("p{number}")).await;
        let tries = callers.iter().enumerate().map(|(at, caller)| {
            let key = json!({ "idempotencyKey": format!("r{number}-{at}") });
            caller.tries("runPayouts", RAN, key)
        });
        let answers: Vec<Value> = join_all(tries).await;
        let stood = answers.iter().all(|one| ["OK", "PAYOUTS_MISSING"].contains(&&*code(one)));
        assert!(stood, "{answers:?}");
        let alone = answers.iter().filter(|one| one["run"]["id"].is_string()).count();
        assert_eq!(alone, usize::from(number == 0), "{answers:?}");
    }
    other.stops().await;
    world.closes().await;
}

//! A cycle from its end to its last payment: calculated by one, approved by another, issued, paid.

use serde_json::{Value, json};

use crate::support::{Caller, World, payment, receipt};

/// Two partners, and worked example 1 in March: what it comes to is due in April.
pub(crate) async fn hub(world: &World) -> (Caller, Caller) {
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    let sale = receipt("R1", "C1", "10000.00", world.now());
    grocer.does("recordPurchase", "purchase { id }", sale).await;
    fuel.does("payWithPoints", "isReplayed", payment("C1", 6000, "p", world.now())).await;
    (grocer, fuel)
}

/// All that happened is in the money books, and what was asked for is done.
pub(crate) async fn catches_up(world: &World) {
    let services = &world.gateway.services;
    services.sequence().await.unwrap();
    while services.follow_money().await.unwrap() > 0 {}
    while services.advance_cycles().await.unwrap() {}
}

pub(crate) async fn cycles(caller: &Caller) -> Vec<Value> {
    let asked = "{ settlementCycles { nodes { id name status digest calculations isClosed
        calculationProgress { followed known }
        calculated { by } reviewed { by } approved { by } settledAt } } }";
    let answer = caller.asks(asked).await;
    answer["settlementCycles"]["nodes"].as_array().unwrap().clone()
}

/// Calculates the cycle of that name and looks at it; says its id and digest.
pub(crate) async fn is_reviewed(world: &World, name: &str) -> (Value, Value) {
    catches_up(world).await;
    let all = cycles(&world.operator).await;
    let cycle = all.iter().find(|cycle| cycle["name"] == name).unwrap();
    let id = json!({ "cycleId": cycle["id"] });
    world.operator.does("calculateCycle", "cycle { status }", id.clone()).await;
    catches_up(world).await;
    let seen = world.operator.does("reviewCycle", "cycle { status digest }", id).await;
    assert_eq!(seen["cycle"]["status"], "IN_REVIEW");
    (cycle["id"].clone(), seen["cycle"]["digest"].clone())
}

/// The same, and a second operator approves.
pub(crate) async fn is_approved(world: &World, name: &str) -> Value {
    let (id, digest) = is_reviewed(world, name).await;
    let bea = world.second_operator().await;
    let wish = json!({ "cycleId": id, "digest": digest });
    bea.does("approveCycle", "cycle { status }", wish).await;
    id
}

const STATEMENT: &str = "{ settlementStatements(first: 5) { nodes { id number hash previousHash reference content
    partner { code } openingBalance { amount } total { amount } paid { amount }
    closingBalance { amount } due { amount } carriedForward { amount }
    lines { kind points gross { amount } net { amount } tax { amount } taxCode exact
      days(first: 3) { nodes { day contractVersion with price points exact movementCount } }
      movements(first: 3) { nodes { entryId points exact entry { id kind purchase { receiptNumber } } lot { id }
        with { code } } } } } } }";

pub(crate) async fn statements(caller: &Caller) -> Vec<Value> {
    let answer = caller.asks(STATEMENT).await;
    answer["settlementStatements"]["nodes"].as_array().unwrap().clone()
}

pub(super) fn pays(reference: &Value, amount: &str, key: &str) -> Value {
    json!({ "reference": reference, "amount": { "amount": amount, "currencyCode": "EUR" },
        "paidOn": "2026-04-05", "idempotencyKey": key })
}

#[tokio::test]
async fn a_cycle_is_calculated_by_one_approved_by_another_and_settled_by_the_last_payment() {
    let world = World::new().await;
    let (grocer, fuel) = hub(&world).await;
    world.days_pass(35).await;
    assert!(statements(&grocer).await.is_empty());
    let (id, digest) = is_reviewed(&world, "2026-03").await;
    assert!(cycles(&grocer).await.is_empty(), "a draft is no partner's");
    assert!(statements(&grocer).await.is_empty());
    assert_eq!(statements(&world.operator).await.len(), 2);
    let bea = world.second_operator().await;
    let wish = json!({ "cycleId": id, "digest": digest });
    let approved = bea.does("approveCycle", "cycle { status }", wish.clone()).await;
    assert_eq!(approved["cycle"]["status"], "APPROVED");
    bea.does("approveCycle", "cycle { status }", wish).await;

    let own = statements(&grocer).await;
    let [own] = own.as_slice() else { panic!("{own:?}") };
    assert_eq!(own["total"]["amount"], "121.20");
    assert_eq!(own["due"]["amount"], "121.20");
    let lines: Vec<_> = own["lines"].as_array().unwrap().iter().collect();
    let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ISSUE", "FUNDING", "SERVICE_FEE"]);
    assert_eq!(lines[0]["exact"], "120");
    assert_eq!(lines[0]["days"]["nodes"][0]["price"], "0.012000");
    let movement = &lines[0]["movements"]["nodes"][0];
    assert_eq!(movement["entry"]["purchase"]["receiptNumber"], "R1");
    assert!(movement["lot"]["id"].is_string());
    // Where its points went is told; what the member did there is not the issuer's to see.
    let burned = &lines[1]["movements"]["nodes"][0];
    assert_eq!((&burned["with"]["code"], &burned["entry"]), (&json!("fuel"), &Value::Null));
    assert_eq!(statements(&fuel).await[0]["total"]["amount"], "-54.00");

    let due =
        "{ paymentInstructions { nodes { reference direction amount { amount } open { amount }
        dueOn daysOverdue partner { code } } } }";
    let due = world.operator.asks(due).await;
    let due = due["paymentInstructions"]["nodes"].as_array().unwrap().clone();
    assert_eq!(due.len(), 2);
    let of = |code: &str| due.iter().find(|one| one["partner"]["code"] == code).unwrap();
    assert_eq!(of("grocer")["direction"], "COLLECT");
    assert_eq!(of("fuel")["direction"], "PAY");
    assert_eq!(of("grocer")["dueOn"], "2026-04-20");
    assert_eq!(of("grocer")["reference"], own["reference"]);
    let fields = "isReplayed instruction { open { amount } payments { amount { amount } source } }";
    let first = pays(&of("grocer")["reference"], "100.00", "1");
    let paid = world.operator.does("recordSettlementPayment", fields, first.clone()).await;
    assert_eq!(paid["instruction"]["open"]["amount"], "21.20");
    let again = world.operator.does("recordSettlementPayment", fields, first).await;
    assert_eq!(again["isReplayed"], true);
    assert_eq!(again["instruction"]["payments"].as_array().unwrap().len(), 1);
    for (code, amount, key) in [("grocer", "21.20", "2"), ("fuel", "54.00", "3")] {
        assert_eq!(cycles(&grocer).await[0]["status"], "APPROVED");
        let wish = pays(&of(code)["reference"], amount, key);
        world.operator.does("recordSettlementPayment", fields, wish).await;
    }
    assert_eq!(cycles(&grocer).await[0]["status"], "SETTLED");
    world.closes().await;
}

#[tokio::test]
async fn statements_are_a_chain_and_what_comes_late_is_on_the_next_one() {
    let world = World::new().await;
    let (grocer, _) = hub(&world).await;
    world.days_pass(35).await;
    is_approved(&world, "2026-03").await;
    // Recorded in April, of March.
    let late = receipt("R2", "C1", "1000.00", world.now() - chrono::TimeDelta::days(20));
    grocer.does("recordPurchase", "purchase { id }", late).await;
    world.days_pass(30).await;
    is_approved(&world, "2026-04").await;
    let own = statements(&grocer).await;
    let [march, april] = own.as_slice() else { panic!("{own:?}") };
    assert_eq!((&march["number"], &april["number"]), (&json!(1), &json!(2)));
    assert_eq!(april["previousHash"], march["hash"]);
    assert_eq!(april["openingBalance"], march["closingBalance"]);
    assert_eq!(april["total"]["amount"], "12.12");
    assert_eq!(april["closingBalance"]["amount"], "133.32");
    assert_eq!(april["due"]["amount"], "12.12", "March's is due already");
    let content = april["content"].as_str().unwrap();
    assert!(content.contains(march["hash"].as_str().unwrap()));
    world.closes().await;
}

#[tokio::test]
async fn four_eyes_see_the_same_or_nothing_is_approved() {
    let world = World::new().await;
    let (grocer, _) = hub(&world).await;
    catches_up(&world).await;
    let march = json!({ "cycleId": cycles(&world.operator).await[0]["id"] });
    let refused = world.operator.is_refused("calculateCycle", march.clone()).await;
    assert_eq!(refused, ("CYCLE_RUNS".to_owned(), "cycleId".to_owned()));
    world.days_pass(35).await;
    let sale = receipt("R2", "C1", "10.00", world.now());
    grocer.does("recordPurchase", "purchase { id }", sale).await;
    catches_up(&world).await;
    let all = cycles(&world.operator).await;
    assert_eq!(
        all.iter().map(|own| own["name"].clone()).collect::<Vec<_>>(),
        ["2026-03", "2026-04"]
    );
    let refused = |name: &'static str, wish: Value| {
        let operator = &world.operator;
        async move { operator.is_refused(name, wish).await.0 }
    };
    assert_eq!(refused("reviewCycle", march.clone()).await, "CYCLE_NOT_CALCULATED");
    let approve = json!({ "cycleId": march["cycleId"], "digest": "x" });
    assert_eq!(refused("approveCycle", approve.clone()).await, "CYCLE_NOT_CALCULATED");
    world
        .operator
        .does("calculateCycle", "cycle { calculationProgress { followed } }", march.clone())
        .await;
    assert_eq!(refused("reviewCycle", march.clone()).await, "CYCLE_NOT_CALCULATED");
    catches_up(&world).await;
    assert_eq!(refused("approveCycle", approve.clone()).await, "CYCLE_NOT_IN_REVIEW");
    let (id, digest) = is_reviewed(&world, "2026-03").await;
    let approve = json!({ "cycleId": id, "digest": digest });
    assert_eq!(refused("approveCycle", approve.clone()).await, "APPROVER_IS_CALCULATOR");
    let bea = world.second_operator().await;
    // What it rests on has changed.
    let rate = json!({ "code": "STD", "from": "2026-01-01", "rate": 1900 });
    world.operator.does("setTaxRate", "taxRate { rate }", rate).await;
    let stale = bea.is_refused("approveCycle", approve.clone()).await;
    assert_eq!(stale, ("CALCULATION_STALE".to_owned(), "digest".to_owned()));
    let (_, anew) = is_reviewed(&world, "2026-03").await;
    assert_ne!(anew, digest);
    assert_eq!(bea.is_refused("approveCycle", approve).await.0, "CALCULATION_STALE");
    let approve = json!({ "cycleId": id, "digest": anew });
    bea.does("approveCycle", "cycle { status }", approve).await;
    let line = &statements(&grocer).await[0]["lines"][0];
    assert_eq!(
        (&line["tax"]["amount"], &line["net"]["amount"]),
        (&json!("19.16"), &json!("100.84"))
    );
    assert_eq!(refused("calculateCycle", march.clone()).await, "CYCLE_CLOSED");
    assert_eq!(refused("reviewCycle", march).await, "CYCLE_CLOSED");
    world.closes().await;
}

#[tokio::test]
async fn an_earlier_cycle_comes_first() {
    let world = World::new().await;
    hub(&world).await;
    world.days_pass(65).await;
    catches_up(&world).await;
    let fuel = receipt("R9", "C1", "10.00", world.now());
    let other = world.partner("bakery").await;
    other.does("recordPurchase", "purchase { id }", fuel).await;
    catches_up(&world).await;
    let april = cycles(&world.operator).await[1].clone();
    assert_eq!(april["name"], "2026-04");
    let wish = json!({ "cycleId": april["id"] });
    let refused = world.operator.is_refused("calculateCycle", wish).await;
    assert_eq!(refused, ("CYCLE_NOT_NEXT".to_owned(), "cycleId".to_owned()));
    is_approved(&world, "2026-03").await;
    // Nothing happened in April, but what March left is told on; nothing is due for it.
    is_approved(&world, "2026-04").await;
    let all = cycles(&world.operator).await;
    assert_eq!((&all[0]["status"], &all[1]["status"]), (&json!("APPROVED"), &json!("SETTLED")));
    world.closes().await;
}

#[tokio::test]
async fn no_more_is_paid_than_is_due_and_in_no_other_currency() {
    let world = World::new().await;
    let (grocer, fuel) = hub(&world).await;
    world.days_pass(35).await;
    is_approved(&world, "2026-03").await;
    let reference = statements(&grocer).await[0]["reference"].clone();
    let refused =
        async |wish: Value| world.operator.is_refused("recordSettlementPayment", wish).await;
    let code = |code: &str, path: &str| (code.to_owned(), path.to_owned());
    assert_eq!(
        refused(pays(&reference, "121.21", "1")).await,
        code("PAYMENT_EXCEEDS_DUE", "amount.amount")
    );
    let mut dollars = pays(&reference, "1.00", "2");
    dollars["amount"]["currencyCode"] = json!("USD");
    assert_eq!(refused(dollars).await, code("PAYMENT_CURRENCY_MISMATCH", "amount.currencyCode"));
    assert_eq!(
        refused(pays(&reference, "0.00", "3")).await,
        code("AMOUNT_INVALID", "amount.amount")
    );
    assert_eq!(
        refused(pays(&json!("FL0"), "1.00", "4")).await,
        code("INSTRUCTION_NOT_FOUND", "reference")
    );
    let mut tomorrow = pays(&reference, "1.00", "5");
    tomorrow["paidOn"] = json!("2027-01-01");
    assert_eq!(refused(tomorrow).await, code("OCCURRED_IN_FUTURE", "paidOn"));
    // Two at once for all of it: one is too much.
    let both = [pays(&reference, "121.20", "6"), pays(&reference, "121.20", "7")];
    let both = both
        .map(|wish| world.operator.tries("recordSettlementPayment", "payment { paidOn }", wish));
    let both = futures_util::future::join_all(both).await;
    let done = both.iter().filter(|answer| answer["payment"].is_object()).count();
    assert_eq!(done, 1, "{both:?}");
    let own = "{ paymentInstructions { nodes { open { amount } partner { code } } } }";
    let seen = fuel.asks(own).await;
    let seen = seen["paymentInstructions"]["nodes"].as_array().unwrap().clone();
    assert_eq!((seen.len(), &seen[0]["open"]["amount"]), (1, &json!("54.00")));
    world.closes().await;
}

#[tokio::test]
async fn history_comes_before_its_cycle_is_calculated_or_not_at_all() {
    let world = World::new().await;
    let (grocer, _) = hub(&world).await;
    world.member("C2").await;
    let then = world.now();
    world.backfills(&grocer, "H1", "C2", then).await.unwrap();
    world.days_pass(35).await;
    is_reviewed(&world, "2026-03").await;
    let refused = world.backfills(&grocer, "H2", "C2", then).await.unwrap_err();
    assert_eq!(refused.code.name(), "BACKFILL_CYCLE_CLOSED");
    // What was brought in in time is there, however often it comes.
    assert!(world.backfills(&grocer, "H1", "C2", then).await.unwrap().is_replay);
    world.backfills(&grocer, "H3", "C2", world.now()).await.unwrap();
    world.closes().await;
}

//! Money back, from the till to the bank: accrued, confirmed, cut by returns, asked for, run, paid.

mod accounts;
mod accrual;
mod limit;
mod payouts;
mod refused;
mod runs;

use entity::amount::Points;
use serde_json::{Value, json};
use service::programmes::Settings;
use service::programmes::settings::{Debtor, Payouts};

use crate::support::{Caller, World, receipt};

/// An account of Ana's, and one of the programme's.
const IBAN: &str = "DE89 3704 0044 0532 0130 00";
const DEBTOR: &str = "DE75512108001245126199";

/// Fourteen days pending, five euros at least, two points a cent.
async fn world() -> World {
    let debtor = Debtor { name: "Arno & Co".to_owned(), iban: DEBTOR.to_owned(), bic: None };
    let debtor = Some(debtor);
    let payouts = Payouts { min_minor: 500, points_per_minor: 2, debtor, ..Payouts::default() };
    World::with(Settings { pending_days: 14, payouts, ..Settings::default() }).await
}

/// A partner that gives two in a hundred back.
async fn grocer(world: &World) -> Caller {
    let grocer = world.partner("grocer").await;
    let rate = json!({ "partnerId": grocer.id, "expectedVersion": 1, "cashbackBp": 200 });
    let rated = world.operator.does("updatePartner", "partner { cashbackBp }", rate).await;
    assert_eq!(rated["partner"]["cashbackBp"], 200);
    grocer
}

/// Sells for so much; the receipt's id.
async fn sells(world: &World, till: &Caller, number: &str, card: &str, amount: &str) -> Value {
    let sale = receipt(number, card, amount, world.now());
    till.does("recordPurchase", "purchase { id }", sale).await["purchase"]["id"].clone()
}

/// Takes so much of a receipt back.
async fn takes_back(world: &World, till: &Caller, purchase: &Value, key: &str, amount: Value) {
    let lines =
        if amount.is_null() { Value::Null } else { json!([{ "line": 0, "amount": amount }]) };
    let back = json!({ "purchaseId": purchase, "occurredAt": world.now(), "idempotencyKey": key,
        "lines": lines });
    till.does("returnPurchase", "purchaseReturn { id }", back).await;
}

/// Pending, available, in payout, paid, converted, owed.
async fn cashback(member: &Caller) -> [String; 6] {
    let fields = ["pending", "available", "inPayout", "paid", "converted", "owed"];
    let asked: String = fields.iter().map(|field| format!("{field} {{ amount }} ")).collect();
    let viewer = member.asks(&format!("{{ viewer {{ cashback {{ {asked} }} }} }}")).await;
    let found = &viewer["viewer"]["cashback"];
    fields.map(|field| found[field]["amount"].as_str().unwrap().to_owned())
}

async fn has_account(member: &Caller) {
    let account = json!({ "iban": IBAN, "holder": "Ana Bianchi" });
    member.does("setBankAccount", "bankAccount { iban }", account).await;
}

/// A member with so much available, and a bank account.
async fn saver(world: &World, till: &Caller, card: &str, spent: &str) -> Caller {
    let member = world.member(card).await;
    sells(world, till, &format!("{card}-1"), card, spent).await;
    world.days_pass(14).await;
    has_account(&member).await;
    member
}

fn euros(amount: &str) -> Value {
    json!({ "amount": amount, "currencyCode": "EUR" })
}

fn wish(amount: &str, key: &str) -> Value {
    json!({ "amount": euros(amount), "idempotencyKey": key })
}

/// Asks for so much, a while after whatever was before; the payout's id.
async fn asks_for(world: &World, member: &Caller, amount: &str, key: &str) -> Value {
    world.seconds_pass(1);
    let made = member.does("requestPayout", "payout { id }", wish(amount, key)).await;
    made["payout"]["id"].clone()
}

/// Has what waits run; the run's id.
async fn runs(operator: &Caller, key: &str) -> Value {
    let made = operator.does("runPayouts", "run { id }", json!({ "idempotencyKey": key })).await;
    made["run"]["id"].clone()
}

fn confirmation(run: &Value, paid: &[&Value], failed: &[&Value], key: &str) -> Value {
    let failed = failed.iter().map(|id| json!({ "payoutId": id, "reason": "AC04 closed" }));
    json!({ "runId": run, "paid": paid, "failed": failed.collect::<Vec<_>>(), "idempotencyKey": key })
}

#[tokio::test]
async fn two_operators_agree_on_the_account_that_pays_and_on_the_rate_of_points() {
    let adjustment_limit = Points::new(5).unwrap();
    let world = World::with(Settings { adjustment_limit, ..Settings::default() }).await;
    let bea = world.second_operator().await;
    let less = json!({ "expectedVersion": 1, "payoutMinMinor": 700 });
    let alone = world.operator.does(
        "updateProgramme",
        "programme { payoutMinimum { amount } } proposal { id }",
        less,
    );
    let alone = alone.await;
    assert_eq!(alone["programme"]["payoutMinimum"]["amount"], "7.00");
    assert_eq!(alone["proposal"], Value::Null);
    for (version, change) in [
        (2, json!({ "debtor": { "name": "Arno", "iban": DEBTOR, "bic": "cobadeffxxx" } })),
        (3, json!({ "pointsPerMinor": 3 })),
    ] {
        let mut change = change;
        change["expectedVersion"] = json!(version);
        let proposed = world.operator.does("updateProgramme", "proposal { id }", change).await;
        let named = json!({ "proposalId": proposed["proposal"]["id"] });
        bea.does("approveProposal", "proposal { status }", named).await;
    }
    let seen = "{ programme { pointsPerMinor debtor { name iban bic } } }";
    let debtor = json!({ "name": "Arno", "iban": DEBTOR, "bic": "COBADEFFXXX" });
    let expected = json!({ "programme": { "pointsPerMinor": 3, "debtor": debtor } });
    assert_eq!(world.operator.asks(seen).await, expected);
    let ana = world.member("C1").await;
    assert_eq!(ana.asks(seen).await["programme"]["debtor"], Value::Null);
    world.closes().await;
}

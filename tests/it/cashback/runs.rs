//! Operators have payouts run, send the file, and say what the bank did.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use service::Scope;

use super::{DEBTOR, asks_for, cashback, confirmation, grocer, runs, saver, world};
use crate::support::code;
use crate::support::lint::complaints;

#[tokio::test]
async fn a_run_is_a_file_that_any_bank_can_read_and_always_the_same() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "400.00").await;
    let bo = saver(&world, &grocer, "C2", "5000.00").await;
    let odd = json!({ "iban": "GB82 WEST 1234 5698 7654 32", "holder": "Bo <O'Neil> & Söhne" });
    bo.does("setBankAccount", "bankAccount { iban }", odd).await;
    let (first, second) =
        (asks_for(&world, &ana, "6.50", "a").await, asks_for(&world, &bo, "100.00", "b").await);
    // What was asked for goes to the account of then.
    let gone = json!({ "isCertain": true });
    ana.does("removeBankAccount", "isRemoved", gone).await;
    let made = "run { id file total { amount } payoutCount payouts { nodes { id } } }";
    let key = json!({ "idempotencyKey": "r" });
    let made = world.operator.does("runPayouts", made, key).await["run"].clone();
    assert_eq!((&made["total"]["amount"], &made["payoutCount"]), (&json!("106.50"), &json!(2)));
    assert_eq!(made["payouts"]["nodes"], json!([{ "id": first }, { "id": second }]));
    let file = made["file"].as_str().unwrap();
    let schema = "pain/pain.001.001.09.xsd";
    assert_eq!(complaints(file, schema), "", "{file}");
    assert!(!complaints(&file.replace("CtrlSum", "CheckSum"), schema).is_empty());
    let reference = |id: &Value| id.as_str().unwrap().replace('_', "-");
    for part in [
        format!("<MsgId>{}</MsgId>", reference(&made["id"])),
        "<NbOfTxs>2</NbOfTxs>".to_owned(),
        "<CtrlSum>106.50</CtrlSum>".to_owned(),
        format!("<IBAN>{DEBTOR}</IBAN>"),
        "<IBAN>DE89370400440532013000</IBAN>".to_owned(),
        "<IBAN>GB82WEST12345698765432</IBAN>".to_owned(),
        "<Nm>Bo O&apos;Neil + Sohne</Nm>".to_owned(),
        "<Nm>Arno + Co</Nm>".to_owned(),
        "<InstdAmt Ccy=\"EUR\">6.50</InstdAmt>".to_owned(),
        format!("<EndToEndId>{}</EndToEndId>", reference(&second)),
        "<Ustrd>Cashback arno</Ustrd>".to_owned(),
    ] {
        assert!(file.contains(&part), "{part} isn't in {file}");
    }
    let paid = confirmation(&made["id"], &[&first], &[&second], "c");
    world.operator.does("confirmPayouts", "isReplayed", paid).await;
    world.days_pass(3).await;
    let again = format!("{{ node(id: {}) {{ ... on PayoutRun {{ file }} }} }}", made["id"]);
    assert_eq!(world.operator.asks(&again).await["node"]["file"], file);
    let runs = "{ payoutRuns { nodes { id } } }";
    assert_eq!(world.operator.asks(runs).await["payoutRuns"]["nodes"][0]["id"], made["id"]);
    world.closes().await;
}

#[tokio::test]
async fn what_the_bank_says_is_noted_once_and_what_failed_is_in_the_wallet_again() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "1000.00").await;
    let (first, second) =
        (asks_for(&world, &ana, "6.00", "a").await, asks_for(&world, &ana, "7.00", "b").await);
    let run = runs(&world.operator, "r").await;
    let said = confirmation(&run, &[&first], &[&second], "c");
    for is_replayed in [false, true] {
        let done = world.operator.does("confirmPayouts", "isReplayed", said.clone()).await;
        assert_eq!(done["isReplayed"], is_replayed);
    }
    // The same under another key is as harmless.
    let again = confirmation(&run, &[&first], &[&second], "d");
    world.operator.does("confirmPayouts", "isReplayed", again).await;
    assert_eq!(cashback(&ana).await, ["0.00", "14.00", "0.00", "6.00", "0.00", "0.00"]);
    let seen = ana.asks("{ payouts { nodes { status failure } } }").await;
    let expected = json!([{ "status": "PAID", "failure": null },
        { "status": "FAILED", "failure": "AC04 closed" }]);
    assert_eq!(seen["payouts"]["nodes"], expected);
    let late = confirmation(&run, &[&second], &[], "e");
    let late = world.operator.is_refused("confirmPayouts", late).await;
    assert_eq!(late, ("PAYOUT_ALREADY_CLOSED".to_owned(), "paid.0".to_owned()));
    let returned = confirmation(&run, &[], &[&first], "f");
    world.operator.does("confirmPayouts", "isReplayed", returned).await;
    assert_eq!(cashback(&ana).await, ["0.00", "20.00", "0.00", "0.00", "0.00", "0.00"]);
    world.closes().await;
}

#[tokio::test]
async fn two_operators_at_two_gateways_run_each_payout_once() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "5000.00").await;
    for number in 0..10 {
        asks_for(&world, &ana, "5.00", &format!("p{number}")).await;
    }
    let bea = world.second_operator().await;
    let mut other = world.opens_gateway().await;
    let callers = [world.operator.clone(), bea.at(&other)];
    let tries = (0..8).map(|number: usize| {
        let caller = callers[number % 2].clone();
        let key = json!({ "idempotencyKey": format!("r{number}") });
        async move { caller.tries("runPayouts", "run { id payoutCount }", key).await }
    });
    let answers: Vec<Value> = join_all(tries).await;
    let made = answers.iter().filter_map(|one| one["run"]["payoutCount"].as_i64());
    assert_eq!(made.sum::<i64>(), 10, "{answers:?}");
    assert!(answers.iter().all(|one| ["OK", "PAYOUTS_MISSING"].contains(&&*code(one))));
    let again = world.operator.tries("runPayouts", "isReplayed", json!({ "idempotencyKey": "r0" }));
    let again = again.await;
    assert!(again["isReplayed"] == true || code(&again) == "PAYOUTS_MISSING", "{again}");
    other.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn a_file_is_for_operators_with_the_scope() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "400.00").await;
    asks_for(&world, &ana, "6.00", "a").await;
    let run = runs(&world.operator, "r").await;
    let read = format!("{{ node(id: {run}) {{ ... on PayoutRun {{ file }} }} }}");
    let bare = world.with_token(&world.operator, &[Scope::MembersRead], TimeDelta::days(1)).await;
    for caller in [&ana, &grocer, &bare] {
        assert_eq!(caller.asks(&read).await["node"], Value::Null);
    }
    world.closes().await;
}

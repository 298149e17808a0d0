//! What is refused, precisely, with nothing written in any table.

use chrono::TimeDelta;
use serde_json::{Value, json};
use service::programmes::Settings;

use super::{
    IBAN, asks_for, confirmation, euros, grocer, has_account, runs, saver, sells, wish, world,
};
use crate::support::{World, code};

fn refusal(code: &str, path: &str) -> (String, String) {
    (code.to_owned(), path.to_owned())
}

#[tokio::test]
async fn a_bank_account_that_cannot_be_is_refused() {
    let world = world().await;
    let ana = world.member("C1").await;
    for (iban, why) in [
        ("DE88 3704 0044 0532 0130 00", "check digits"),
        ("DE5137040044053201300", "isn't as long as this"),
        ("ZZ22370400440532013000", "No country ZZ"),
        ("DE89-3704-0044-0532-0130-00", "two letters, two digits"),
        ("", "two letters, two digits"),
    ] {
        let account = json!({ "iban": iban, "holder": "Ana" });
        let answer = ana.tries("setBankAccount", "", account.clone()).await;
        assert_eq!(code(&answer), "IBAN_INVALID", "{iban}");
        let message = answer["userErrors"][0]["message"].as_str().unwrap();
        assert!(message.contains(why), "{message}");
        assert_eq!(
            ana.is_refused("setBankAccount", account).await,
            refusal("IBAN_INVALID", "iban")
        );
    }
    for holder in ["", "a\u{7}b", &"x".repeat(71), "😀 ❤"] {
        let account = json!({ "iban": IBAN, "holder": holder });
        let refused = ana.is_refused("setBankAccount", account).await;
        assert_eq!(refused, refusal("NAME_INVALID", "holder"));
    }
    let unsure = ana.is_refused("removeBankAccount", json!({ "isCertain": false })).await;
    assert_eq!(unsure, refusal("VALUE_OUT_OF_RANGE", "isCertain"));
    let closed = json!({ "memberId": ana.id });
    world.operator.does("closeMember", "member { id }", closed).await;
    let late = json!({ "iban": IBAN, "holder": "Ana" });
    let late = ana.sends("setBankAccount", "", late).await;
    let is_out = late["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        || late["data"]["setBankAccount"]["userErrors"][0]["code"] == "MEMBER_CLOSED";
    assert!(is_out, "{late}");
    world.closes().await;
}

#[tokio::test]
async fn a_payout_that_cannot_be_is_refused() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = world.member("C1").await;
    sells(&world, &grocer, "R1", "C1", "400.00").await;
    world.days_pass(14).await;
    let none = ana.is_refused("requestPayout", wish("5.00", "a")).await;
    assert_eq!(none, refusal("BANK_ACCOUNT_MISSING", ""));
    has_account(&ana).await;
    for (amount, key, code, path) in [
        (euros("8.01"), "a", "INSUFFICIENT_CASHBACK", "amount"),
        (euros("4.99"), "a", "PAYOUT_BELOW_MINIMUM", "amount"),
        (euros("0"), "a", "AMOUNT_INVALID", "amount"),
        (euros("-5.00"), "a", "AMOUNT_INVALID", "amount"),
        (euros("5.001"), "a", "AMOUNT_INVALID", "amount"),
        (
            json!({ "amount": "5", "currencyCode": "USD" }),
            "a",
            "CURRENCY_MISMATCH",
            "amount.currencyCode",
        ),
        (euros("5.00"), "", "IDEMPOTENCY_KEY_INVALID", "idempotencyKey"),
    ] {
        let wish = json!({ "amount": amount, "idempotencyKey": key });
        assert_eq!(ana.is_refused("requestPayout", wish).await, refusal(code, path), "{amount}");
    }
    let small = ana.tries("requestPayout", "", wish("4.99", "a")).await;
    assert_eq!(small["userErrors"][0]["message"], "The programme pays EUR 5.00 or more.");
    asks_for(&world, &ana, "8.00", "all").await;
    let nothing = ana.is_refused("requestPayout", json!({ "idempotencyKey": "more" })).await;
    assert_eq!(nothing, refusal("INSUFFICIENT_CASHBACK", "amount"));
    let held = json!({ "memberId": ana.id });
    world.operator.does("suspendMember", "member { id }", held).await;
    for mutation in ["requestPayout", "convertCashback"] {
        let refused = ana.is_refused(mutation, wish("5.00", "s")).await;
        assert_eq!(refused.0, "MEMBER_SUSPENDED");
    }
    // What was asked for before is answered as then.
    asks_for(&world, &ana, "8.00", "all").await;
    world.closes().await;
}

#[tokio::test]
async fn a_run_that_cannot_be_is_refused() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let key = |key: &str| json!({ "idempotencyKey": key });
    let none = world.operator.is_refused("runPayouts", key("r")).await;
    assert_eq!(none, refusal("PAYOUTS_MISSING", ""));
    let ana = saver(&world, &grocer, "C1", "1000.00").await;
    let first = asks_for(&world, &ana, "5.00", "a").await;
    let run = runs(&world.operator, "r").await;
    let second = asks_for(&world, &ana, "5.00", "b").await;
    let nothing = json!("pyr_01h2xcejqtf2nbrexx3vqjhp41");
    let unknown = json!("pyo_01h2xcejqtf2nbrexx3vqjhp41");
    let many: Vec<&Value> = vec![&first; 501];
    for (said, code, path) in [
        (confirmation(&nothing, &[&first], &[], "c"), "PAYOUT_RUN_NOT_FOUND", "runId"),
        (confirmation(&run, &[], &[], "c"), "PAYOUTS_MISSING", "paid"),
        (confirmation(&run, &many, &[], "c"), "PAYOUTS_TOO_MANY", "paid"),
        (confirmation(&run, &[&first, &second], &[], "c"), "PAYOUT_NOT_IN_RUN", "paid.1"),
        (confirmation(&run, &[&first, &unknown], &[], "c"), "PAYOUT_NOT_IN_RUN", "paid.1"),
        (confirmation(&run, &[&first], &[&first], "c"), "PAYOUT_NOT_IN_RUN", "failed.0.payoutId"),
    ] {
        let refused = world.operator.is_refused("confirmPayouts", said).await;
        assert_eq!(refused, refusal(code, path));
    }
    let mut mute = confirmation(&run, &[], &[&first], "c");
    mute["failed"][0]["reason"] = json!("");
    let mute = world.operator.is_refused("confirmPayouts", mute).await;
    assert_eq!(mute, refusal("REASON_INVALID", "failed.0.reason"));
    let cancelled = json!({ "payoutId": second, "idempotencyKey": "x" });
    ana.does("cancelPayout", "isReplayed", cancelled).await;
    let failed = confirmation(&run, &[], &[&first], "f");
    world.operator.does("confirmPayouts", "isReplayed", failed).await;
    let again = json!({ "payoutId": first, "idempotencyKey": "y" });
    let again = ana.is_refused("cancelPayout", again).await;
    assert_eq!(again, refusal("PAYOUT_ALREADY_CLOSED", "payoutId"));
    world.closes().await;
}

#[tokio::test]
async fn what_the_programme_does_not_offer_is_refused() {
    let settings = Settings { pending_days: 0, ..Settings::default() };
    let world = World::with(settings).await;
    let grocer = grocer(&world).await;
    let ana = world.member("C1").await;
    sells(&world, &grocer, "R1", "C1", "1000.00").await;
    has_account(&ana).await;
    let convert = ana.is_refused("convertCashback", wish("5.00", "v")).await;
    assert_eq!(convert, refusal("CONVERSION_NOT_OFFERED", ""));
    asks_for(&world, &ana, "20.00", "p").await;
    let run = world.operator.is_refused("runPayouts", json!({ "idempotencyKey": "r" })).await;
    assert_eq!(run, refusal("DEBTOR_MISSING", ""));
    let debtor = |iban: &str, bic: &str| json!({ "expectedVersion": 1, "debtor": { "name": "A", "iban": iban, "bic": bic } });
    for (change, code, path) in [
        (debtor("DE00", "COBADEFF"), "IBAN_INVALID", "debtor.iban"),
        (debtor(super::DEBTOR, "COBA"), "BIC_INVALID", "debtor.bic"),
        (
            json!({ "expectedVersion": 1, "debtor": { "name": "❤", "iban": super::DEBTOR } }),
            "NAME_INVALID",
            "debtor.name",
        ),
        (
            json!({ "expectedVersion": 1, "payoutMinMinor": 0 }),
            "VALUE_OUT_OF_RANGE",
            "payoutMinMinor",
        ),
        (
            json!({ "expectedVersion": 1, "pointsPerMinor": 1_000_001 }),
            "VALUE_OUT_OF_RANGE",
            "pointsPerMinor",
        ),
    ] {
        let refused = world.operator.is_refused("updateProgramme", change).await;
        assert_eq!(refused, refusal(code, path));
    }
    world.closes().await;
}

#[tokio::test]
async fn nobody_does_with_cashback_what_is_not_theirs() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "400.00").await;
    let payout = asks_for(&world, &ana, "6.00", "a").await;
    let eve = world.elsewhere("E1").await;
    let cancel = json!({ "payoutId": payout, "idempotencyKey": "e" });
    let refused = eve.is_refused("cancelPayout", cancel).await;
    assert_eq!(refused, refusal("PAYOUT_NOT_FOUND", "payoutId"));
    let node = format!("{{ node(id: {payout}) {{ __typename }} }}");
    assert_eq!(eve.asks(&node).await["node"], Value::Null);
    let life = TimeDelta::days(1);
    let bare = world.with_token(&world.operator, &[], life).await;
    for (caller, mutation, input) in [
        (&grocer, "requestPayout", wish("5.00", "x")),
        (&grocer, "setBankAccount", json!({ "iban": IBAN, "holder": "G" })),
        (&world.operator, "convertCashback", wish("5.00", "x")),
        (&ana, "runPayouts", json!({ "idempotencyKey": "x" })),
        (&bare, "runPayouts", json!({ "idempotencyKey": "x" })),
    ] {
        let answer = caller.sends(mutation, "", input).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{mutation}: {answer}");
    }
    world.closes().await;
}

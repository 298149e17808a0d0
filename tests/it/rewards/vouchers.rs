//! What tills do with vouchers, and what they can't.

use serde_json::{Value, json};

use super::claims::{cancels, claims, with_points};
use super::{draft, launches, terms, with};
use crate::support::{Caller, World, code};

const USE: &str = "isReplayed voucherUse { id status reference store { code } } claim { status }";

fn shown(code: &Value, key: &str) -> Value {
    json!({ "code": code, "reference": "R-7", "idempotencyKey": key })
}

async fn turns(till: &Caller, mutation: &str, used: &Value, key: &str) -> Value {
    let wish = json!({ "voucherUseId": used["id"], "idempotencyKey": key });
    till.tries(mutation, "voucherUse { status } claim { status }", wish).await
}

#[tokio::test]
async fn a_voucher_is_used_once_however_it_is_typed() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 100).await;
    let id = launches(&till, draft("mug", terms())).await;
    let claim = claims(&ana, &id, "k1").await;
    let typed = claim["voucher"]["code"].as_str().unwrap().to_lowercase().replace('-', " ");
    let look = format!(
        "{{ voucherClaim(code: \"{typed}\") {{ id status voucher {{ code usesLeft }} }} }}"
    );
    let seen = till.asks(&look).await["voucherClaim"].clone();
    let expected = json!({ "id": claim["id"], "status": "FULFILLED", "voucher": { "code": null, "usesLeft": 1 } });
    assert_eq!(seen, expected);
    let used = till.does("redeemVoucher", USE, shown(&json!(typed), "u1")).await;
    assert_eq!(used["claim"]["status"], "USED");
    assert_eq!(
        (&used["voucherUse"]["status"], &used["voucherUse"]["reference"]),
        (&json!("REDEEMED"), &json!("R-7"))
    );
    let again = till.does("redeemVoucher", USE, shown(&claim["voucher"]["code"], "u1")).await;
    assert_eq!((&again["isReplayed"], &again["voucherUse"]), (&json!(true), &used["voucherUse"]));
    let refused = till.is_refused("redeemVoucher", shown(&json!(typed), "u2")).await;
    assert_eq!(refused, ("VOUCHER_USED".to_owned(), "code".to_owned()));
    assert_eq!(code(&cancels(&till, &claim, "c1").await), "REWARD_CLAIM_USED");
    let uses = format!(
        "{{ rewardClaim(id: {}) {{ closedAt voucher {{ usesLeft uses {{ status partner {{ code }} }} }} }} }}",
        claim["id"]
    );
    let seen = ana.asks(&uses).await["rewardClaim"].clone();
    assert_eq!(seen["closedAt"], json!(world.now()));
    assert_eq!(
        seen["voucher"],
        json!({ "usesLeft": 0, "uses": [{ "status": "REDEEMED", "partner": { "code": "grocer" } }] })
    );
    world.closes().await;
}

#[tokio::test]
async fn a_wrong_code_and_one_of_another_partner_answer_alike_and_many_of_them_have_to_wait() {
    let world = World::new().await;
    let (till, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let ana = with_points(&world, &till, "C1", 100).await;
    let id = launches(&till, draft("mug", terms())).await;
    let right = claims(&ana, &id, "k1").await["voucher"]["code"].clone();
    let mut answers = Vec::new();
    for wrong in [&json!("0000-0000-0000-0000"), &json!("no code"), &json!(""), &right] {
        answers.push(fuel.tries("redeemVoucher", USE, shown(wrong, "u1")).await);
        let look = format!("{{ voucherClaim(code: {wrong}) {{ id }} }}");
        assert_eq!(fuel.asks(&look).await["voucherClaim"], Value::Null);
    }
    assert_eq!(code(&answers[0]), "VOUCHER_NOT_FOUND");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let mut tried = 0;
    let told = loop {
        tried += 1;
        assert!(tried < 100, "nobody stops it");
        let answer = fuel.sends("redeemVoucher", USE, shown(&json!("no code"), "u")).await;
        if let Some(told) = answer["errors"][0]["extensions"]["code"].as_str() {
            break told.to_owned();
        }
    };
    assert_eq!(told, "THROTTLED");
    // The other partner's tills go on.
    till.does("redeemVoucher", USE, shown(&right, "u1")).await;
    world.closes().await;
}

#[tokio::test]
async fn a_till_sets_a_voucher_aside_confirms_it_or_gives_it_back() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 100).await;
    let says = with(terms(), "delivery", json!({ "uses": 2, "cancelHours": 8784 }));
    let id = launches(&till, draft("mug", says)).await;
    let claim = claims(&ana, &id, "k1").await;
    let card = &claim["voucher"]["code"];
    let aside = async |key: &str| till.tries("reserveVoucher", USE, shown(card, key)).await;
    let first = aside("a1").await["voucherUse"].clone();
    assert_eq!(first["status"], "RESERVED");
    let second = aside("a2").await["voucherUse"].clone();
    assert_eq!(code(&aside("a3").await), "VOUCHER_SET_ASIDE");
    assert_eq!(code(&cancels(&ana, &claim, "c1").await), "REWARD_CLAIM_USED");
    let confirmed = turns(&till, "confirmVoucher", &first, "b1").await;
    assert_eq!(confirmed["voucherUse"]["status"], "REDEEMED");
    assert_eq!(confirmed["claim"]["status"], "FULFILLED", "once more");
    assert_eq!(code(&turns(&till, "confirmVoucher", &first, "b2").await), "VOUCHER_USED");
    assert_eq!(turns(&till, "confirmVoucher", &first, "b1").await, confirmed, "as the first time");
    let back = turns(&till, "cancelVoucherUse", &second, "b3").await;
    assert_eq!(back["voucherUse"]["status"], "CANCELLED");
    assert_eq!(
        code(&turns(&till, "cancelVoucherUse", &second, "b4").await),
        "VOUCHER_USE_CANCELLED"
    );
    assert_eq!(code(&turns(&till, "confirmVoucher", &second, "b5").await), "VOUCHER_USE_CANCELLED");
    let used = till.does("redeemVoucher", USE, shown(card, "u1")).await;
    assert_eq!(used["claim"]["status"], "USED");
    // The sale came to nothing after all.
    let back = turns(&till, "cancelVoucherUse", &used["voucherUse"], "b6").await;
    assert_eq!(back["claim"]["status"], "FULFILLED");
    let fuel = world.partner("fuel").await;
    assert_eq!(
        code(&turns(&fuel, "cancelVoucherUse", &first, "b7").await),
        "VOUCHER_USE_NOT_FOUND"
    );
    world.closes().await;
}

#[tokio::test]
async fn what_a_till_forgot_is_free_again_after_a_while() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 200).await;
    let says = with(terms(), "delivery", json!({ "validDays": 0 }));
    let id = launches(&till, draft("mug", says)).await;
    let (one, other) = (claims(&ana, &id, "k1").await, claims(&ana, &id, "k2").await);
    let wish = with(shown(&one["voucher"]["code"], "a1"), "minutes", json!(10));
    let first = till.does("reserveVoucher", USE, wish.clone()).await["voucherUse"].clone();
    for minutes in [0, 61] {
        let refused =
            till.is_refused("reserveVoucher", with(wish.clone(), "minutes", json!(minutes))).await;
        assert_eq!(refused, ("VALUE_OUT_OF_RANGE".to_owned(), "minutes".to_owned()));
    }
    world.seconds_pass(600);
    assert_eq!(code(&turns(&till, "confirmVoucher", &first, "b1").await), "VOUCHER_USE_LAPSED");
    let used = till.does("redeemVoucher", USE, shown(&one["voucher"]["code"], "u1")).await;
    assert_eq!(used["claim"]["status"], "USED");
    // Set aside and forgotten on its last day: given back, and then over.
    till.does("reserveVoucher", USE, shown(&other["voucher"]["code"], "a2")).await;
    world.days_pass(1).await;
    let asked = format!(
        "{{ rewardClaim(id: {}) {{ status voucher {{ uses {{ status }} }} }} }}",
        other["id"]
    );
    let seen = ana.asks(&asked).await["rewardClaim"].clone();
    assert_eq!(
        seen,
        json!({ "status": "EXPIRED", "voucher": { "uses": [{ "status": "CANCELLED" }] } })
    );
    world.closes().await;
}

#[tokio::test]
async fn of_many_tills_that_are_shown_a_voucher_at_once_one_takes_it() {
    let world = World::new().await;
    let (till, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let ana = with_points(&world, &till, "C1", 100).await;
    let id = launches(&world.operator, draft("mug", terms())).await;
    let card = claims(&ana, &id, "k1").await["voucher"]["code"].clone();
    let mut gateway = world.opens_gateway().await;
    let tried = (0..12).map(|place| {
        let till = if place % 2 == 0 { till.clone() } else { fuel.at(&gateway) };
        let wish = shown(&card, &format!("u{place}"));
        tokio::spawn(async move { code(&till.tries("redeemVoucher", USE, wish).await) })
    });
    let mut took = 0;
    for answer in tried.collect::<Vec<_>>() {
        match answer.await.unwrap().as_str() {
            "OK" => took += 1,
            other => assert_eq!(other, "VOUCHER_USED"),
        }
    }
    assert_eq!(took, 1);
    gateway.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn a_till_that_says_something_wrong_hears_what() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 100).await;
    let id = launches(&till, draft("mug", terms())).await;
    let card = claims(&ana, &id, "k1").await["voucher"]["code"].clone();
    for (field, value, code) in [
        ("storeCode", json!("nowhere"), "STORE_NOT_FOUND"),
        ("reference", json!("x".repeat(65)), "REFERENCE_INVALID"),
        ("idempotencyKey", json!(""), "IDEMPOTENCY_KEY_INVALID"),
    ] {
        for mutation in ["redeemVoucher", "reserveVoucher"] {
            let refused =
                till.is_refused(mutation, with(shown(&card, "u"), field, value.clone())).await;
            assert_eq!(refused, (code.to_owned(), field.to_owned()));
        }
    }
    till.does("redeemVoucher", USE, shown(&card, "u")).await;
    let other = with(shown(&card, "u"), "reference", json!("R-8"));
    assert_eq!(till.is_refused("redeemVoucher", other).await.0, "IDEMPOTENCY_KEY_REUSED");
    world.closes().await;
}

#[tokio::test]
async fn a_till_can_not_undo_what_was_paid_for_a_claim() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 100).await;
    let id = launches(&till, draft("mug", terms())).await;
    let claim = claims(&ana, &id, "k1").await;
    let asked = format!("{{ rewardClaim(id: {}) {{ entry {{ id }} }} }}", claim["id"]);
    let entry = ana.asks(&asked).await["rewardClaim"]["entry"]["id"].clone();
    let undo = json!({ "paymentId": entry, "idempotencyKey": "r1" });
    assert_eq!(till.is_refused("reversePayment", undo).await.0, "PAYMENT_NOT_FOUND");
    world.closes().await;
}

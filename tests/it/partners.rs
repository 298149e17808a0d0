//! Partners: their codes, contracts and stores, and what a suspension stops.

mod accounts;

use serde_json::json;

use crate::support::{World, code, payment, receipt};

#[tokio::test]
async fn a_code_is_taken_once_and_must_be_one() {
    let world = World::new().await;
    world.partner("grocer").await;
    let wish = |code: &str| {
        json!({ "code": code, "name": "X", "receiptScope": "STORE",
        "roles": { "isIssuer": true, "isAcceptor": false }, "baseRateMillipoints": 1000 })
    };
    let taken = world.operator.is_refused("onboardPartner", wish("grocer")).await;
    assert_eq!(taken, ("CODE_TAKEN".to_owned(), "code".to_owned()));
    assert_eq!(
        world.operator.is_refused("onboardPartner", wish("Gro cer")).await.0,
        "CODE_INVALID"
    );
    let fuel = || world.operator.tries("onboardPartner", "partner { code }", wish("fuel"));
    let (one, two, three) = tokio::join!(fuel(), fuel(), fuel());
    let mut codes = [code(&one), code(&two), code(&three)];
    codes.sort();
    assert_eq!(codes, ["CODE_TAKEN", "CODE_TAKEN", "OK"], "three at once");
    world.closes().await;
}

#[tokio::test]
async fn a_contract_changes_by_its_next_version_and_never_backwards() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let terms = |from: &str| {
        json!({ "partnerId": grocer.id, "validFrom": from, "funding": "AT_BURN",
        "issuePrice": "0.010", "acceptancePrice": "0.008", "serviceFeeBp": 0, "breakageShareBp": 0,
        "onUs": "FREE", "paymentDays": 7, "disputeDays": 7, "taxCode": "STD" })
    };
    let past = world.operator.is_refused("signContract", terms("2026-02-01T00:00:00Z")).await;
    assert_eq!(past, ("VALID_FROM_INVALID".to_owned(), "validFrom".to_owned()));
    let (one, two) = tokio::join!(
        world.operator.does("signContract", "contract { version }", terms("2026-04-01T00:00:00Z")),
        world.operator.does("signContract", "contract { version }", terms("2026-04-01T00:00:00Z")),
    );
    let mut versions = [&one, &two].map(|signed| signed["contract"]["version"].as_i64().unwrap());
    versions.sort_unstable();
    assert_eq!(versions, [2, 3]);
    world.closes().await;
}

#[tokio::test]
async fn versions_neither_overlap_nor_leave_a_gap_however_they_are_dated() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    world.member("C1").await;
    let terms = |from: &str, price: &str| {
        json!({ "partnerId": grocer.id, "validFrom": from, "funding": "AT_ISSUE", "issuePrice": price,
        "acceptancePrice": "0.008", "serviceFeeBp": 0, "breakageShareBp": 0, "onUs": "FREE",
        "paymentDays": 7, "disputeDays": 7, "taxCode": "STD" })
    };
    let signed = "contract { version }";
    for (from, price) in [("2026-03-10T00:00:00Z", "0.020"), ("2026-03-20T00:00:00Z", "0.030")] {
        world.operator.does("signContract", signed, terms(from, price)).await;
    }
    // It would begin before the one that it follows, and end it before it began.
    let between = terms("2026-03-15T00:00:00Z", "0.040");
    let refused = world.operator.is_refused("signContract", between).await;
    assert_eq!(refused, ("VALID_FROM_INVALID".to_owned(), "validFrom".to_owned()));
    let owed = "{ partner(by: { code: \"grocer\" }) { exposure { owed { amount } } } }";
    let mut seen = Vec::new();
    for day in 0..21 {
        let sale = receipt(&format!("R{day}"), "C1", "100.00", world.now());
        grocer.does("recordPurchase", "points", sale).await;
        seen.push(grocer.asks(owed).await["partner"]["exposure"]["owed"]["amount"].clone());
        world.days_pass(1).await;
    }
    // Eight days by the first, 1.212 each, ten by the second, three by the third.
    assert_eq!(
        (&seen[7], &seen[17], &seen[20]),
        (&json!("9.70"), &json!("29.70"), &json!("38.70"))
    );
    world.closes().await;
}

#[tokio::test]
async fn a_currency_that_nobody_knows_is_refused_wherever_one_is_given() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    let mut sale = receipt("R1", "C1", "50.00", world.now());
    sale["total"]["currencyCode"] = json!("XQQ");
    let answer = grocer.sends("recordPurchase", "points", sale).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    let paid = json!({ "reference": "X", "amount": { "amount": "1.00", "currencyCode": "XQQ" },
        "paidOn": "2026-03-02", "idempotencyKey": "k" });
    let answer = world.operator.sends("recordSettlementPayment", "isReplayed", paid).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    world.closes().await;
}

#[tokio::test]
async fn a_suspended_partner_sells_nothing_and_still_takes_goods_back() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let sale = grocer
        .does("recordPurchase", "purchase { id }", receipt("R1", "C1", "50.00", world.now()))
        .await;
    world
        .operator
        .does("suspendPartner", "partner { status }", json!({ "partnerId": grocer.id }))
        .await;
    let refused =
        grocer.is_refused("recordPurchase", receipt("R2", "C1", "50.00", world.now())).await;
    assert_eq!(refused.0, "PARTNER_SUSPENDED");
    let refused = grocer.is_refused("payWithPoints", payment("C1", 5, "k", world.now())).await;
    assert_eq!(refused.0, "PARTNER_SUSPENDED");
    let back = json!({ "purchaseId": sale["purchase"]["id"], "occurredAt": world.now(), "idempotencyKey": "r" });
    grocer.does("returnPurchase", "isReplayed", back).await;
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn only_operators_and_the_partner_itself_see_its_contract() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let query = "{ partner(by: { code: \"grocer\" }) { code contracts { nodes { version } } } }";
    assert_eq!(grocer.asks(query).await["partner"]["contracts"]["nodes"][0]["version"], 1);
    let answer = fuel.posts(query, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(answer["data"]["partner"]["contracts"], json!(null));
    world.closes().await;
}

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

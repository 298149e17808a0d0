//! Receipts: recorded once, priced alike, refused precisely, returned never beyond what was bought.

use serde_json::json;

use crate::support::{World, code, payment, receipt};

const RECORDED: &str = "purchase { id } points isReplayed";

#[tokio::test]
async fn a_receipt_earns_once_however_often_the_till_sends_it() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let sale = receipt("R1", "C1", "120.50", world.now());

    let (first, second) = tokio::join!(
        grocer.does("recordPurchase", RECORDED, sale.clone()),
        grocer.does("recordPurchase", RECORDED, sale.clone()),
    );
    let again = grocer.does("recordPurchase", RECORDED, sale).await;

    assert_eq!((&first["points"], &second["points"]), (&json!(120), &json!(120)));
    assert_eq!(first["purchase"]["id"], second["purchase"]["id"]);
    assert_eq!(again["isReplayed"], true);
    assert_eq!(world.wallet(&ana).await, [120, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_receipt_number_with_other_content_is_refused() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", RECORDED, receipt("R1", "C1", "10.00", world.now())).await;
    let refusal =
        grocer.is_refused("recordPurchase", receipt("R1", "C1", "11.00", world.now())).await;
    assert_eq!(refusal, ("RECEIPT_REUSED".to_owned(), "receiptNumber".to_owned()));
    assert_eq!(world.wallet(&ana).await, [10, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn bad_receipts_are_refused_by_field_and_write_nothing() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let good = receipt("R1", "C1", "10.00", world.now());
    let cases = [
        ("/total/amount", json!("11.00"), "TOTAL_MISMATCH", "total"),
        ("/total/currencyCode", json!("USD"), "CURRENCY_MISMATCH", "total.currencyCode"),
        ("/lines/0/amount", json!("-1"), "AMOUNT_INVALID", "lines.0.amount"),
        ("/lines/0/amount", json!("1.001"), "AMOUNT_INVALID", "lines.0.amount"),
        ("/lines/0/quantity", json!(-1), "QUANTITY_INVALID", "lines.0.quantity"),
        ("/lines/0/quantity", json!(1_000_000_001), "QUANTITY_INVALID", "lines.0.quantity"),
        ("/lines/0/sku", json!(""), "LINE_INVALID", "lines.0.sku"),
        ("/lines", json!([]), "LINES_MISSING", "lines"),
        ("/receiptNumber", json!(" "), "RECEIPT_NUMBER_INVALID", "receiptNumber"),
        ("/occurredAt", json!("2026-03-02T09:05:01Z"), "OCCURRED_IN_FUTURE", "occurredAt"),
        ("/occurredAt", json!("2025-12-01T00:00:00Z"), "OCCURRED_TOO_LONG_AGO", "occurredAt"),
    ];
    for (pointer, value, code, path) in cases {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let refusal = grocer.is_refused("recordPurchase", bad).await;
        assert_eq!(refusal, (code.to_owned(), path.to_owned()), "{pointer}");
    }
    let mut elsewhere = good.clone();
    elsewhere["storeCode"] = json!("77");
    assert_eq!(grocer.is_refused("recordPurchase", elsewhere).await.0, "STORE_NOT_FOUND");
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_batch_is_answered_item_by_item_in_order() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let mut bad = receipt("R2", "C1", "5.00", world.now());
    bad["total"]["amount"] = json!("6.00");
    let batch = [
        receipt("R1", "C1", "10.00", world.now()),
        bad,
        receipt("R1", "C1", "10.00", world.now()),
        receipt("R3", "C1", "20.00", world.now()),
    ];
    let document = "mutation($input: RecordPurchasesInput!) { recordPurchases(input: $input) {
        results { points isReplayed userErrors { code path } } } }";
    let answer = grocer.posts(document, json!({ "input": { "purchases": batch } })).await;
    let results = &answer["data"]["recordPurchases"]["results"];
    let points: Vec<_> =
        results.as_array().unwrap().iter().map(|one| one["points"].clone()).collect();
    assert_eq!(points, [json!(10), json!(0), json!(10), json!(20)]);
    assert_eq!(
        (code(&results[1]), &results[2]["isReplayed"]),
        ("TOTAL_MISMATCH".to_owned(), &json!(true))
    );
    assert_eq!(world.wallet(&ana).await, [30, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_return_takes_back_what_the_goods_had_earned_and_no_more() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let sale =
        grocer.does("recordPurchase", RECORDED, receipt("R1", "C1", "100.00", world.now())).await;
    let back = |quantity: i64, key: &str| {
        json!({ "purchaseId": sale["purchase"]["id"], "occurredAt": world.now(), "idempotencyKey": key,
            "lines": [{ "line": 0, "quantity": quantity }] })
    };
    let result = "purchaseReturn { points amount { amount } } isReplayed";
    let half = grocer.does("returnPurchase", result, back(1, "k1")).await;
    assert_eq!(half["purchaseReturn"], json!({ "points": 50, "amount": { "amount": "50.00" } }));
    assert_eq!(grocer.does("returnPurchase", result, back(1, "k1")).await["isReplayed"], true);
    assert_eq!(world.wallet(&ana).await, [50, 0, 0, 0]);

    let refused = grocer.is_refused("returnPurchase", back(2, "k2")).await;
    assert_eq!(refused, ("RETURN_EXCEEDS_PURCHASE".to_owned(), "lines.0.quantity".to_owned()));
    assert_eq!(
        grocer.is_refused("returnPurchase", back(2, "k1")).await.0,
        "IDEMPOTENCY_KEY_REUSED"
    );
    grocer.does("returnPurchase", result, back(1, "k3")).await;
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_household_gives_back_what_its_member_had_spent_and_not_what_had_expired() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let sale = receipt("R1", "C1", "100.00", world.now());
    let sale = grocer.does("recordPurchase", "purchase { id }", sale).await;
    grocer.does("payWithPoints", "isReplayed", payment("C1", 40, "k1", world.now())).await;
    world.days_pass(400).await;
    grocer.does("recordPurchase", "points", receipt("R2", "C2", "200.00", world.now())).await;
    let pool = json!({ "memberIds": [ana.id, bob.id] });
    world.operator.does("poolHousehold", "household { id }", pool).await;
    let back = json!({ "purchaseId": sale["purchase"]["id"], "occurredAt": world.now(), "idempotencyKey": "k2" });
    grocer.does("returnPurchase", "isReplayed", back).await;
    assert_eq!(world.wallet(&ana).await, [160, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_receipt_without_a_member_waits_to_be_claimed_by_its_card() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let kept =
        grocer.does("recordPurchase", RECORDED, receipt("R1", "C9", "40.00", world.now())).await;
    assert_eq!(kept["points"], 0);

    let ana = world.member("C9").await;
    let claim = json!({ "member": { "cardNumber": "C9" } });
    let claimed =
        ana.does("claimPurchases", "purchases { receiptNumber points }", claim.clone()).await;
    assert_eq!(claimed["purchases"], json!([{ "receiptNumber": "R1", "points": 40 }]));
    assert_eq!(ana.does("claimPurchases", "purchases { id }", claim).await["purchases"], json!([]));
    assert_eq!(world.wallet(&ana).await, [40, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn another_partner_s_receipt_is_as_one_that_does_not_exist() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    let sale =
        grocer.does("recordPurchase", RECORDED, receipt("R1", "C1", "10.00", world.now())).await;
    let id = sale["purchase"]["id"].as_str().unwrap();
    let query = format!("{{ purchase(by: {{ id: \"{id}\" }}) {{ id }} }}");
    assert_eq!(grocer.asks(&query).await["purchase"]["id"], id);
    assert_eq!(fuel.asks(&query).await["purchase"], json!(null));
    let back = json!({ "purchaseId": id, "occurredAt": world.now(), "idempotencyKey": "k" });
    assert_eq!(fuel.is_refused("returnPurchase", back).await.0, "PURCHASE_NOT_FOUND");
    world.closes().await;
}

#[tokio::test]
async fn a_till_that_restarts_its_numbers_each_day_names_receipts_by_store_and_day() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner_by("grocer", "STORE_DAY").await, world.member("C1").await);
    for code in ["1", "2"] {
        let store = json!({ "partnerId": grocer.id, "code": code, "name": code });
        world.operator.does("addStore", "store { id }", store).await;
    }
    let at = |store: &str, amount: &str| {
        let mut sale = receipt("17", "C1", amount, world.now());
        sale["storeCode"] = json!(store);
        sale
    };
    grocer.does("recordPurchase", "points", at("1", "10.00")).await;
    grocer.does("recordPurchase", "points", at("2", "20.00")).await;
    let again = grocer.is_refused("recordPurchase", at("1", "11.00")).await;
    assert_eq!(again, ("RECEIPT_REUSED".to_owned(), "receiptNumber".to_owned()));
    world.days_pass(1).await;
    grocer.does("recordPurchase", "points", at("1", "11.00")).await;
    let nowhere = receipt("17", "C1", "1.00", world.now());
    let nowhere = grocer.is_refused("recordPurchase", nowhere).await;
    assert_eq!(nowhere, ("STORE_REQUIRED".to_owned(), "storeCode".to_owned()));
    assert_eq!(world.wallet(&ana).await, [41, 0, 0, 0]);
    world.closes().await;
}

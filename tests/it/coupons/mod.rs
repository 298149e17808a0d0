//! What takes something off a sale: drafted and given out, quoted, used with the receipt, given back.

mod audience;
mod races;
mod refusals;

use serde_json::{Value, json};

use crate::support::{Caller, World, receipt};

/// What a plain coupon says: ten per cent off everything.
pub(crate) fn terms() -> Value {
    json!({ "names": [{ "language": "en", "name": "Ten off" }, { "language": "de-AT", "name": "Zehn weniger" }],
        "benefit": { "shareBp": 1000 }, "isStackable": true })
}

pub(crate) fn with(mut wish: Value, field: &str, value: Value) -> Value {
    wish[field] = value;
    wish
}

/// A coupon of that code, typed in capital letters.
pub(crate) fn draft(code: &str, terms: Value) -> Value {
    json!({ "code": code, "distribution": "SHARED_CODE", "sharedCode": code, "terms": terms })
}

pub(crate) async fn turns(writer: &Caller, id: &str, version: i32, status: &str) -> Value {
    let wish = json!({ "couponId": id, "expectedVersion": version, "status": status });
    writer.does("setCouponStatus", "coupon { status version }", wish).await["coupon"].clone()
}

pub(crate) async fn drafts(writer: &Caller, wish: Value) -> String {
    let drafted = writer.does("draftCoupon", "coupon { id status version }", wish).await;
    assert_eq!(drafted["coupon"]["status"], "DRAFT");
    drafted["coupon"]["id"].as_str().unwrap().to_owned()
}

/// Drafts and launches it, and says its id.
pub(crate) async fn launches(writer: &Caller, wish: Value) -> String {
    let id = drafts(writer, wish).await;
    turns(writer, &id, 1, "LIVE").await;
    id
}

/// A coupon of single-use codes, and some of them.
pub(crate) async fn codes(
    writer: &Caller,
    code: &str,
    terms: Value,
    count: usize,
) -> (String, Vec<String>) {
    let wish = json!({ "code": code, "distribution": "SINGLE_USE_CODES", "terms": terms });
    let id = launches(writer, wish).await;
    let wish = json!({ "couponId": id, "batch": "first", "count": count });
    let made = writer.does("makeCouponCodes", "codes", wish).await["codes"].clone();
    (id, serde_json::from_value(made).unwrap())
}

/// A sale at prices before coupons, with coupons that are typed.
pub(crate) fn sale(world: &World, number: &str, card: &str, amount: &str, typed: &[&str]) -> Value {
    let typed: Vec<Value> = typed.iter().map(|code| json!({ "code": code })).collect();
    with(receipt(number, card, amount, world.now()), "coupons", json!(typed))
}

const QUOTE: &str = "query($input: RecordPurchaseInput!) { quotePurchase(input: $input) { quote {
    toPay { amount } earning { points couponFactorBp } coupons { coupon { code } discount { amount } factorBp
      lines { line discount { amount } } refusal { code message path } } } userErrors { code path } } }";

/// The quote of a sale.
pub(crate) async fn quoted(till: &Caller, sale: Value) -> Value {
    let answer = till.posts(QUOTE, json!({ "input": sale })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    assert_eq!(answer["data"]["quotePurchase"]["userErrors"], json!([]));
    answer["data"]["quotePurchase"]["quote"].clone()
}

pub(crate) const USED: &str = "points isReplayed purchase { id total { amount } coupons { outcome coupon { code }
    version code discount { amount } lines { line discount { amount } } returnedDiscount { amount } factorBp
    refusal { code message path } givenBackAt } }";

/// What became of the coupons of a sale that is recorded.
pub(crate) async fn records(till: &Caller, sale: Value) -> Value {
    till.does("recordPurchase", USED, sale).await
}

/// A use of a coupon, with a code that is made and used.
pub(crate) async fn uses_one(world: &World, grocer: &Caller) {
    let (_, codes) = codes(&world.operator, "single", terms(), 2).await;
    let recorded = records(grocer, sale(world, "CPN1", "C1", "10.00", &[&codes[0]])).await;
    assert_eq!(recorded["purchase"]["coupons"][0]["outcome"], "REDEEMED");
}

/// A code that is used, given back, and used again, by somebody who is no member.
pub(crate) async fn uses_again(world: &World, grocer: &Caller) {
    let once = with(terms(), "usesMax", json!(1));
    let (_, codes) = codes(&world.operator, "again", once, 1).await;
    for (number, is_back) in [("CPN1", true), ("CPN2", false)] {
        let recorded = records(grocer, sale(world, number, "C9", "10.00", &[&codes[0]])).await;
        assert_eq!(recorded["purchase"]["coupons"][0]["outcome"], "REDEEMED");
        let back = json!({ "purchaseId": recorded["purchase"]["id"], "occurredAt": world.now(),
            "idempotencyKey": number });
        if is_back {
            grocer.does("returnPurchase", "isReplayed", back).await;
        }
    }
}

async fn uses(world: &World, id: &str) -> i64 {
    let seen = world.operator.asks(&format!("{{ coupon(id: \"{id}\") {{ uses }} }}")).await;
    seen["coupon"]["uses"].as_i64().unwrap()
}

#[tokio::test]
async fn a_quote_says_what_a_coupon_takes_off_and_the_sale_then_uses_it_once() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let id = launches(&world.operator, draft("spring", terms())).await;
    let mut basket = sale(&world, "R1", "C1", "10.00", &["Spring"]);
    basket["lines"] = json!([{ "sku": "A", "amount": "3.33" }, { "sku": "B", "amount": "3.33" },
        { "sku": "C", "amount": "3.34" }]);
    let quote = quoted(&till, basket.clone()).await;
    assert_eq!(
        (&quote["toPay"]["amount"], &quote["earning"]["points"]),
        (&json!("9.00"), &json!(9))
    );
    let lines = json!([{ "line": 0, "discount": { "amount": "0.33" } },
        { "line": 1, "discount": { "amount": "0.33" } }, { "line": 2, "discount": { "amount": "0.34" } }]);
    assert_eq!(
        quote["coupons"],
        json!([{ "coupon": { "code": "spring" }, "discount": { "amount": "1.00" },
        "factorBp": null, "lines": lines, "refusal": null }])
    );
    assert_eq!(uses(&world, &id).await, 0, "a quote writes nothing");

    basket["total"]["amount"] = json!("9.00");
    basket["lines"] = json!([{ "sku": "A", "amount": "3.00", "couponDiscount": "0.33" },
        { "sku": "B", "amount": "3.00", "couponDiscount": "0.33" },
        { "sku": "C", "amount": "3.00", "couponDiscount": "0.34" }]);
    assert_eq!(
        quoted(&till, basket.clone()).await,
        quote,
        "the receipt is quoted as the basket was"
    );
    let recorded = records(&till, basket.clone()).await;
    assert_eq!(
        (&recorded["points"], &recorded["purchase"]["total"]["amount"]),
        (&json!(9), &json!("9.00"))
    );
    let used = &recorded["purchase"]["coupons"];
    assert_eq!(
        used,
        &json!([{ "outcome": "REDEEMED", "coupon": { "code": "spring" }, "version": 2,
        "code": null, "discount": { "amount": "1.00" }, "lines": lines,
        "returnedDiscount": { "amount": "0.00" }, "factorBp": null, "refusal": null, "givenBackAt": null }])
    );
    let again = records(&till, basket.clone()).await;
    assert_eq!((&again["isReplayed"], &again["purchase"]["coupons"]), (&json!(true), used));
    assert_eq!(uses(&world, &id).await, 1);
    basket["coupons"] = json!([]);
    assert_eq!(till.is_refused("recordPurchase", basket).await.0, "RECEIPT_REUSED");

    let seen = world
        .operator
        .asks(&format!(
            "{{ coupon(id: \"{id}\") {{ sharedCode redemptions {{ nodes {{
        outcome member {{ id }} purchase {{ receiptNumber }} discount {{ amount }} }} }} }} }}"
        ))
        .await;
    assert_eq!(
        seen["coupon"],
        json!({ "sharedCode": "SPRING", "redemptions": { "nodes": [{
        "outcome": "REDEEMED", "member": { "id": ana.id }, "purchase": { "receiptNumber": "R1" },
        "discount": { "amount": "1.00" } }] } })
    );
    world.closes().await;
}

#[tokio::test]
async fn a_multiplier_of_points_is_in_what_the_receipt_earns_and_explained() {
    let world = World::new().await;
    let (till, ana) = (world.partner("grocer").await, world.member("C1").await);
    let double = with(terms(), "benefit", json!({ "factorBp": 20000 }));
    let id = launches(&world.operator, draft("double", double)).await;
    let basket = sale(&world, "R1", "C1", "10.00", &["double"]);
    let quote = quoted(&till, basket.clone()).await;
    assert_eq!(
        (&quote["toPay"]["amount"], &quote["earning"]["points"]),
        (&json!("10.00"), &json!(20))
    );
    assert_eq!(
        (&quote["earning"]["couponFactorBp"], &quote["coupons"][0]["factorBp"]),
        (&json!(20000), &json!(20000))
    );
    let recorded = records(&till, basket).await;
    assert_eq!(recorded["points"], 20);
    assert_eq!(world.wallet(&ana).await, [20, 0, 0, 0]);
    let purchase = &recorded["purchase"]["id"];
    let back = json!({ "purchaseId": purchase, "occurredAt": world.now(), "idempotencyKey": "b",
        "lines": [{ "line": 0, "quantity": 1 }] });
    till.does("returnPurchase", "isReplayed", back).await;
    assert_eq!((world.wallet(&ana).await[0], uses(&world, &id).await), (10, 1));
    let rest = json!({ "purchaseId": purchase, "occurredAt": world.now(), "idempotencyKey": "c" });
    till.does("returnPurchase", "isReplayed", rest).await;
    assert_eq!((world.wallet(&ana).await[0], uses(&world, &id).await), (0, 0));

    let kept = records(&till, sale(&world, "R2", "C9", "10.00", &["double"])).await;
    assert_eq!(kept["points"], 0, "nobody has that card yet");
    let bea = world.member("C9").await;
    let claim = json!({ "member": { "cardNumber": "C9" } });
    world.operator.does("claimPurchases", "member { id }", claim).await;
    assert_eq!(world.wallet(&bea).await[0], 20, "claimed later, it earns as it was sold");
    world.closes().await;
}

#[tokio::test]
async fn a_use_is_given_back_when_all_that_it_covered_came_back() {
    let world = World::new().await;
    let (till, _) = (world.partner("grocer").await, world.member("C1").await);
    let off = with(terms(), "benefit", json!({ "amount": "1.00" }));
    let off = with(off, "scope", json!({ "skus": ["MUG"] }));
    let (id, codes) = codes(&world.operator, "mugs", off, 1).await;
    let mut basket = sale(&world, "R1", "C1", "29.00", &[&codes[0]]);
    basket["lines"] = json!([{ "sku": "TEA", "amount": "20.00" },
        { "sku": "MUG", "quantity": 2, "amount": "9.00", "couponDiscount": "1.00" }]);
    let recorded = records(&till, basket).await;
    let purchase = recorded["purchase"]["id"].clone();
    assert_eq!(recorded["purchase"]["coupons"][0]["code"], json!(codes[0]));
    let used = "purchase { coupons { outcome returnedDiscount { amount } } }";
    let back = |key: &str, line: i32, quantity: Option<i64>| {
        json!({ "purchaseId": purchase,
        "occurredAt": world.now(), "idempotencyKey": key, "lines": [{ "line": line, "quantity": quantity }] })
    };
    for (key, line, quantity, outcome, amount) in [
        ("tea", 0, None, "REDEEMED", "0.00"),
        ("one", 1, Some(1), "REDEEMED", "0.50"),
        ("two", 1, Some(1), "GIVEN_BACK", "1.00"),
    ] {
        let told = till.does("returnPurchase", used, back(key, line, quantity)).await;
        let expected = json!([{ "outcome": outcome, "returnedDiscount": { "amount": amount } }]);
        assert_eq!(told["purchase"]["coupons"], expected, "{key}");
        let again = till.does("returnPurchase", used, back(key, line, quantity)).await;
        assert_eq!(again["purchase"]["coupons"], expected, "{key}");
    }
    assert_eq!(uses(&world, &id).await, 0);
    let mut next = sale(&world, "R2", "C1", "10.00", &[&codes[0]]);
    next["lines"][0]["sku"] = json!("MUG");
    let recorded = records(&till, next).await;
    assert_eq!(recorded["purchase"]["coupons"][0]["outcome"], "REDEEMED", "its code is good again");
    world.closes().await;
}

#[tokio::test]
async fn coupons_are_used_in_one_order_however_they_were_named() {
    let world = World::new().await;
    let (till, _) = (world.partner("grocer").await, world.member("C1").await);
    launches(&world.operator, draft("half", with(terms(), "benefit", json!({ "shareBp": 5000 }))))
        .await;
    launches(&world.operator, draft("five", with(terms(), "benefit", json!({ "amount": "5.00" }))))
        .await;
    let free = with(terms(), "benefit", json!({ "freeSku": "A1" }));
    launches(&world.operator, draft("free", free)).await;
    let discount =
        |quote: &Value, place: usize| quote["coupons"][place]["discount"]["amount"].clone();
    let quote = quoted(&till, sale(&world, "R1", "C1", "20.00", &["half", "five", "free"])).await;
    assert_eq!([0, 1, 2].map(|place| discount(&quote, place)), ["2.50", "5.00", "10.00"]);
    let quote = quoted(&till, sale(&world, "R1", "C1", "20.00", &["free", "half", "five"])).await;
    assert_eq!([0, 1, 2].map(|place| discount(&quote, place)), ["10.00", "2.50", "5.00"]);
    assert_eq!(quote["toPay"]["amount"], "2.50");
    world.closes().await;
}

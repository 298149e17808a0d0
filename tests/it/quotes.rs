//! A quote tells beforehand what a sale will do, and does nothing.

use serde_json::{Value, json};

use crate::support::{Caller, World, code, receipt};

const QUOTE: &str = "query($input: RecordPurchaseInput!) { quotePurchase(input: $input) {
    quote { earning { points } availableAt expiresAt availablePoints } userErrors { code path } } }";

async fn quoted(till: &Caller, sale: Value) -> Value {
    let answer = till.posts(QUOTE, json!({ "input": sale })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["quotePurchase"].clone()
}

#[tokio::test]
async fn what_is_quoted_is_what_the_sale_then_earns() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R0", "C1", "30.00", world.now())).await;
    let mut sale = receipt("R1", "C1", "99.99", world.now());
    sale["lines"] = json!([{ "sku": "A", "amount": "50.49" },
        { "sku": "B", "category": "TOBACCO", "amount": "49.50" }]);

    let quote = quoted(&grocer, sale.clone()).await["quote"].clone();
    assert_eq!(quote["earning"]["points"], 50);
    assert_eq!(quote["availablePoints"], 30);
    assert_eq!(world.wallet(&ana).await, [30, 0, 0, 0]);

    let lots = "purchase { entries { lotsMade { quantity availableAt expiresAt } } }";
    let recorded = grocer.does("recordPurchase", lots, sale).await;
    let lot = &recorded["purchase"]["entries"][0]["lotsMade"][0];
    assert_eq!(lot["quantity"], quote["earning"]["points"]);
    assert_eq!(lot["availableAt"], quote["availableAt"]);
    assert_eq!(lot["expiresAt"], quote["expiresAt"]);
    world.closes().await;
}

#[tokio::test]
async fn a_quote_is_refused_as_the_sale_would_be() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let mut bad = receipt("R1", "C1", "10.00", world.now());
    bad["total"]["amount"] = json!("11.00");
    let refused = quoted(&grocer, bad.clone()).await;
    assert_eq!((code(&refused), &refused["quote"]), ("TOTAL_MISMATCH".to_owned(), &json!(null)));
    assert_eq!(refused["userErrors"][0]["path"], json!(["total"]));

    world.operator.does("closeMember", "member { id }", json!({ "memberId": ana.id })).await;
    let sale = receipt("R1", "C1", "10.00", world.now());
    assert_eq!(code(&quoted(&grocer, sale.clone()).await), "MEMBER_CLOSED");
    assert_eq!(grocer.is_refused("recordPurchase", sale).await.0, "MEMBER_CLOSED");
    let strangers = receipt("R1", "C9", "10.00", world.now());
    assert_eq!(quoted(&grocer, strangers).await["quote"]["availablePoints"], json!(null));
    world.closes().await;
}

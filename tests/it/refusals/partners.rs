//! Partners, their roles, stores, contracts and clients.

use serde_json::json;

use super::{nothing, refusal};
use crate::support::{World, payment, receipt};

#[tokio::test]
async fn a_partner_without_a_role_or_a_contract() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "50.00", world.now())).await;
    let only = |is_issuer: bool, version: i32| {
        json!({ "partnerId": grocer.id, "expectedVersion": version,
            "roles": { "isIssuer": is_issuer, "isAcceptor": !is_issuer } })
    };
    world.operator.does("updatePartner", "partner { version }", only(true, 1)).await;
    let refused = grocer.is_refused("payWithPoints", payment("C1", 5, "p", world.now())).await;
    assert_eq!(refused.0, "PARTNER_ROLE_MISSING");
    world.operator.does("updatePartner", "partner { version }", only(false, 2)).await;
    let sale = receipt("R2", "C1", "5.00", world.now());
    assert_eq!(grocer.is_refused("recordPurchase", sale).await.0, "PARTNER_ROLE_MISSING");

    let newcomer = world.partner_without_contract("newcomer").await;
    let sale = receipt("R1", "C1", "5.00", world.now());
    assert_eq!(newcomer.is_refused("recordPurchase", sale).await.0, "CONTRACT_MISSING");
    world.closes().await;
}

#[tokio::test]
async fn stores_that_are_another_s_closed_or_missing() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let operator = &world.operator;
    let store = |of: &str, code: &str| json!({ "partnerId": of, "code": code, "name": code });
    operator.does("addStore", "store { id }", store(&fuel.id, "7")).await;
    let own = operator.does("addStore", "store { id }", store(&grocer.id, "8")).await;
    let at = |code: &str| {
        let mut sale = receipt("R1", "C1", "5.00", world.now());
        sale["storeCode"] = json!(code);
        sale
    };
    let refused = grocer.is_refused("recordPurchase", at("7")).await;
    assert_eq!(refused, refusal("STORE_NOT_FOUND", "storeCode"));
    operator.does("closeStore", "store { id }", json!({ "storeId": own["store"]["id"] })).await;
    let refused = grocer.is_refused("recordPurchase", at("8")).await;
    assert_eq!(refused, refusal("STORE_CLOSED", "storeCode"));
    let refused = operator.is_refused("closeStore", json!({ "storeId": nothing("sto") })).await;
    assert_eq!(refused, refusal("STORE_NOT_FOUND", "storeId"));

    let tills = world.partner_by_store("tills").await;
    let sale = receipt("R1", "C1", "5.00", world.now());
    assert_eq!(
        tills.is_refused("recordPurchase", sale).await,
        refusal("STORE_REQUIRED", "storeCode")
    );
    world.closes().await;
}

#[tokio::test]
async fn what_an_operator_gets_wrong() {
    let world = World::new().await;
    let (grocer, operator) = (world.partner("grocer").await, &world.operator);
    let onboard = json!({ "code": "x", "name": " ", "receiptScope": "PARTNER",
        "roles": { "isIssuer": true, "isAcceptor": true }, "baseRateMillipoints": 1000 });
    assert_eq!(
        operator.is_refused("onboardPartner", onboard).await,
        refusal("NAME_INVALID", "name")
    );
    let client = |scope: &str| json!({ "partnerId": grocer.id, "name": "till", "scopes": [scope] });
    let refused = operator.is_refused("registerApiClient", client("everything:do")).await;
    assert_eq!(refused, refusal("SCOPE_UNKNOWN", "scopes.0"));
    let of_nobody =
        json!({ "partnerId": nothing("ptn"), "name": "till", "scopes": ["members:read"] });
    let refused = operator.is_refused("registerApiClient", of_nobody).await;
    assert_eq!(refused, refusal("PARTNER_NOT_FOUND", "partnerId"));
    let refused =
        operator.is_refused("revokeApiClient", json!({ "apiClientId": nothing("cli") })).await;
    assert_eq!(refused, refusal("API_CLIENT_NOT_FOUND", "apiClientId"));
    let refused =
        operator.is_refused("approveAdjustment", json!({ "adjustmentId": nothing("adj") })).await;
    assert_eq!(refused, refusal("ADJUSTMENT_NOT_FOUND", "adjustmentId"));
    world.closes().await;
}

#[tokio::test]
async fn an_adjustment_needs_a_reason_and_is_decided_once() {
    let world = World::new().await;
    let (ana, second) = (world.member("C1").await, world.second_operator().await);
    let adjust = |reason: &str| json!({ "memberId": ana.id, "points": 7, "reason": reason, "idempotencyKey": "a" });
    let refused = world.operator.is_refused("adjustPoints", adjust(" ")).await;
    assert_eq!(refused, refusal("REASON_INVALID", "reason"));
    let proposed = world.operator.does("adjustPoints", "adjustment { id }", adjust("sorry")).await;
    let decision = json!({ "adjustmentId": proposed["adjustment"]["id"] });
    second.does("rejectAdjustment", "adjustment { id }", decision.clone()).await;
    let refused = second.is_refused("approveAdjustment", decision).await.0;
    assert_eq!(refused, "ADJUSTMENT_ALREADY_DECIDED");
    world.closes().await;
}

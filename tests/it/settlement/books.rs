//! The money books follow the ledger, whatever the order in which its facts come.

use serde_json::json;

use crate::support::{Caller, World, payment, receipt};

pub(super) async fn sells(
    till: &Caller,
    world: &World,
    number: &str,
    card: &str,
) -> serde_json::Value {
    let sale = receipt(number, card, "100.00", world.now());
    till.does("recordPurchase", "purchase { id }", sale).await["purchase"]["id"].clone()
}

/// A partner that pays for its points when they are burned.
pub(super) async fn at_burn(world: &World, code: &str, price: &str) -> Caller {
    let partner = world.partner_without_contract(code).await;
    let terms = json!({ "partnerId": partner.id, "validFrom": "2026-01-01T00:00:00Z",
        "funding": "AT_BURN", "issuePrice": price, "acceptancePrice": "0.009",
        "serviceFeeBp": 0, "breakageShareBp": 0, "onUs": "FULL", "paymentDays": 14,
        "disputeDays": 14, "taxCode": "STD" });
    world.operator.does("signContract", "contract { version }", terms).await;
    partner
}

/// What the programme's accounts hold, as the command line tells it.
async fn accounts(world: &World) -> String {
    let services = &world.gateway.services;
    services.sequence().await.unwrap();
    services.settlement.catch_up(world.programme).await.unwrap();
    let system = service::Actor::system(world.programme);
    let cycles = services.settlement.cycles_until(&system, None).await.unwrap();
    let told = cycles.last().unwrap().accounts.iter().filter_map(|(account, balance)| {
        use service::settlement::core::Account;
        match account {
            Account::Own(own) => Some(format!("{} {balance}", own.name())),
            Account::Payable(_) => None,
        }
    });
    told.collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn what_a_household_takes_over_is_filled_from_its_points_whichever_fact_comes_first() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let ana = world.member("C1").await;
    let pool = json!({ "memberIds": [ana.id] });
    let pooled = world.operator.does("poolHousehold", "household { id }", pool).await;
    sells(&fuel, &world, "F1", "C1").await;
    // Whoever comes later has a wallet whose facts come later.
    world.seconds_pass(1);
    let ben = world.member("C2").await;
    let sold = sells(&grocer, &world, "R1", "C2").await;
    fuel.does("payWithPoints", "isReplayed", payment("C2", 60, "p", world.now())).await;
    let back = json!({ "purchaseId": sold, "occurredAt": world.now(), "idempotencyKey": "b" });
    grocer.does("returnPurchase", "purchaseReturn { points }", back).await;
    assert_eq!(world.wallet(&ben).await, [0, 0, 0, 60]);
    let owed = accounts(&world).await;
    assert_eq!(owed, "RESERVE 1.2, CARRIED -0.72, MARGIN 0.18, FEES 0.012");
    let join = json!({ "householdId": pooled["household"]["id"], "memberIds": [ben.id] });
    world.operator.does("poolHousehold", "household { id }", join).await;
    assert_eq!(world.wallet(&ben).await, [40, 0, 0, 0]);
    assert_eq!(accounts(&world).await, "RESERVE 0.48, MARGIN 0.18, FEES 0.012");
    world.closes().await;
}

/// Points that are with somebody else when their goods come back are billed once, to whoever stood in.
#[tokio::test]
async fn what_was_given_away_is_billed_once_though_its_goods_come_back() {
    let world = World::new().await;
    let (fuel, bakery) = (world.partner("fuel").await, at_burn(&world, "bakery", "0.010").await);
    let (ana, ben) = (world.member("C1").await, world.member("C2").await);
    let sold = sells(&bakery, &world, "B1", "C1").await;
    let gift = json!({ "to": { "cardNumber": "C2" }, "points": 100, "idempotencyKey": "g" });
    ana.does("transferPoints", "isReplayed", gift).await;
    let back = json!({ "purchaseId": sold, "occurredAt": world.now(), "idempotencyKey": "b" });
    bakery.does("returnPurchase", "purchaseReturn { points }", back).await;
    sells(&fuel, &world, "F1", "C1").await;
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    // Fuel paid 1.20 for what stood in; the bakery was never billed, and is given nothing back.
    assert_eq!(accounts(&world).await, "MARGIN 1.2, FEES 0.012");
    fuel.does("payWithPoints", "isReplayed", payment("C2", 100, "p", world.now())).await;
    assert_eq!(world.wallet(&ben).await, [0, 0, 0, 0]);
    // The bakery's points are burned now: billed to it, and given back at once.
    assert_eq!(accounts(&world).await, "MARGIN 0.3, FEES 0.012");
    world.closes().await;
}

//! The money books follow the ledger, whatever the order in which its facts come.

use serde_json::json;

use crate::support::{Caller, World, payment, receipt};

async fn sells(till: &Caller, world: &World, number: &str, card: &str) -> serde_json::Value {
    let sale = receipt(number, card, "100.00", world.now());
    till.does("recordPurchase", "purchase { id }", sale).await["purchase"]["id"].clone()
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

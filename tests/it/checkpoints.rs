//! Checkpoints: totals are the same wherever the checkpoint is, whoever moves it on and however often
//! it dies at it; made again from the first fact it comes to the same.

use std::time::Duration;

use chrono::TimeDelta;
use entity::amount::Points;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde_json::json;
use service::ledger::{Outstanding, PartnerTotals};
use service::programmes::Settings;
use service::{Actor, Scope, Services};

use crate::support::books::texts;
use crate::support::{Caller, World, payment, receipt};

/// What an operator is told of the books.
async fn told(world: &World) -> (Vec<PartnerTotals>, Outstanding) {
    let until = world.now() + TimeDelta::days(1);
    let operator = Actor::new(world.programme, world.operator.who, Scope::ALL.to_vec(), until);
    let ledger = &world.gateway.services.ledger;
    let totals = ledger.totals(&operator).await.unwrap();
    (totals, ledger.outstanding(&operator).await.unwrap())
}

/// The same as the programme's accounts: issued, accepted, what members have and owe, expired, adjusted.
async fn figures(world: &World) -> [i64; 8] {
    let (totals, all) = told(world).await;
    let issued = totals.iter().map(|partner| partner.issued).sum();
    let accepted = totals.iter().map(|partner| partner.accepted).sum();
    let members = [all.available, all.pending, all.held, all.debt];
    let [available, pending, held, debt] = members;
    [issued, accepted, available, pending, held, debt, all.expired, all.adjusted]
}

async fn sells(till: &Caller, number: &str, card: &str, world: &World) {
    till.does("recordPurchase", "points", receipt(number, card, "100.00", world.now())).await;
}

/// Where the checkpoint is, and its sums.
async fn checkpoint(database: &DatabaseConnection) -> Vec<String> {
    let mut rows = texts(database, "select 'at ' || position from checkpoint").await;
    let sums = "select account || ' ' || points from checkpoint_sum order by account, owner_id";
    rows.extend(texts(database, sums).await);
    rows
}

#[tokio::test]
async fn totals_are_the_same_wherever_the_checkpoint_is() {
    let adjustment_limit = Points::new(5).unwrap();
    let world =
        World::with(Settings { adjustment_limit, pending_days: 0, ..Settings::default() }).await;
    let (grocer, baker) = (world.partner("grocer").await, world.partner("baker").await);
    let ana = world.member("C1").await;
    let services = &world.gateway.services;
    assert_eq!(figures(&world).await, [0; 8]);
    sells(&grocer, "R1", "C1", &world).await;
    assert_eq!(figures(&world).await, [100, 0, 100, 0, 0, 0, 0, 0], "not yet sequenced");
    services.sequence().await.unwrap();
    assert_eq!(figures(&world).await, [100, 0, 100, 0, 0, 0, 0, 0], "after no checkpoint");
    assert_eq!(services.advance_checkpoints().await.unwrap(), 1);
    assert_eq!(figures(&world).await, [100, 0, 100, 0, 0, 0, 0, 0], "at the checkpoint");

    baker.does("payWithPoints", "isReplayed", payment("C1", 30, "p", world.now())).await;
    services.sequence().await.unwrap();
    let hold = json!({ "member": { "cardNumber": "C1" }, "points": 20, "idempotencyKey": "h" });
    grocer.does("placeHold", "hold { id }", hold).await;
    let gift = json!({ "memberId": ana.id, "points": 5, "reason": "sorry", "idempotencyKey": "a" });
    world.operator.does("adjustPoints", "adjustment { status }", gift).await;
    let parts = [100, 30, 55, 0, 20, 0, 0, 5];
    assert_eq!(figures(&world).await, parts, "before it, after it, and not yet sequenced");
    let before = told(&world).await;
    services.sequence().await.unwrap();
    assert_eq!(services.advance_checkpoints().await.unwrap(), 3);
    assert_eq!(services.advance_checkpoints().await.unwrap(), 0);
    assert_eq!(told(&world).await, before);
    world.closes().await;
}

#[tokio::test]
async fn a_checkpoint_made_again_from_the_first_fact_is_the_same() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    let services = &world.gateway.services;
    for sale in 0..3 {
        sells(&grocer, &format!("R{sale}"), "C1", &world).await;
        services.sequence().await.unwrap();
        services.advance_checkpoints().await.unwrap();
    }
    let database = Database::connect(world.books.url()).await.unwrap();
    let made = checkpoint(&database).await;
    assert_eq!(made, ["at 3", "AVAILABLE 300", "ISSUED -300"]);
    assert!(database.execute_unprepared("update checkpoint set position = 0").await.is_err());
    database.execute_unprepared("delete from checkpoint").await.unwrap();
    assert_eq!(checkpoint(&database).await, [""; 0], "its sums went with it");
    services.advance_checkpoints().await.unwrap();
    assert_eq!(checkpoint(&database).await, made);
    database.close().await.unwrap();
    world.closes().await;
}

#[tokio::test]
async fn a_gateway_moves_its_checkpoint_on_by_itself() {
    let mut world = World::new().await;
    world.gateway.works();
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    sells(&grocer, "R1", "C1", &world).await;
    let database = Database::connect(world.books.url()).await.unwrap();
    while checkpoint(&database).await != ["at 1", "AVAILABLE 100", "ISSUED -100"] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    database.close().await.unwrap();
    world.closes().await;
}

#[tokio::test]
async fn gateways_that_compete_and_die_take_each_fact_once() {
    let world = World::new().await;
    let mut other = world.opens_gateway().await;
    let grocer = world.partner("grocer").await;
    for card in ["C0", "C1", "C2"] {
        world.member(card).await;
    }
    let tills = async {
        let till = async |till: u32| {
            for sale in 0..12 {
                let card = format!("C{}", (till + sale) % 3);
                sells(&grocer, &format!("R{till}-{sale}"), &card, &world).await;
            }
        };
        tokio::join!(till(0), till(1), till(2));
    };
    tokio::select! {
        () = tills => {}
        () = dies_again_and_again(&world.gateway.services, 1) => {}
        () = dies_again_and_again(&other.services, 3) => {}
    }
    world.gateway.services.sequence().await.unwrap();
    assert_eq!(figures(&world).await[..3], [3_600, 0, 3_600]);
    while world.gateway.services.advance_checkpoints().await.unwrap() > 0 {}
    assert_eq!(figures(&world).await[..3], [3_600, 0, 3_600]);
    let database = Database::connect(world.books.url()).await.unwrap();
    assert_eq!(
        checkpoint(&database).await,
        ["at 36", "AVAILABLE 3600", "ISSUED -3600"],
        "each fact is in the sums"
    );
    database.close().await.unwrap();
    other.stops().await;
    world.closes().await;
}

/// Sequences and moves the checkpoint on, and is killed in the middle of it.
async fn dies_again_and_again(services: &Services, step: u64) {
    for round in 0_u64.. {
        let services = services.clone();
        let worker = tokio::spawn(async move {
            services.sequence().await?;
            services.advance_checkpoints().await
        });
        tokio::time::sleep(Duration::from_micros(round * step * 400 % 9_000)).await;
        worker.abort();
        // Aborted, done, or told that another was faster: any end will do.
        let _ = worker.await;
    }
}

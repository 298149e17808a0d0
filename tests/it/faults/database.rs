//! The database goes away in the middle of what it does, and comes back.

use std::time::{Duration, Instant};

use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use serde_json::json;
use service::Location;

use super::{assert_unknown, status, until_status};
use crate::support::listener::Over;
use crate::support::wire::{Break, Wire};
use crate::support::{World, payment, receipt};

/// Around the commit nobody can know; before it, nobody needs to: it is done on another connection.
const BREAKS: [Break; 3] =
    [Break::Before("COMMIT"), Break::After("COMMIT"), Break::Before("insert into entry")];

/// SQLite has no wire to cut: its commit is a call that returns.
#[tokio::test]
async fn what_is_sent_again_when_the_answer_was_lost_is_done_once() {
    for at in BREAKS {
        let world = World::new().await;
        if let Some(wire) = Wire::to(&world.books.location()).await {
            lose_answers(&world, &wire, at).await;
        }
        world.closes().await;
    }
}

async fn lose_answers(world: &World, wire: &Wire, at: Break) {
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let old = receipt("R0", "C1", "100.00", world.now());
    let old = grocer.does("recordPurchase", "purchase { id }", old).await;
    let hold = json!({ "member": { "cardNumber": "C1" }, "points": 20, "idempotencyKey": "h" });
    let back = json!({ "purchaseId": old["purchase"]["id"], "occurredAt": world.now(),
        "idempotencyKey": "r", "lines": [{ "line": 0, "quantity": 1 }] });
    let gift = json!({ "to": { "cardNumber": "C2" }, "points": 5, "idempotencyKey": "t" });
    world.member("C2").await;
    let sale = receipt("R1", "C1", "10.00", world.now());
    for (caller, mutation, input) in [
        (&grocer, "recordPurchase", sale),
        (&grocer, "payWithPoints", payment("C1", 30, "p", world.now())),
        (&grocer, "placeHold", hold),
        (&grocer, "returnPurchase", back),
        (&ana, "transferPoints", gift),
    ] {
        // A new gateway each time: its connections have prepared nothing yet.
        let mut gateway = world.opens_gateway_at(&wire.location()).await;
        let caller = caller.at(&gateway);
        let is_known = matches!(at, Break::Before(word) if word != "COMMIT");
        wire.breaks(at);
        let answer = caller.sends(mutation, "isReplayed", input.clone()).await;
        assert!(wire.is_broken(), "{mutation} has never come to {at:?}");
        if is_known {
            assert_eq!(answer["data"][mutation]["isReplayed"], false, "{mutation}: {answer}");
        } else {
            assert_unknown(&answer);
        }
        let again = caller.does(mutation, "isReplayed", input).await;
        let is_replayed = is_known || at == Break::After("COMMIT");
        assert_eq!(again["isReplayed"], is_replayed, "{mutation} {at:?}");
        gateway.stops().await;
    }
    assert_eq!(world.wallet(&ana).await, [100 + 10 - 30 - 20 - 50 - 5, 0, 20, 0]);
}

#[tokio::test]
async fn a_gateway_without_its_database_says_so_and_goes_on_when_it_is_back() {
    let world = World::new().await;
    if let Some(wire) = Wire::to(&world.books.location()).await {
        lose_the_database(&world, &wire).await;
    }
    world.closes().await;
}

async fn lose_the_database(world: &World, wire: &Wire) {
    let mut gateway = world.opens_gateway_at(&wire.location()).await;
    gateway.works();
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let (grocer, ana) = (grocer.at(&gateway), ana.at(&gateway));
    let changes = "subscription { walletChanged(after: 0) { entry { points } } }";
    let mut listener = ana.listens(Over::Socket, changes).await;
    let sale = |number: &str, amount: &str| receipt(number, "C1", amount, world.now());
    grocer.does("recordPurchase", "isReplayed", sale("R1", "1.00")).await;
    assert_eq!(listener.hears().await["walletChanged"]["entry"]["points"], 1);
    assert_eq!(status(&gateway, "/health/ready").await, 200);

    wire.is_cut();
    let begun = Instant::now();
    assert_eq!(status(&gateway, "/health/ready").await, 503);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(status(&gateway, "/health/live").await, 200);
    assert_unknown(&grocer.sends("recordPurchase", "isReplayed", sale("R2", "2.00")).await);

    wire.is_mended();
    until_status(&gateway, "/health/ready", 200).await;
    let again = grocer.does("recordPurchase", "isReplayed", sale("R2", "2.00")).await;
    assert_eq!(again["isReplayed"], false);
    // Whoever listens has noticed nothing.
    assert_eq!(listener.hears().await["walletChanged"]["entry"]["points"], 2);
    assert_eq!(world.wallet(&ana).await, [3, 0, 0, 0]);
    gateway.stops().await;
}

/// What a file can do to a gateway: somebody else holds its one write lock.
#[tokio::test]
async fn while_another_process_writes_to_the_file_nothing_is_done_and_nothing_lost() {
    let world = World::new().await;
    if matches!(world.books.location(), Location::Sqlite(_)) {
        lock_the_file(&world).await;
    }
    world.closes().await;
}

async fn lock_the_file(world: &World) {
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let mut options = ConnectOptions::new(world.books.url());
    let other = Database::connect(options.max_connections(1).to_owned()).await.unwrap();
    other.execute_unprepared("begin immediate").await.unwrap();
    let sale = receipt("R1", "C1", "7.00", world.now());
    assert_unknown(&grocer.sends("recordPurchase", "isReplayed", sale.clone()).await);
    // Reading goes on.
    assert_eq!(status(&world.gateway, "/health/ready").await, 200);
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);

    other.execute_unprepared("rollback").await.unwrap();
    let again = grocer.does("recordPurchase", "isReplayed", sale).await;
    assert_eq!(again["isReplayed"], false);
    assert_eq!(world.wallet(&ana).await, [7, 0, 0, 0]);
    other.close().await.unwrap();
}

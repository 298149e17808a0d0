//! The sequence of facts: gapless, each once, in the order of every wallet, whoever dies meanwhile.

use std::collections::HashMap;
use std::time::Duration;

use entity::ledger::fact;
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, EntityTrait, QueryOrder,
    TransactionTrait,
};
use service::Services;

use crate::live::{gives_cashback, sells};
use crate::support::World;
use crate::support::books::texts;

async fn facts(database: &DatabaseConnection) -> Vec<fact::Model> {
    fact::Entity::find().order_by_asc(fact::Column::Position).all(database).await.unwrap()
}

/// Everything that happened has its place, and in the order of its wallet's points or cashback.
async fn assert_in_order(database: &DatabaseConnection) {
    let facts = facts(database).await;
    let mut last: HashMap<_, i64> = HashMap::new();
    for (place, fact) in (1..).zip(&facts) {
        assert_eq!(fact.position, place, "a gap");
        let before = last.insert((fact.stream_id, fact.kind), fact.stream_seq);
        let next = before.map_or(fact.stream_seq.min(1), |before| before + 1);
        assert_eq!(fact.stream_seq, next, "out of the order of {}", fact.stream_id);
    }
    let happened = "select '' || ((select count(*) from entry)
        + (select count(*) from cashback_entry)
        + (select count(*) from purchase where member_id is null))";
    assert_eq!(texts(database, happened).await, [facts.len().to_string()]);
    assert_eq!(texts(database, "select '' || count(*) from outbox").await, ["0"]);
}

/// On SQLite, which has one writer, two transactions can't be open at a time.
async fn on_postgres(story: impl AsyncFnOnce(&World, &DatabaseConnection)) {
    let world = World::new().await;
    let database = Database::connect(world.books.url()).await.unwrap();
    if database.get_database_backend() == DbBackend::Postgres {
        story(&world, &database).await;
        assert_in_order(&database).await;
    }
    database.close().await.unwrap();
    world.closes().await;
}

/// Until as many sessions as one wait for that.
async fn until_one_waits(database: &DatabaseConnection, for_what: &str) {
    let waiting = format!(
        "select '' || count(*) from pg_stat_activity where datname = current_database() and {for_what}"
    );
    while texts(database, &waiting).await == ["0"] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_fact_that_is_committed_late_comes_late_and_is_not_skipped() {
    on_postgres(commit_out_of_order).await;
}

#[tokio::test]
async fn a_fact_that_is_committed_while_others_get_their_place_gets_the_next() {
    on_postgres(commit_in_the_middle).await;
}

async fn commit_in_the_middle(world: &World, database: &DatabaseConnection) {
    let grocer = world.partner("grocer").await;
    world.member("C1").await;
    let slowly = "create function slowly() returns trigger language plpgsql as
            'begin perform pg_sleep(0.3); return null; end';
        create trigger slowly after insert on fact for each statement execute function slowly()";
    database.execute_unprepared(slowly).await.unwrap();
    sells(&grocer, "R1", "C1", 1, world).await;
    let sells_meanwhile = async {
        until_one_waits(database, "wait_event = 'PgSleep'").await;
        sells(&grocer, "R2", "C1", 2, world).await;
    };
    let (moved, ()) = tokio::join!(world.gateway.services.sequence(), sells_meanwhile);
    assert_eq!(moved.unwrap(), 2);
}

async fn commit_out_of_order(world: &World, database: &DatabaseConnection) {
    let grocer = world.partner("grocer").await;
    world.member("C1").await;
    world.member("C2").await;
    let sequence = async || world.gateway.services.sequence().await.unwrap();
    sells(&grocer, "R1", "C1", 1, world).await;
    assert_eq!(sequence().await, 1);
    // A gateway of its own: one writes what waits in one batch.
    let mut other = world.opens_gateway().await;
    let elsewhere = grocer.at(&other);
    // Whoever writes this wallet's next fact has to wait, when all the rest is written.
    let barrier = database.begin().await.unwrap();
    let next = "insert into outbox select programme_id, stream_id, stream_seq + 1, kind, subject_id from fact";
    barrier.execute_unprepared(next).await.unwrap();
    let late = sells(&grocer, "R2", "C1", 2, world);
    let early = async {
        until_one_waits(database, "wait_event_type = 'Lock'").await;
        sells(&elsewhere, "R3", "C2", 3, world).await;
        assert_eq!(sequence().await, 1);
        barrier.rollback().await.unwrap();
    };
    tokio::join!(late, early);
    assert_eq!(sequence().await, 1);
    let facts = facts(database).await;
    assert_eq!(facts[0].stream_id, facts[2].stream_id);
    assert_ne!(facts[0].stream_id, facts[1].stream_id);
    other.stops().await;
}

#[tokio::test]
async fn sequencers_that_compete_and_die_skip_nothing_and_give_nothing_two_places() {
    let world = World::new().await;
    let mut other = world.opens_gateway().await;
    let grocer = world.partner("grocer").await;
    gives_cashback(&world, &grocer).await;
    for card in ["C0", "C1", "C2"] {
        world.member(card).await;
    }
    let database = Database::connect(world.books.url()).await.unwrap();
    let tills = async {
        let till = async |till: u32| {
            for sale in 0..15 {
                // Every fourth card is nobody's: its receipts are facts without a wallet.
                let card = format!("C{}", (till + sale) % 4);
                sells(&grocer, &format!("R{till}-{sale}"), &card, 1 + sale, &world).await;
            }
        };
        tokio::join!(till(0), till(1), till(2), till(3));
    };
    tokio::select! {
        () = tills => {}
        () = dies_again_and_again(&world.gateway.services, 1) => {}
        () = dies_again_and_again(&other.services, 3) => {}
        () = is_shot_again_and_again(&database) => {}
    }
    // One that finds another at work leaves it to that one.
    while texts(&database, "select '' || count(*) from outbox").await != ["0"] {
        let (one, two) = tokio::join!(world.gateway.services.sequence(), other.services.sequence());
        one.and(two).unwrap();
    }
    assert_in_order(&database).await;
    database.close().await.unwrap();
    other.stops().await;
    world.closes().await;
}

/// Sequences, and is killed in the middle of it.
async fn dies_again_and_again(services: &Services, step: u64) {
    for round in 0_u64.. {
        let services = services.clone();
        let sequencer = tokio::spawn(async move { services.sequence().await });
        tokio::time::sleep(Duration::from_micros(round * step * 300 % 6_000)).await;
        sequencer.abort();
        // Aborted, done, or without its connection: any end will do.
        let _ = sequencer.await;
    }
}

/// Ends whoever holds the sequencer's lock. SQLite has no connections to end.
async fn is_shot_again_and_again(database: &DatabaseConnection) {
    if database.get_database_backend() != DbBackend::Postgres {
        return std::future::pending().await;
    }
    let shoot = "select pg_terminate_backend(pid)::text from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and d.datname = current_database()";
    loop {
        texts(database, shoot).await;
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

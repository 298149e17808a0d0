//! All connections that write are taken, by work that waits for somebody else's lock: whoever comes is
//! told so in bounded time, reading goes on, and so does everything once the lock is gone.

use std::time::{Duration, Instant};

use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use serde_json::{Value, json};
use service::Location;

use super::status;
use crate::support::{Caller, World, receipt};

/// More than there are connections.
const OPERATORS: usize = 40;
/// A lock is waited for three seconds, a connection two.
const WAIT_MAX: Duration = Duration::from_secs(8);

#[tokio::test]
async fn without_a_free_connection_writes_are_refused_soon_and_reads_go_on() {
    let world = World::new().await;
    if matches!(world.books.location(), Location::Postgres(_)) {
        take_all(&world).await;
    }
    world.closes().await;
}

async fn take_all(world: &World) {
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let mut options = ConnectOptions::new(world.books.url());
    let other = Database::connect(options.max_connections(1).to_owned()).await.unwrap();
    other.execute_unprepared("begin; lock table audit_row in exclusive mode").await.unwrap();
    let suspend = |change: &'static str| {
        let (operator, named) = (world.operator.clone(), json!({ "memberId": ana.id }));
        tokio::spawn(async move { answer_to(&operator, change, "member { id }", named).await })
    };
    let begun: Vec<_> = (0..OPERATORS).map(|_| suspend("suspendMember")).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let sale = receipt("R1", "C1", "5.00", world.now());
    let sold = answer_to(&grocer, "recordPurchase", "isReplayed", sale.clone()).await;
    // Reading has connections of its own.
    assert_eq!(world.wallet(&ana).await[1..], [0, 0, 0]);
    assert_eq!(status(&world.gateway, "/health/ready").await, 200);
    for operator in begun {
        assert_ne!(operator.await.unwrap(), "OK");
    }
    other.execute_unprepared("rollback").await.unwrap();
    other.close().await.unwrap();

    let again = grocer.does("recordPurchase", "isReplayed", sale).await;
    assert_eq!(again["isReplayed"], sold == "OK");
    let named = json!({ "memberId": ana.id });
    world.operator.does("suspendMember", "member { id }", named).await;
    assert_eq!(world.wallet(&ana).await, [5, 0, 0, 0]);
}

/// The code that it is answered with, in bounded time.
async fn answer_to(caller: &Caller, mutation: &str, result: &str, input: Value) -> String {
    let begun = Instant::now();
    let answer = caller.sends(mutation, result, input).await;
    assert!(begun.elapsed() < WAIT_MAX, "{:?}: {answer}", begun.elapsed());
    let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("OK");
    assert!(["OK", "UNAVAILABLE", "OVERLOADED"].contains(&code), "{answer}");
    code.to_owned()
}

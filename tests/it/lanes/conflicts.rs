//! A database that says at random that transactions collided, as a distributed one does.

use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use service::Location;

use crate::support::{Caller, World, code, payment, receipt};

/// One entry in twenty fails its transaction with a serialization failure.
const FAILS: &str = "
    create function fails_at_random() returns trigger language plpgsql as $$ begin
        if random() < 0.05 then
            raise exception 'could not serialize access' using errcode = '40001';
        end if;
        return new;
    end $$;
    create trigger fails_at_random before insert on entry for each row execute function fails_at_random()";

const CLIENTS: usize = 24;
const ROUNDS: usize = 6;

/// Sells ten points' worth and takes payment of three, to its own member and to one that all share.
async fn works(till: Caller, world_now: chrono::DateTime<chrono::Utc>, place: usize) {
    let own = format!("C{place}");
    for round in 0..ROUNDS {
        for (card, of) in [(own.as_str(), "own"), ("ALL", "all")] {
            let number = format!("{of}-{place}-{round}");
            let sale = receipt(&number, card, "10.00", world_now);
            let sold = till.does("recordPurchase", "points isReplayed", sale).await;
            assert_eq!(sold["isReplayed"], false, "{sold}");
            let paid = till
                .does("payWithPoints", "isReplayed", payment(card, 3, &number, world_now))
                .await;
            assert_eq!(paid["isReplayed"], false, "{paid}");
        }
        let much = payment(&own, 1_000_000, &format!("much-{place}-{round}"), world_now);
        assert_eq!(code(&till.tries("payWithPoints", "", much).await), "INSUFFICIENT_POINTS");
    }
}

#[tokio::test]
async fn transactions_that_collide_at_random_are_done_once_and_nobody_notices() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let mut members = vec![world.member("ALL").await];
    for place in 0..CLIENTS {
        members.push(world.member(&format!("C{place}")).await);
    }
    // A file has one writer, whom nothing gets in the way of.
    if matches!(world.books.location(), Location::Postgres(_)) {
        let database = Database::connect(world.books.url()).await.unwrap();
        database.execute_unprepared(FAILS).await.unwrap();
        database.close().await.unwrap();
    }
    let clients: Vec<_> =
        (0..CLIENTS).map(|place| tokio::spawn(works(till.clone(), world.now(), place))).collect();
    for client in clients {
        client.await.unwrap();
    }
    let each = i64::try_from(ROUNDS * 7).unwrap();
    assert_eq!(world.wallet(&members[0]).await, [each * i64::try_from(CLIENTS).unwrap(), 0, 0, 0]);
    for member in &members[1..] {
        assert_eq!(world.wallet(member).await, [each, 0, 0, 0]);
    }
    let gift = json!({ "to": { "cardNumber": "ALL" }, "points": 1, "idempotencyKey": "t" });
    members[1].does("transferPoints", "isReplayed", gift).await;
    world.closes().await;
}

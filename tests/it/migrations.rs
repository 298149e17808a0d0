//! The tables as the database itself guards them: whoever reaches it past Florin can't rewrite what
//! happened, and every migration can be undone.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DbBackend};
use serde_json::json;

use crate::support::books::Books;
use crate::support::{World, receipt};

#[tokio::test]
async fn what_happened_can_be_neither_changed_nor_deleted() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "100.00", world.now())).await;
    let hold = json!({ "member": { "cardNumber": "C1" }, "points": 10, "idempotencyKey": "h" });
    let placed = grocer.does("placeHold", "hold { id }", hold).await;
    let sale =
        json!({ "holdId": placed["hold"]["id"], "idempotencyKey": "c", "occurredAt": world.now() });
    grocer.does("captureHold", "isReplayed", sale).await;
    world.gateway.services.sequence().await.unwrap();

    let database = Database::connect(world.books.url()).await.unwrap();
    let mut forbidden: Vec<String> = [
        "update entry set points = points + 1",
        "update posting set points = points + 1",
        "update allocation set points = points + 1",
        "update idempotency_key set key = 'other'",
        "update receipt_key set scope = 'other'",
        "update fact set stream_seq = stream_seq + 1",
        "update audit_row set actor = 'nobody'",
        "update contract set issue_price_micros = 0",
        "update lot set quantity = quantity + 1",
        "update lot set wallet_id = id",
        "update lot set id = wallet_id",
        "update hold set wallet_id = id",
        "update hold set status = 'RELEASED'",
        "update purchase set id = partner_id",
        "update purchase set total_minor = 0",
        "update purchase set member_id = null, wallet_id = null",
        "update wallet set seq = 0",
        "update wallet set available = -1",
        "update lot set remaining = quantity + 1",
    ]
    .map(str::to_owned)
    .into();
    let history = [
        "entry",
        "posting",
        "allocation",
        "idempotency_key",
        "receipt_key",
        "fact",
        "audit_row",
        "contract",
        "lot",
        "hold",
        "purchase",
    ];
    forbidden.extend(history.map(|table| format!("delete from {table}")));
    if database.get_database_backend() == DbBackend::Postgres {
        forbidden.extend(history.map(|table| format!("truncate {table} cascade")));
        forbidden
            .extend(["entry", "posting", "allocation"].map(|table| format!("truncate {table}_3")));
    }
    for sql in forbidden {
        assert!(database.execute_unprepared(&sql).await.is_err(), "the database allowed: {sql}");
    }
    database.close().await.unwrap();
    world.closes().await;
}

#[tokio::test]
async fn every_migration_can_be_undone_and_done_again() {
    let books = Books::new().await;
    let database = Database::connect(books.url()).await.unwrap();
    Migrator::down(&database, None).await.unwrap();
    assert!(database.execute_unprepared("select 1 from wallet").await.is_err());
    Migrator::up(&database, None).await.unwrap();
    database.execute_unprepared("select 1 from wallet").await.unwrap();
    database.close().await.unwrap();
}

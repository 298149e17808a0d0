//! The tables as the database itself guards them: whoever reaches it past Florin can't rewrite what
//! happened, and every migration can be undone.

use entity::amount::Points;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DbBackend};
use serde_json::json;
use service::programmes::Settings;
use service::programmes::settings::{Debtor, Payouts};

use crate::reconciliation;
use crate::support::books::Books;
use crate::support::{Caller, World, receipt};

/// A world in which each table that holds history has a row.
async fn world_with_everything() -> World {
    let adjustment_limit = Points::new(5).unwrap();
    let debtor =
        Debtor { name: "Arno".to_owned(), iban: "DE75512108001245126199".to_owned(), bic: None };
    let payouts = Payouts { min_minor: 1, debtor: Some(debtor), ..Payouts::default() };
    let world =
        World::with(Settings { adjustment_limit, pending_days: 0, payouts, ..Settings::default() })
            .await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "100.00", world.now())).await;
    let hold = json!({ "member": { "cardNumber": "C1" }, "points": 10, "idempotencyKey": "h" });
    let placed = grocer.does("placeHold", "hold { id }", hold).await;
    let sale =
        json!({ "holdId": placed["hold"]["id"], "idempotencyKey": "c", "occurredAt": world.now() });
    grocer.does("captureHold", "isReplayed", sale).await;
    let gift = json!({ "memberId": ana.id, "points": 1, "reason": "sorry", "idempotencyKey": "a" });
    world.operator.does("adjustPoints", "adjustment { status }", gift).await;
    let raise = json!({ "expectedVersion": 1, "adjustmentLimit": 6 });
    world.operator.does("updateProgramme", "proposal { status }", raise).await;
    pays_cashback_out(&world, &grocer, &ana).await;
    reconciliation::reconciles(&world, &grocer, "k", "").await;
    world.gateway.services.sequence().await.unwrap();
    world
}

/// Cashback from a sale to a run.
async fn pays_cashback_out(world: &World, grocer: &Caller, ana: &Caller) {
    let rate = json!({ "partnerId": grocer.id, "expectedVersion": 1, "cashbackBp": 5000 });
    world.operator.does("updatePartner", "partner { id }", rate).await;
    grocer.does("recordPurchase", "points", receipt("R2", "C1", "100.00", world.now())).await;
    let account = json!({ "iban": "DE89370400440532013000", "holder": "Ana" });
    ana.does("setBankAccount", "bankAccount { iban }", account).await;
    ana.does("requestPayout", "isReplayed", json!({ "idempotencyKey": "p" })).await;
    world.operator.does("runPayouts", "isReplayed", json!({ "idempotencyKey": "r" })).await;
}

/// Each would rewrite what happened.
const REWRITES: [&str; 31] = [
    "update entry set points = points + 1",
    "update posting set points = points + 1",
    "update allocation set points = points + 1",
    "update idempotency_key set key = 'other'",
    "update receipt_key set scope = 'other'",
    "update fact set stream_seq = stream_seq + 1",
    "update audit_row set actor = 'nobody'",
    "update allowance_use set points = points + 1",
    "update proposal set wish = '{}'",
    "update proposal set proposed_by = id",
    "update proposal set status = 'APPLIED', decided_by = proposed_by, decided_at = proposed_at",
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
    "update cashback_wallet set available = -1",
    "update cashback_entry set amount_minor = amount_minor + 1",
    "update cashback_posting set amount_minor = amount_minor + 1",
    "update accrual set amount_minor = amount_minor + 1",
    "update payout set amount_minor = amount_minor + 1",
    "update payout_run set total_minor = total_minor + 1",
    "update reconciliation set line_count = line_count + 1",
    "update reconciliation_item set outcome = 'MATCHED'",
];

#[tokio::test]
async fn what_happened_can_be_neither_changed_nor_deleted() {
    let world = world_with_everything().await;
    let database = Database::connect(world.books.url()).await.unwrap();
    let mut forbidden: Vec<String> = REWRITES.map(str::to_owned).into();
    let history = [
        "entry",
        "posting",
        "allocation",
        "idempotency_key",
        "receipt_key",
        "fact",
        "allowance_use",
        "audit_row",
        "proposal",
        "contract",
        "lot",
        "hold",
        "purchase",
        "cashback_wallet",
        "cashback_entry",
        "cashback_posting",
        "accrual",
        "payout",
        "payout_run",
        "reconciliation",
        "reconciliation_item",
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

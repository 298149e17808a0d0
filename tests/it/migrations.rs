//! The tables as the database itself guards them: whoever reaches it past Florin can't rewrite what
//! happened, and every migration can be undone.

use entity::amount::Points;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DbBackend};
use serde_json::json;
use service::programmes::Settings;
use service::programmes::settings::{Debtor, Payouts};

use crate::coupons;
use crate::reconciliation;
use crate::rewards;
use crate::settlement::banking;
use crate::support::books::{Books, texts};
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
    has_account(&world, &grocer).await;
    reconciliation::reconciles(&world, &grocer, "k", "").await;
    let told = banking::statement(banking::OWN, &[banking::entry("B1", "CRDT EUR 1.00", "")]);
    let told = json!({ "file": told, "idempotencyKey": "b" });
    world.operator.does("importBankStatement", "isReplayed", told).await;
    coupons::uses_one(&world, &grocer).await;
    let pool = json!({ "code": "codes", "name": "Codes" });
    let pool = grocer.does("createCodePool", "codePool { id }", pool).await;
    let pool = pool["codePool"]["id"].clone();
    let codes = json!({ "codePoolId": pool, "file": "CODE1" });
    grocer.does("addPoolCodes", "added", codes).await;
    let says =
        rewards::with(rewards::terms(), "prices", json!([{ "code": "points", "points": 10 }]));
    let says = rewards::with(says, "delivery", json!({ "codePoolId": pool }));
    let mug = rewards::launches(&grocer, rewards::draft("mug", says)).await;
    let claim =
        ana.does("claimReward", rewards::claims::CLAIM, rewards::claims::wish(&mug, 10, "k")).await;
    let shown = json!({ "code": claim["claim"]["voucher"]["code"], "idempotencyKey": "u" });
    grocer.does("redeemVoucher", "isReplayed", shown).await;
    world.gateway.services.sequence().await.unwrap();
    world
}

/// Two operators agree on where a partner is paid.
async fn has_account(world: &World, grocer: &Caller) {
    let account =
        json!({ "partnerId": grocer.id, "holder": "Grocer", "iban": "DE89370400440532013000" });
    let proposed = world.operator.does("setPartnerBankAccount", "proposal { id }", account).await;
    let named = json!({ "proposalId": proposed["proposal"]["id"] });
    let bea = world.second_operator().await;
    bea.does("approveProposal", "proposal { status }", named).await;
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

/// Lets a proposal be about a partner's account.
const NEW_KIND: &str = "m20261130_000034_partner_accounts";

/// Each would rewrite what happened.
const REWRITES: [&str; 47] = [
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
    "update partner_bank_account set iban = 'NL91ABNA0417164300'",
    "update proposal set kind = 'RUN_PAYOUTS' where kind = 'SET_PARTNER_BANK_ACCOUNT'",
    "update reconciliation set line_count = line_count + 1",
    "update reconciliation_item set outcome = 'MATCHED'",
    "update bank_transaction set amount_minor = amount_minor + 1",
    "update coupon set code = 'cup'",
    "update coupon_version set made_by = 'nobody'",
    "update coupon_code set batch = 'other'",
    "update coupon_redemption set place = 5",
    "update reward set code = 'cup'",
    "update reward_version set made_by = 'nobody'",
    "update reward_price set points = points + 1",
    "update reward_claim set points = points + 1",
    "update reward_claim_step set made_by = 'nobody'",
    "update voucher set uses_max = uses_max + 1",
    "update code_pool set code = 'other'",
    "update pool_code set claim_id = null",
    "update voucher_use set shown_at = null",
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
        "partner_bank_account",
        "reconciliation",
        "reconciliation_item",
        "bank_transaction",
        "coupon",
        "coupon_version",
        "coupon_code",
        "coupon_redemption",
        "reward",
        "reward_version",
        "reward_price",
        "reward_claim",
        "reward_claim_step",
        "code_pool",
        "pool_code",
        "voucher",
        "voucher_use",
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
async fn a_list_that_a_check_holds_to_grows_without_its_guards_or_rows_being_lost() {
    let books = Books::new().await;
    let database = Database::connect(books.url()).await.unwrap();
    let applied = Migrator::get_applied_migrations(&database).await.unwrap();
    let since = applied.iter().rev().position(|one| one.name() == NEW_KIND).unwrap() + 1;
    Migrator::down(&database, u32::try_from(since).ok()).await.unwrap();
    let id = |text: &str| match database.get_database_backend() {
        DbBackend::Postgres => format!("'{}'::uuid", "00".repeat(15) + text),
        _ => format!("x'{}'", "00".repeat(15) + text),
    };
    let (programme, operator) = (id("01"), id("02"));
    let proposal = |number: &str, kind: &str| {
        let id = id(number);
        format!(
            "insert into proposal (id, programme_id, kind, wish, status, proposed_by, proposed_at) \
             values ({id}, {programme}, '{kind}', '{{}}', 'PROPOSED', {operator}, '2026-03-02T09:00:00Z')"
        )
    };
    for made in [
        format!(
            "insert into programme (id, code, name, points_code, points_name, currency, time_zone, \
             expiry_policy, expiry_months, expiry_grace_days, pending_days, rounding, debt_policy, \
             sale_age_days_max, claim_days, hold_minutes_max, adjustment_limit, payout_min_minor, \
             points_per_minor, payout_run_limit_minor, settlement_period, settlement_min_minor, version, created_at) values ({programme}, 'a', 'a', \
             'a', 'a', 'EUR', 'UTC', 'INACTIVITY', 1, 0, 0, 'DOWN', 'FORGIVE', 1, 0, 1, 0, 1, 0, 0, 'MONTHLY', 0, 1, \
             '2026-03-02T09:00:00Z')"
        ),
        format!(
            "insert into operator (id, programme_id, name, created_at) \
             values ({operator}, {programme}, 'a', '2026-03-02T09:00:00Z')"
        ),
        proposal("03", "RUN_PAYOUTS"),
    ] {
        database.execute_unprepared(&made).await.unwrap();
    }
    let new = proposal("04", "SET_PARTNER_BANK_ACCOUNT");
    assert!(database.execute_unprepared(&new).await.is_err());
    Migrator::up(&database, None).await.unwrap();
    database.execute_unprepared(&new).await.unwrap();
    assert_eq!(
        texts(&database, "select kind from proposal order by id").await,
        ["RUN_PAYOUTS", "SET_PARTNER_BANK_ACCOUNT"]
    );
    for wrong in [
        proposal("05", "ANYTHING"),
        "update proposal set kind = 'CHANGE_CAMPAIGN'".to_owned(),
        "update proposal set wish = '[]'".to_owned(),
        "delete from proposal".to_owned(),
    ] {
        assert!(
            database.execute_unprepared(&wrong).await.is_err(),
            "the database allowed: {wrong}"
        );
    }
    database.close().await.unwrap();
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

//! Books that somebody broke past Florin, in one way for each invariant: `florin verify` says which
//! doesn't hold, names what is wrong, and ends with 1.

use std::collections::BTreeSet;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend};
use serde_json::json;

use super::damages::{DAMAGES, Damage};
use super::{Ended, Folder};
use crate::coupons;
use crate::earning::rules;
use crate::rewards::claims::{CLAIM, wish};
use crate::rewards::{draft, launches, terms, with};
use crate::settlement::cycles::{is_approved, statements};
use crate::support::books::texts;
use crate::support::{Caller, World, payment, receipt};
use crate::tiers::by_spend;

/// Of each thing that the books keep there is one, and twelve receipts.
async fn world() -> World {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let twelfth = json!({ "budget": { "points": 1000, "cost": "10.00" },
        "limits": [{ "period": "DAY", "count": 20 }, { "period": "MONTH", "points": 500 }] });
    // Each lot is of whole tens, so that whichever is taken from first none is left one short of its quantity.
    let effect = json!({ "everyNth": { "every": 12, "points": 10 } });
    rules(&world.operator, "twelfth", effect, twelfth).await;
    pays_twice(&world, &grocer).await;
    let limited = json!({ "partnerId": grocer.id, "validFrom": world.now(), "funding": "AT_ISSUE",
        "issuePrice": "0.012", "acceptancePrice": "0.009", "serviceFeeBp": 100, "breakageShareBp": 0,
        "onUs": "FULL", "paymentDays": 14, "disputeDays": 14, "taxCode": "STD",
        "creditLimitMinor": 100_000 });
    world.operator.does("signContract", "contract { version }", limited).await;
    let rate = json!({ "partnerId": grocer.id, "expectedVersion": 1, "cashbackBp": 1000 });
    world.operator.does("updatePartner", "partner { id }", rate).await;
    for sale in 1..=12 {
        let sale = receipt(&format!("R{sale}"), "C1", "10.00", world.now());
        grocer.does("recordPurchase", "points", sale).await;
    }
    grocer.does("payWithPoints", "isReplayed", payment("C1", 15, "p", world.now())).await;
    settles(&world, &grocer).await;
    for (points, key) in [(20, "open"), (5, "closed")] {
        let hold =
            json!({ "member": { "cardNumber": "C1" }, "points": points, "idempotencyKey": key });
        let placed = grocer.does("placeHold", "hold { id }", hold).await;
        if key == "closed" {
            let sale = json!({ "holdId": placed["hold"]["id"], "idempotencyKey": "c",
                "occurredAt": world.now() });
            grocer.does("captureHold", "isReplayed", sale).await;
        }
    }
    claims_a_mug(&grocer, &ana).await;
    coupons::uses_again(&world, &grocer).await;
    let account = json!({ "iban": "DE89370400440532013000", "holder": "Ana" });
    ana.does("setBankAccount", "bankAccount { iban }", account).await;
    ana.does("requestPayout", "isReplayed", json!({ "idempotencyKey": "o" })).await;
    let services = &world.gateway.services;
    services.sequence().await.unwrap();
    while services.follow_tiers().await.unwrap() > 0 {}
    while services.follow_money().await.unwrap() > 0 {}
    services.advance_checkpoints().await.unwrap();
    world
}

/// One of two uses of its voucher is left, and the only code of a pool.
async fn claims_a_mug(grocer: &Caller, ana: &Caller) {
    let says = with(terms(), "prices", json!([{ "code": "points", "points": 10 }]));
    let mug = launches(grocer, draft("mug", with(says, "delivery", json!({ "uses": 2 })))).await;
    let pool = json!({ "code": "codes", "name": "Codes" });
    let pool = grocer.does("createCodePool", "codePool { id }", pool).await;
    let codes = json!({ "codePoolId": pool["codePool"]["id"], "file": "CODE1" });
    grocer.does("addPoolCodes", "added", codes).await;
    let claim = ana.does("claimReward", CLAIM, wish(&mug, 10, "k")).await;
    let shown = json!({ "code": claim["claim"]["voucher"]["code"], "idempotencyKey": "u" });
    grocer.does("redeemVoucher", "isReplayed", shown).await;
}

/// March is settled, and something of it was disputed rightly.
async fn settles(world: &World, grocer: &Caller) {
    world.days_pass(32).await;
    is_approved(world, "2026-03").await;
    let march = statements(grocer).await.remove(0);
    let wish = json!({ "statementId": march["id"], "line": "SERVICE_FEE", "reason": "Too much",
        "amount": { "amount": "0.01", "currencyCode": "EUR" }, "idempotencyKey": "d" });
    let raised = grocer.does("raiseDispute", "dispute { id }", wish).await;
    let accept = json!({ "disputeId": raised["dispute"]["id"], "resolution": "ACCEPT" });
    world.operator.does("resolveDispute", "dispute { status }", accept).await;
}

/// Two years of a membership that grants a tier.
async fn pays_twice(world: &World, till: &Caller) {
    let set = world.operator.does("createTierSet", "tierSet { id }", by_spend()).await;
    let plan = json!({ "code": "plus", "name": "Plus", "fee": "49.00", "periodMonths": 12,
        "multiplierBp": 10_000,
        "tier": { "tierSetId": set["tierSet"]["id"], "tierCode": "bronze" } });
    let made = world.operator.does("createMembershipPlan", "membershipPlan { id }", plan).await;
    for reference in ["first", "second"] {
        let paid = json!({ "member": { "cardNumber": "C1" }, "paidAt": world.now(),
            "membershipPlanId": made["membershipPlan"]["id"], "reference": reference,
            "amount": { "amount": "49.00", "currencyCode": "EUR" }, "idempotencyKey": reference });
        till.does("recordMembershipPayment", "membership { id }", paid).await;
    }
}

/// Whoever owns the database can do anything.
async fn owner(world: &World) -> DatabaseConnection {
    let mut options = ConnectOptions::new(world.books.url());
    let owner = Database::connect(options.max_connections(1).to_owned()).await.unwrap();
    if owner.get_database_backend() == DbBackend::Postgres {
        let unguarded = "set session_replication_role = replica;
            alter table posting drop constraint if exists posting_above_zero;
            alter table cashback_posting drop constraint if exists cashback_posting_above_zero;
            alter table seal drop constraint seal_chained;
            alter table settlement_statement drop constraint if exists settlement_statement_chained";
        owner.execute_unprepared(unguarded).await.unwrap();
        return owner;
    }
    let guards = "select 'drop trigger ' || name from sqlite_schema where type = 'trigger'";
    for drop in texts(&owner, guards).await {
        owner.execute_unprepared(&drop).await.unwrap();
    }
    let unchecked = "pragma foreign_keys = off; pragma ignore_check_constraints = on";
    owner.execute_unprepared(unchecked).await.unwrap();
    owner
}

fn verifies(folder: &Folder, world: &World) -> Ended {
    folder.florin_over("verify", &world.books)
}

#[tokio::test]
async fn whatever_is_broken_is_found_and_named() {
    let (folder, world) = (Folder::new(), world().await);
    let archived = folder.florin_over("archive --before 2026-03-03 --to archive", &world.books);
    assert_eq!(archived.code, 0, "{}", archived.complained);
    let whole = verifies(&folder, &world);
    assert_eq!(whole.code, 0, "{}{}", whole.printed, whole.complained);
    let owner = owner(&world).await;
    for Damage { invariant, named, done, undone } in DAMAGES {
        assert!(owner.execute_unprepared(done).await.unwrap().rows_affected() > 0, "{done}");
        let Ended { code, printed, complained } = verifies(&folder, &world);
        assert_eq!(code, 1, "{invariant}: {printed}{complained}");
        assert!(printed.ends_with("arno: THE BOOKS DO NOT HOLD\n"), "{printed}");
        let mut lines = printed.lines();
        let found = lines.any(|line| {
            line.starts_with("  FAULTY") && line.contains(&format!("  {invariant}: not so for "))
        });
        assert!(found, "{invariant}: {printed}");
        let first = lines.next().unwrap().trim_start();
        assert!(first.starts_with(named), "{invariant}: {printed}");
        owner.execute_unprepared(undone).await.unwrap();
    }
    owner.close().await.unwrap();
    world.closes().await;
}

#[tokio::test]
async fn of_much_that_is_broken_ten_are_named() {
    let (folder, world) = (Folder::new(), world().await);
    let owner = owner(&world).await;
    owner.execute_unprepared("update lot set issuer_id = id").await.unwrap();
    let printed = verifies(&folder, &world).printed;
    let named = printed.lines().filter(|line| line.trim_start().starts_with("lot_"));
    assert_eq!(named.count(), 10, "{printed}");
    assert!(printed.contains("\n          and 2 more\n"), "{printed}");
    owner.execute_unprepared("update lot set issuer_id = (select id from partner)").await.unwrap();
    owner.close().await.unwrap();
    world.closes().await;
}

#[tokio::test]
async fn each_invariant_is_broken_by_a_story() {
    let world = World::new().await;
    let verdict = world.gateway.services.ledger.verify(world.programme).await.unwrap();
    let checked: BTreeSet<&str> = verdict.checks.iter().map(|check| check.name).collect();
    assert_eq!(checked, DAMAGES.iter().map(|damage| damage.invariant).collect());
    world.closes().await;
}

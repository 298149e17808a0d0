//! Books that somebody broke past Florin, in one way for each invariant: `florin verify` says which
//! doesn't hold, names what is wrong, and ends with 1.

use std::collections::BTreeSet;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend};
use serde_json::json;

use super::{Ended, Folder};
use crate::earning::rules;
use crate::support::books::texts;
use crate::support::{Caller, World, payment, receipt};
use crate::tiers::by_spend;

/// How one invariant is broken, and mended again.
struct Damage {
    invariant: &'static str,
    /// What the ids of the wrong begin with.
    named: &'static str,
    done: &'static str,
    undone: &'static str,
}

const DAMAGES: [Damage; 44] = [
    Damage {
        invariant: "each wallet's balances are the sums of its postings, archived and kept",
        named: "wal_",
        done: "update wallet set available = available + 1",
        undone: "update wallet set available = available - 1",
    },
    Damage {
        invariant: "what members hold and owe, and the accounts of partners and programme, sum to zero",
        named: "prg_",
        done: "update wallet set debt = debt + 1",
        undone: "update wallet set debt = debt - 1",
    },
    Damage {
        invariant: "checkpoints are the sums of the postings up to them, archived and kept",
        named: "ptn_",
        done: "update checkpoint_sum set points = points + 1 where account = 'ISSUED'",
        undone: "update checkpoint_sum set points = points - 1 where account = 'ISSUED'",
    },
    Damage {
        invariant: "lots hold what their wallets have available and pending",
        named: "wal_",
        done: "update lot set remaining = remaining - 1 where remaining = quantity",
        undone: "update lot set remaining = remaining + 1 where remaining = quantity - 1",
    },
    Damage {
        invariant: "open holds took what their wallets have held",
        named: "wal_",
        done: "update hold set status = 'LAPSED', closed_at = placed_at where status = 'OPEN'",
        undone: "update hold set status = 'OPEN', closed_at = null where status = 'LAPSED'",
    },
    Damage {
        invariant: "each wallet's entries are numbered without gaps and end in its balances",
        named: "wal_",
        done: "update wallet set seq = seq + 1",
        undone: "update wallet set seq = seq - 1",
    },
    Damage {
        invariant: "every posting takes from one account what it gives to another",
        named: "ent_",
        done: "update posting set points = -points where to_account = 'ACCEPTED'",
        undone: "update posting set points = -points where to_account = 'ACCEPTED'",
    },
    Damage {
        invariant: "each entry is about as many points as its postings move",
        named: "ent_",
        done: "update entry set points = points + 1 where kind = 'PAID'",
        undone: "update entry set points = points - 1 where kind = 'PAID'",
    },
    Damage {
        invariant: "each entry's lots tell what its postings tell",
        named: "ent_",
        done: "update allocation set points = points + 1 where acceptance_price_micros > 0 and kind = 'TAKEN'",
        undone: "update allocation set points = points - 1 where acceptance_price_micros > 0 and kind = 'TAKEN'",
    },
    Damage {
        invariant: "payments captured what they posted",
        named: "ent_",
        done: "update allocation set points = points + 1 where kind = 'CAPTURED'",
        undone: "update allocation set points = points - 1 where kind = 'CAPTURED'",
    },
    Damage {
        invariant: "each entry is a fact once, sequenced or about to be",
        named: "ent_",
        done: "update fact set kind = 'PURCHASE_KEPT'
            where position = (select max(position) from fact where kind = 'ENTRY')",
        undone: "update fact set kind = 'ENTRY' where kind = 'PURCHASE_KEPT'",
    },
    Damage {
        invariant: "each lot's remaining points are its quantity less its allocations",
        named: "lot_",
        done: "update lot set expired = expired + 1 where remaining = 0",
        undone: "update lot set expired = expired - 1 where remaining = 0",
    },
    Damage {
        invariant: "one entry for one idempotency key",
        named: "ent_",
        done: "insert into idempotency_key
            select programme_id, caller, key || ' again', fingerprint, outcome, recorded_at from idempotency_key",
        undone: "delete from idempotency_key where key like '% again'",
    },
    Damage {
        invariant: "each receipt is in the books once, and earned once if it has a member",
        named: "pur_",
        done: "update receipt_key set programme_id = partner_id",
        undone: "update receipt_key set programme_id = (select id from programme)",
    },
    Damage {
        invariant: "each wallet has earned once for each of its receipts",
        named: "wal_",
        done: "update purchase set wallet_id = id",
        undone: "update purchase set wallet_id = (select id from wallet)",
    },
    Damage {
        invariant: "what each wallet did day by day is what its receipts and returns say",
        named: "wal_",
        done: "update activity_day set spend_minor = spend_minor + 1",
        undone: "update activity_day set spend_minor = spend_minor - 1",
    },
    Damage {
        invariant: "what was sealed is archived, or about to be",
        named: "prg_",
        done: "update seal set entries = entries + 1",
        undone: "update seal set entries = entries - 1",
    },
    Damage {
        invariant: "each seal names the one before it",
        named: "seal 1",
        done: "update seal set previous_hash = hash",
        undone: "update seal set previous_hash = null",
    },
    Damage {
        invariant: "each member has a wallet that exists",
        named: "mem_",
        done: "update member set wallet_id = id",
        undone: "update member set wallet_id = (select id from wallet)",
    },
    Damage {
        invariant: "partners and stores that entries name exist",
        named: "ent_",
        done: "update entry set partner_id = id where partner_id is not null",
        undone: "update entry set partner_id = (select id from partner) where partner_id is not null",
    },
    Damage {
        invariant: "partners that lots were issued by exist",
        named: "lot_",
        done: "update lot set issuer_id = id",
        undone: "update lot set issuer_id = (select id from partner)",
    },
    Damage {
        invariant: "every movement of cashback takes from one account what it gives to another",
        named: "cbe_",
        done: "update cashback_posting set amount_minor = -amount_minor where to_account = 'IN_PAYOUT'",
        undone: "update cashback_posting set amount_minor = -amount_minor where to_account = 'IN_PAYOUT'",
    },
    Damage {
        invariant: "each cashback wallet's balances are the sums of its postings",
        named: "wal_",
        done: "update cashback_wallet set available = available + 1",
        undone: "update cashback_wallet set available = available - 1",
    },
    Damage {
        invariant: "cashback that wallets had and owe is what was funded",
        named: "prg_",
        done: "update cashback_wallet set owed = owed + 1",
        undone: "update cashback_wallet set owed = owed - 1",
    },
    Damage {
        invariant: "accruals are what their wallets had of them",
        named: "wal_",
        done: "update accrual set wallet_id = purchase_id",
        undone: "update accrual set wallet_id = (select id from wallet)",
    },
    Damage {
        invariant: "accruals are what their purchases' entries tell",
        named: "pur_",
        done: "update accrual set remaining_minor = remaining_minor - 1",
        undone: "update accrual set remaining_minor = remaining_minor + 1",
    },
    Damage {
        invariant: "payouts are what their wallets have on the way and paid",
        named: "wal_",
        done: "update payout set amount_minor = amount_minor + 1",
        undone: "update payout set amount_minor = amount_minor - 1",
    },
    Damage {
        invariant: "each cashback wallet's entries are numbered without gaps and end in its balances",
        named: "wal_",
        done: "update cashback_wallet set seq = seq + 1",
        undone: "update cashback_wallet set seq = seq - 1",
    },
    Damage {
        invariant: "each cashback entry is a fact once, sequenced or about to be",
        named: "cbe_",
        done: "update fact set stream_seq = stream_seq + 1000 where kind = 'CASHBACK_ENTRY'",
        undone: "update fact set stream_seq = stream_seq - 1000 where kind = 'CASHBACK_ENTRY'",
    },
    Damage {
        invariant: "what each wallet had of each rule is what its receipts, returns and events say",
        named: "wal_",
        done: "update rule_use set count = count + 1 where period = '2026-03'",
        undone: "update rule_use set count = count - 1 where period = '2026-03'",
    },
    Damage {
        invariant: "what budgets gave is what receipts, returns and events had of them",
        named: "rule twelfth",
        done: "update budget_slice set given_cost = given_cost + 1 where slice = 3",
        undone: "update budget_slice set given_cost = given_cost - 1 where slice = 3",
    },
    Damage {
        invariant: "what budgets have left is what their rules and campaigns may give, less what they gave",
        named: "rule twelfth",
        done: "update budget_slice set left_points = left_points + 1 where slice = 3",
        undone: "update budget_slice set left_points = left_points - 1 where slice = 3",
    },
    Damage {
        invariant: "each wallet stands in each tier set where its changes lead",
        named: "wal_",
        done: "update tier_change set to_code = 'silver' where to_code = 'bronze'",
        undone: "update tier_change set to_code = 'bronze' where to_code = 'silver'",
    },
    Damage {
        invariant: "each wallet stands in each tier set where its days, its grants and the terms lead",
        named: "wal_",
        done: "update tier_standing set valid_until = valid_until + 1",
        undone: "update tier_standing set valid_until = valid_until - 1",
    },
    Damage {
        invariant: "each membership's changes are numbered without gaps and end in how it is",
        named: "msh_",
        done: "update membership set status = 'LAPSED'",
        undone: "update membership set status = 'ACTIVE'",
    },
    Damage {
        invariant: "each membership runs as it was paid for, period after period, until it ended",
        named: "msh_",
        done: "update membership_payment set period_to = period_to - 1 where reference = 'second'",
        undone: "update membership_payment set period_to = period_to + 1 where reference = 'second'",
    },
    Damage {
        invariant: "tiers that memberships grant are paid for, and their members'",
        named: "tig_",
        done: "update tier_grant set last_day = last_day + 1",
        undone: "update tier_grant set last_day = last_day - 1",
    },
    Damage {
        invariant: "each day's obligations are the sums of the money journal",
        named: "ISSUE of day ",
        done: "update money_day set points = points + 1 where kind = 'ISSUE'",
        undone: "update money_day set points = points - 1 where kind = 'ISSUE'",
    },
    Damage {
        invariant: "the money journal is what the ledger's entries come to",
        named: "ent_",
        done: "update money_posting set points = points + 1 where kind = 'SERVICE_FEE'",
        undone: "update money_posting set points = points - 1 where kind = 'SERVICE_FEE'",
    },
    Damage {
        invariant: "points are carried for wallets as many as they owe",
        named: "wal_",
        done: "update wallet set debt = debt + 1",
        undone: "update wallet set debt = debt - 1",
    },
    Damage {
        invariant: "reserve, cleared and carried hold what lots and debts come to",
        named: "RESERVE",
        done: "update money_day set factor = factor - 1 where kind = 'ISSUE' and to_account = 'RESERVE'",
        undone: "update money_day set factor = factor + 1 where kind = 'ISSUE' and to_account = 'RESERVE'",
    },
    Damage {
        invariant: "what became of each cohort's points is what entries come to",
        named: "2026-03 of ptn_",
        done: "update cohort_day set expired = expired + 1, burned = burned - 1",
        undone: "update cohort_day set expired = expired - 1, burned = burned + 1",
    },
    Damage {
        invariant: "each cohort has as many points out as its lots and holds",
        named: "2026-03 of ptn_",
        done: "update cohort_day set issued = issued + 1",
        undone: "update cohort_day set issued = issued - 1",
    },
    Damage {
        invariant: "what is due when points are burned is what their lots say",
        named: "2026-03 of ptn_",
        done: "insert into cohort_due
            select programme_id, issuer_id, month, day, issuer_id, 1, 1, 1 from cohort_day",
        undone: "delete from cohort_due where price_micros = 1",
    },
];

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
    let rate = json!({ "partnerId": grocer.id, "expectedVersion": 1, "cashbackBp": 1000 });
    world.operator.does("updatePartner", "partner { id }", rate).await;
    for sale in 1..=12 {
        let sale = receipt(&format!("R{sale}"), "C1", "10.00", world.now());
        grocer.does("recordPurchase", "points", sale).await;
    }
    grocer.does("payWithPoints", "isReplayed", payment("C1", 15, "p", world.now())).await;
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
            alter table seal drop constraint seal_chained";
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

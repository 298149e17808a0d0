//! What the gate loads is enough: the same commands in one batch, in several, or decided in memory
//! alone, end in the same state and leave the same journal.

use chrono::TimeDelta;
use entity::ids::{ProgrammeId, PurchaseId};
use entity::ledger::{allocation, entry, hold, idempotency_key, lot, posting, wallet};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::apply;
use super::core::properties::{
    HOUSEHOLD, KINDS_BUT_REVERSAL, Wish, bare, book, dated, end, id, outstanding, partner, tell,
    wallet as wallet_id, wishes,
};
use super::core::{Action, Book, Command, Expiry, Rules, Verdict, decide};
use crate::db::Db;
use crate::rows::insert_all;
use crate::scratch::Scratch;

/// The wishes as commands; then the holds lapse, both members join a household, and one of their
/// purchases comes back.
fn commands(rules: Rules, wishes: &[Wish], returned: usize) -> Vec<Command> {
    let mut book = book(rules);
    let mut commands = tell(&mut book, wishes, |_, _, _| {});
    let later = end(&commands) + TimeDelta::days(100);
    let act = |place, number, purchase, action| bare(place, number, later, purchase, action);
    for (place, number) in [(100, 0), (101, 1)] {
        commands.push(act(place, number, None, Action::Settle));
        commands.push(act(place + 10, number, None, Action::Pool { into: wallet_id(HOUSEHOLD) }));
    }
    let purchase = PurchaseId::from_uuid(id(returned % wishes.len(), 2));
    let outstanding = outstanding(&book, purchase);
    let back = Action::returning(partner(), outstanding, outstanding);
    commands.push(act(120, HOUSEHOLD, Some(purchase), back));
    commands.push(act(121, HOUSEHOLD, None, Action::Settle));
    commands
}

/// Opens a programme's wallets and applies the commands in batches that end where `cuts` say.
async fn apply_all(db: &Db, rules: &Rules, commands: &[Command], cuts: &[bool]) -> Vec<Verdict> {
    let tx = db.begin().await.unwrap();
    let wallets = book(rules.clone()).wallets;
    let rows: Vec<wallet::Model> = wallets.into_values().map(|wallet| wallet.row).collect();
    insert_all::<wallet::Entity>(&tx, &rows).await.unwrap();
    tx.commit(()).await.unwrap();
    let mut verdicts = Vec::new();
    let mut from = 0;
    for until in 1..=commands.len() {
        if until == commands.len() || cuts.get(until).copied().unwrap_or(false) {
            let tx = db.begin().await.unwrap();
            verdicts.extend(apply(&tx, rules.clone(), &commands[from..until]).await.unwrap());
            tx.commit(()).await.unwrap();
            from = until;
        }
    }
    verdicts
}

macro_rules! rows {
    ($db:expr, $rules:expr, $table:ident) => {
        $table::Entity::find()
            .filter($table::Column::ProgrammeId.eq($rules.programme))
            .all($db.primary())
            .await
            .unwrap()
    };
}

/// What the tables hold is what the book does.
async fn is_stored(db: &Db, rules: &Rules, book: &Book) {
    let sorted = |mut texts: Vec<String>| {
        texts.sort();
        texts
    };
    macro_rules! same {
        ($table:ident, $expected:expr) => {{
            let stored = rows!(db, rules, $table).iter().map(|row| format!("{row:?}")).collect();
            let expected = $expected.map(|row| format!("{row:?}")).collect();
            assert_eq!(sorted(stored), sorted(expected), stringify!($table));
        }};
    }
    let wallets = || book.wallets.values();
    same!(entry, book.journal.entries.iter());
    same!(posting, book.journal.postings.iter());
    same!(allocation, book.journal.allocations.iter());
    same!(wallet, wallets().map(|wallet| &wallet.row));
    same!(lot, wallets().flat_map(|wallet| wallet.lots.values()));
    same!(hold, wallets().flat_map(|wallet| wallet.holds.values()).map(|hold| &hold.row));
    let keys = rows!(db, rules, idempotency_key).len();
    assert_eq!(keys, book.journal.keys.len());
}

#[test]
fn commands_end_alike_in_one_batch_in_several_and_in_memory() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scratch = runtime.block_on(Scratch::new());
    let db = runtime.block_on(scratch.open());
    let inactivity = Expiry::Inactivity { months: 3, zone: chrono_tz::Europe::Berlin };
    let expiries = prop_oneof![Just(Expiry::Dated), Just(inactivity)];
    let cuts = prop::collection::vec(any::<bool>(), 60);
    let story = (wishes(KINDS_BUT_REVERSAL), expiries, cuts, 0_usize..40);
    let mut runner =
        TestRunner::new(Config { cases: 16, failure_persistence: None, ..Config::default() });
    let ran = runner.run(&story, |(wishes, expiry, cuts, returned)| {
        let rules = Rules { expiry, ..dated() };
        let commands = commands(rules.clone(), &wishes, returned);
        for cuts in [&[], &cuts[..], &[true; 60]] {
            let programme = ProgrammeId::from_uuid(Uuid::now_v7());
            let rules = Rules { programme, ..rules.clone() };
            let mut book = book(rules.clone());
            let expected: Vec<Verdict> = commands.iter().map(|c| decide(&mut book, c)).collect();
            let verdicts = runtime.block_on(apply_all(&db, &rules, &commands, cuts));
            prop_assert_eq!(verdicts, expected);
            runtime.block_on(is_stored(&db, &rules, &book));
        }
        Ok(())
    });
    runtime.block_on(db.close()).unwrap();
    runtime.block_on(scratch.remove());
    ran.unwrap();
}

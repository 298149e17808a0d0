//! An archive: what goes, what stays, that nothing is answered otherwise, and that a crash at any point
//! loses nothing.

use std::fs::{self, File};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend};
use serde_json::{Value, json};
use service::programmes::Settings;
use service::{Actor, Error, Scope};

use super::{Ended, Folder};
use crate::earning::rules;
use crate::support::books::texts;
use crate::support::{Caller, START, World, payment, receipt};

const ARCHIVE: &str = "archive --before 2026-04-01 --to archive";
const FIRST: &str = "archive/arno-000001.jsonl.gz";

/// A folder of an archive, and a world with something to archive: three receipts, their points matured,
/// then a payment.
struct Story {
    folder: Folder,
    world: World,
    grocer: Caller,
    ana: Caller,
    paid: Value,
}

impl Story {
    async fn new() -> Self {
        let world = World::with(Settings { pending_days: 14, ..Settings::default() }).await;
        let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
        let story = Self { folder: Folder::new(), world, grocer, ana, paid: Value::Null };
        for number in ["R1", "R2"] {
            assert_eq!(story.sells(number).await["points"], 10);
        }
        story.world.days_pass(14).await;
        story.sells("R3").await;
        let wish = payment("C1", 5, "p", story.world.now());
        let paid = story.grocer.does("payWithPoints", "entry { id }", wish).await;
        Self { paid, ..story }
    }

    async fn sells(&self, number: &str) -> Value {
        self.sold(number, self.world.now()).await
    }

    async fn sold(&self, number: &str, at: DateTime<Utc>) -> Value {
        let sale = receipt(number, "C1", "10.00", at);
        self.grocer.does("recordPurchase", "points isReplayed purchase { id }", sale).await
    }

    fn florin(&self, line: &str) -> Ended {
        self.folder.florin_over(line, &self.world.books)
    }

    /// Archives, and says what was printed.
    fn archives(&self) -> String {
        let ended = self.florin(ARCHIVE);
        assert_eq!(ended.code, 0, "{}{}", ended.printed, ended.complained);
        ended.printed
    }

    fn verifies(&self) {
        let verdict = self.florin("verify --archive archive");
        assert_eq!(verdict.code, 0, "{}{}", verdict.printed, verdict.complained);
    }

    async fn owner(&self) -> DatabaseConnection {
        Database::connect(self.world.books.url()).await.unwrap()
    }

    /// The kinds of the entries that are kept, oldest first.
    async fn kept(&self) -> Vec<String> {
        let owner = self.owner().await;
        let kept = texts(&owner, "select kind from entry order by seq").await;
        owner.close().await.unwrap();
        kept
    }

    async fn totals(&self) -> String {
        let (world, ledger) = (&self.world, &self.world.gateway.services.ledger);
        let until = world.now() + TimeDelta::days(1);
        let operator = Actor::new(world.programme, world.operator.who, Scope::ALL.to_vec(), until);
        let totals = ledger.totals(&operator).await.unwrap();
        format!("{totals:?} {:?}", ledger.outstanding(&operator).await.unwrap())
    }

    async fn closes(self) {
        self.world.closes().await;
    }
}

#[tokio::test]
async fn cashback_is_not_archived_and_its_facts_stand_for_no_points() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let rate = json!({ "partnerId": grocer.id, "expectedVersion": 1, "cashbackBp": 200 });
    world.operator.does("updatePartner", "partner { id }", rate).await;
    let story = Story { folder: Folder::new(), world, grocer, ana, paid: Value::Null };
    // One entry of points, and of cashback, which the same wallet numbers apart, two.
    story.sells("R1").await;
    assert_eq!(story.archives(), "arno: nothing to archive\n");
    story.verifies();
    story.sells("R2").await;
    let printed = story.archives();
    assert_eq!(printed, "arno: 1 entries and 1 postings are in arno-000001.jsonl.gz\n");
    story.verifies();
    let asked = "{ viewer { cashback { available { amount } history { nodes { kind } } } } }";
    let cashback = story.ana.asks(asked).await["viewer"]["cashback"].clone();
    assert_eq!(cashback["available"]["amount"], "0.40");
    assert_eq!(cashback["history"]["nodes"].as_array().unwrap().len(), 4);
    story.closes().await;
}

#[tokio::test]
async fn what_events_earned_goes_too_and_their_keys_are_answered_as_before() {
    let story = Story::new().await;
    let kind = json!({ "code": "review", "name": "Review", "byPartners": true });
    story.world.operator.does("declareEventType", "eventType { code }", kind).await;
    let gift = json!({ "fixed": { "points": 20 } });
    rules(&story.world.operator, "review", gift, json!({ "eventType": "review" })).await;
    let event = json!({ "type": "review", "member": { "cardNumber": "C1" },
        "occurredAt": story.world.now(), "idempotencyKey": "e" });
    let reports = async || {
        let told = "points isReplay event { id points entryId }";
        story.grocer.does("recordEvent", told, event.clone()).await
    };
    let first = reports().await;
    assert_eq!((&first["points"], &first["isReplay"]), (&json!(20), &json!(false)));
    // The last of a wallet stays.
    story.sells("R4").await;
    assert!(story.kept().await.contains(&"EVENT_EARNED".to_owned()));
    let printed = story.archives();
    assert_eq!(printed, "arno: 5 entries and 5 postings are in arno-000001.jsonl.gz\n");
    assert_eq!(story.kept().await, ["PAID", "EARNED"]);
    story.verifies();
    let again = reports().await;
    assert_eq!((&again["event"], &again["isReplay"]), (&first["event"], &json!(true)));
    let other = json!({ "type": "review", "member": { "cardNumber": "C1" },
        "occurredAt": story.world.now() - TimeDelta::days(1), "idempotencyKey": "e" });
    let refused = story.grocer.is_refused("recordEvent", other).await;
    assert_eq!(refused.0, "IDEMPOTENCY_KEY_REUSED");
    story.closes().await;
}

#[tokio::test]
async fn what_earned_and_matured_goes_and_nothing_is_answered_otherwise() {
    let story = Story::new().await;
    let before = (story.world.wallet(&story.ana).await, story.totals().await);
    let printed = story.archives();
    assert_eq!(printed, "arno: 4 entries and 4 postings are in arno-000001.jsonl.gz\n");
    assert_eq!(story.kept().await, ["PAID"]);
    story.verifies();
    assert_eq!((story.world.wallet(&story.ana).await, story.totals().await), before);

    let again = story.sold("R1", START.parse().unwrap()).await;
    assert_eq!((&again["points"], &again["isReplayed"]), (&json!(10), &json!(true)));
    let wish = payment("C1", 5, "p", story.world.now());
    let paid = story.grocer.does("payWithPoints", "entry { id }", wish).await;
    assert_eq!(paid, story.paid);
    let viewer =
        "{ viewer { wallet { historyCompleteSince } history(first: 9) { nodes { kind } } } }";
    let viewer = story.ana.asks(viewer).await["viewer"].clone();
    assert_eq!(viewer["wallet"]["historyCompleteSince"], "2026-04-01T00:00:00Z");
    assert_eq!(viewer["history"]["nodes"], json!([{ "kind": "PAID" }]));

    let undo = json!({ "paymentId": paid["entry"]["id"], "idempotencyKey": "u" });
    story.grocer.does("reversePayment", "isReplayed", undo).await;
    let back = json!({ "purchaseId": again["purchase"]["id"], "occurredAt": story.world.now(),
        "idempotencyKey": "r" });
    story.grocer.does("returnPurchase", "isReplayed", back).await;
    assert_eq!(story.world.wallet(&story.ana).await, [10, 10, 0, 0]);
    story.verifies();
    story.closes().await;
}

#[tokio::test]
async fn an_archive_grows_file_by_file_until_nothing_is_left_to_take() {
    let story = Story::new().await;
    story.archives();
    assert_eq!(story.archives(), "arno: nothing to archive\n");
    story.world.days_pass(14).await;
    story.world.days_pass(14).await;
    story.sells("R4").await;
    // It was matured on the 30th of March, the day before the last that goes.
    assert_eq!(story.archives(), "arno: 1 entries and 1 postings are in arno-000002.jsonl.gz\n");
    story.verifies();
    let owner = story.owner().await;
    owner.execute_unprepared("delete from checkpoint").await.unwrap();
    owner.close().await.unwrap();
    let before = story.world.wallet(&story.ana).await;
    while story.world.gateway.services.advance_checkpoints().await.unwrap() > 0 {}
    story.verifies();
    let available = format!("available: {}, pending: {}", before[0], before[1]);
    assert!(story.totals().await.contains(&available), "{}", story.totals().await);
    story.closes().await;
}

#[tokio::test]
async fn only_what_is_behind_a_seal_can_be_deleted() {
    let story = Story::new().await;
    let owner = story.owner().await;
    let is_refused = async |sql: &str| owner.execute_unprepared(sql).await.is_err();
    let earned =
        "delete from posting where entry_id in (select id from entry where kind = 'EARNED')";
    assert!(is_refused(earned).await);
    story.archives();
    story.world.days_pass(30).await;
    story.sells("R5").await;
    story.world.gateway.services.sequence().await.unwrap();
    for kind in ["PAID", "EARNED", "MATURED"] {
        let entries = format!("select id from entry where kind = '{kind}'");
        let postings = format!("delete from posting where entry_id in ({entries})");
        assert!(is_refused(&postings).await, "{postings}");
        assert!(is_refused(&format!("delete from entry where kind = '{kind}'")).await, "{kind}");
    }
    for table in ["seal", "opening", "archived_sum"] {
        assert!(is_refused(&format!("delete from {table}")).await, "{table}");
    }
    assert!(is_refused("update seal set position = position + 1").await);
    owner.close().await.unwrap();
    story.closes().await;
}

#[tokio::test]
async fn a_crash_at_any_point_loses_nothing() {
    let story = Story::new().await;
    let owner = story.owner().await;
    // Before the seal is set; before a first row is deleted; in the middle of a step.
    for (event, told) in [
        ("insert on seal", ""),
        ("delete on posting", ""),
        ("delete on entry", "arno: finished arno-000001.jsonl.gz\n"),
    ] {
        breaks(&owner, event).await;
        let ended = story.florin(ARCHIVE);
        assert_eq!((ended.code, ended.printed.as_str()), (1, ""), "{event}: {}", ended.complained);
        mends(&owner, event).await;
        assert_eq!(story.kept().await.len(), 5, "{event}");
        let verdict = story.florin("verify");
        assert_eq!(verdict.code, 0, "{event}: {}", verdict.printed);
        if !told.is_empty() {
            assert_eq!(story.archives(), format!("{told}arno: nothing to archive\n"));
        }
    }
    assert_eq!(story.kept().await, ["PAID"]);
    story.verifies();
    owner.close().await.unwrap();
    story.closes().await;
}

/// From now on the database fails there.
async fn breaks(owner: &DatabaseConnection, event: &str) {
    let sql = if owner.get_database_backend() == DbBackend::Postgres {
        format!(
            "create or replace function fail() returns trigger language plpgsql as
                $$ begin raise exception 'no more'; end $$;
             create trigger aaa_fails before {event} for each row execute function fail()"
        )
    } else {
        format!("create trigger aaa_fails before {event} begin select raise(abort, 'no more'); end")
    };
    owner.execute_unprepared(&sql).await.unwrap();
}

async fn mends(owner: &DatabaseConnection, event: &str) {
    let table = event.rsplit(' ').next().unwrap();
    let on = if owner.get_database_backend() == DbBackend::Postgres {
        format!(" on {table}")
    } else {
        String::new()
    };
    owner.execute_unprepared(&format!("drop trigger aaa_fails{on}")).await.unwrap();
}

#[tokio::test]
async fn a_file_that_was_changed_is_found_and_nothing_is_deleted_behind_it() {
    let story = Story::new().await;
    let owner = story.owner().await;
    breaks(&owner, "delete on entry").await;
    assert_eq!(story.florin(ARCHIVE).code, 1);
    mends(&owner, "delete on entry").await;
    let file = story.folder.0.join(FIRST);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let refused = story.florin(ARCHIVE);
    assert_eq!(refused.code, 1);
    assert!(refused.complained.contains("arno-000001.jsonl.gz is not what was sealed"));
    assert_eq!(story.kept().await.len(), 5);
    let verdict = story.florin("verify --archive archive");
    assert_eq!(verdict.code, 1);
    assert!(verdict.printed.contains("arno-000001.jsonl.gz is not what was sealed"));
    fs::write(&file, whole).unwrap();
    story.archives();
    story.verifies();
    owner.close().await.unwrap();
    story.closes().await;
}

#[tokio::test]
async fn whoever_listens_from_behind_the_seal_is_told_where_it_begins() {
    let story = Story::new().await;
    story.archives();
    let (world, live) = (&story.world, &story.world.gateway.services.live);
    let until = world.now() + TimeDelta::days(1);
    let grocer = Actor::new(world.programme, story.grocer.who, Scope::ALL.to_vec(), until);
    let refused = live.purchases(&grocer, Some(3)).await.err().unwrap();
    assert!(matches!(refused, Error::BadInput { .. }), "{refused}");
    assert_eq!(refused.to_string(), "after is a position from 4 to 5");
    // What was kept is told, however long ago the archive was made.
    assert!(live.purchases(&grocer, Some(4)).await.is_ok());
    story.closes().await;
}

#[tokio::test]
async fn one_archiver_at_a_time_works_in_a_folder() {
    let story = Story::new().await;
    let folder = story.folder.0.join("archive");
    fs::create_dir(&folder).unwrap();
    let lock = File::create(folder.join(".lock")).unwrap();
    lock.lock().unwrap();
    let refused = story.florin(ARCHIVE);
    assert_eq!(refused.code, 1);
    assert!(refused.complained.contains("another `florin archive` is at work in archive"));
    assert_eq!(story.kept().await.len(), 5);
    drop(lock);
    story.archives();
    story.verifies();
    story.closes().await;
}

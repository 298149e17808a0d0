//! A disk without space: what can't be written isn't, and is told so; reading goes on, and writing when
//! there is space again. PostgreSQL's disk is its own affair.

use std::collections::BTreeSet;

use chrono::Utc;
use futures_util::future::try_join_all;
use sea_orm::Database;
use serde_json::Value;
use service::Location;

use super::assert_unknown;
use crate::support::books::texts;
use crate::support::process::Process;
use crate::support::{Caller, World, receipt};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_and_stops_nothing_but_writing() {
    let world = World::new().await;
    if matches!(world.books.location(), Location::Sqlite(_)) {
        fill_the_disk(&world).await;
    }
    world.closes().await;
}

async fn fill_the_disk(world: &World) {
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let process = Process::serving(world);
    let (till, ana) =
        (process.caller(&grocer, "partner grocer"), process.caller(&ana, "member C1"));
    let mut kept = BTreeSet::new();
    for place in 0..5 {
        let number = format!("R{place}");
        let sold = sends(till.clone(), number.clone()).await;
        assert_eq!(sold["data"]["recordPurchase"]["isReplayed"], false, "{sold}");
        kept.insert(number);
    }
    process.files_end_at("1");
    let lost: Vec<String> = (0..16).map(|place| format!("lost-{place}")).collect();
    let sending = lost.iter().map(|number| tokio::spawn(sends(till.clone(), number.clone())));
    for answer in try_join_all(sending).await.unwrap() {
        assert_unknown(&answer);
    }
    assert_eq!(recorded(world).await, kept);
    let points = |kept: &BTreeSet<String>| i64::try_from(kept.len()).unwrap();
    assert_eq!(world.wallet(&ana).await, [points(&kept), 0, 0, 0]);
    let ready = reqwest::get(format!("http://{}/health/ready", process.address)).await.unwrap();
    assert_eq!(ready.status(), 200);

    process.files_end_at("unlimited");
    for number in lost {
        let again = sends(till.clone(), number.clone()).await;
        assert_eq!(again["data"]["recordPurchase"]["isReplayed"], false, "{again}");
        kept.insert(number);
    }
    assert_eq!(recorded(world).await, kept);
    assert_eq!(world.wallet(&ana).await, [points(&kept), 0, 0, 0]);
}

async fn sends(till: Caller, number: String) -> Value {
    till.sends("recordPurchase", "isReplayed", receipt(&number, "C1", "1.00", Utc::now())).await
}

async fn recorded(world: &World) -> BTreeSet<String> {
    let database = Database::connect(world.books.url()).await.unwrap();
    let numbers = texts(&database, "select receipt_number from purchase").await;
    database.close().await.unwrap();
    numbers.into_iter().collect()
}

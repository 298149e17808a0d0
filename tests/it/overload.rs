//! Far more to do than can be done: whoever asks is answered soon, with success or with the word to come
//! again; the gateway stays alive and small, and what it acknowledged is in the books, once.
//!
//! For fifteen seconds, or as many as `FLORIN_TEST_OVERLOAD_SECONDS` says.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use reqwest::StatusCode;
use sea_orm::Database;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::books::texts;
use crate::support::process::Process;
use crate::support::{Caller, World, code, receipt};

/// Half as much again as may wait in a lane, in requests of a hundred receipts.
const WRITERS: usize = 60;
const RECEIPTS: usize = 100;
const CARDS: usize = 8;
/// The longest that anyone waits for an answer: what one request may take, and a little for the way.
const WAIT_MAX: Duration = Duration::from_secs(12);
/// What the process may take, caches and buffers of the database included.
const RESIDENT_KIB_MAX: u64 = 640 * 1024;

fn load_lasts() -> Duration {
    let seconds = std::env::var("FLORIN_TEST_OVERLOAD_SECONDS");
    Duration::from_secs(seconds.map_or(15, |seconds| seconds.parse().unwrap()))
}

/// What became of a writer's requests.
#[derive(Default)]
struct Told {
    acknowledged: Vec<String>,
    shed: usize,
    longest: Duration,
}

const RECORD: &str = "mutation($input: RecordPurchasesInput!) { recordPurchases(input: $input) \
     { results { isReplayed userErrors { code } } } }";

/// Receipts of all cards; the first card's place is the lane of all of them.
fn sale(name: &str) -> (Vec<String>, Value) {
    let numbers: Vec<String> = (0..RECEIPTS).map(|place| format!("{name}-{place}")).collect();
    let one = |(place, number): (usize, &String)| {
        receipt(number, &format!("C{}", place % CARDS), "1.00", Utc::now())
    };
    let purchases: Vec<Value> = numbers.iter().enumerate().map(one).collect();
    (numbers, json!({ "input": { "purchases": purchases } }))
}

async fn writes(till: Caller, writer: usize, until: Instant) -> Told {
    let mut told = Told::default();
    for round in 0.. {
        if Instant::now() > until {
            break;
        }
        let (numbers, input) = sale(&format!("R{writer}-{round}"));
        let begun = Instant::now();
        let (status, wait, answer) = till.hears(RECORD, input).await;
        told.longest = told.longest.max(begun.elapsed());
        if answer["errors"].is_null() {
            let results = answer["data"]["recordPurchases"]["results"].as_array().unwrap();
            assert!(results.iter().all(|one| one["isReplayed"] == false && code(one) == "OK"));
            told.acknowledged.extend(numbers);
            continue;
        }
        let extensions = &answer["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "OVERLOADED", "{answer}");
        // It was refused while it ran, or before.
        assert_eq!(status == StatusCode::OK, answer.get("data").is_some(), "{status}: {answer}");
        assert_eq!(extensions["retryAfterSeconds"], wait.unwrap());
        assert!((1..=30).contains(&wait.unwrap()));
        told.shed += 1;
        // Sooner than it was told: the load is to last.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    told
}

/// Looks at the process until the load is over: whether it is healthy, and how large at most.
fn watches(process: &Arc<Process>, is_over: &Arc<AtomicBool>) -> JoinHandle<u64> {
    let (process, is_over) = (process.clone(), is_over.clone());
    let largest = AtomicU64::new(0);
    tokio::spawn(async move {
        while !is_over.load(Ordering::Relaxed) {
            for path in ["live", "ready"] {
                let begun = Instant::now();
                let url = format!("http://{}/health/{path}", process.address);
                let answer = reqwest::get(url).await.unwrap();
                assert_eq!(answer.status(), StatusCode::OK, "{path}");
                assert!(begun.elapsed() < Duration::from_secs(3), "{path}: {:?}", begun.elapsed());
            }
            largest.fetch_max(process.resident_kib(), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        largest.into_inner()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_with_too_much_to_do_says_so_and_keeps_its_word() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    for card in 0..CARDS {
        world.member(&format!("C{card}")).await;
    }
    let process = Arc::new(Process::serving(&world));
    let till = process.caller(&grocer, "partner grocer");
    let is_over = Arc::new(AtomicBool::new(false));
    let watching = watches(&process, &is_over);

    let until = Instant::now() + load_lasts();
    let writing: Vec<_> =
        (0..WRITERS).map(|writer| tokio::spawn(writes(till.clone(), writer, until))).collect();
    let mut all = Told::default();
    for writer in writing {
        let told = writer.await.unwrap();
        all.acknowledged.extend(told.acknowledged);
        all.shed += told.shed;
        all.longest = all.longest.max(told.longest);
    }
    let ended = Instant::now();
    let (last, input) = sale("last");
    let (_, _, answer) = till.hears(RECORD, input).await;
    assert!(answer["errors"].is_null(), "{answer}");
    assert!(ended.elapsed() < Duration::from_secs(5), "{:?}", ended.elapsed());
    all.acknowledged.extend(last);
    is_over.store(true, Ordering::Relaxed);
    let largest = watching.await.unwrap();

    println!(
        "{} receipts kept, {} requests shed, {:?} the longest wait, {} MiB",
        all.acknowledged.len(),
        all.shed,
        all.longest,
        largest / 1024
    );
    assert!(all.shed > 0);
    assert!(all.longest < WAIT_MAX, "{:?}", all.longest);
    assert!(largest < RESIDENT_KIB_MAX, "{largest} KiB");
    is_counted(&process).await;
    // What was acknowledged and nothing else, each once.
    assert_eq!(recorded(&world).await, all.acknowledged.into_iter().collect::<BTreeSet<_>>());
    drop((process, till));
    world.closes().await;
}

async fn is_counted(process: &Process) {
    let url = format!("http://{}/metrics", process.address);
    let page = reqwest::get(url).await.unwrap().text().await.unwrap();
    for name in [
        "waiting_jobs",
        "batch_jobs_count",
        "wait_seconds_count",
        "commit_seconds_count",
        "overloaded_total",
    ] {
        assert!(page.contains(&format!("\nflorin_lane_{name} ")), "{name}: {page}");
    }
}

/// The numbers of all receipts in the books, of which none is there twice.
async fn recorded(world: &World) -> BTreeSet<String> {
    let database = Database::connect(world.books.url()).await.unwrap();
    let numbers = texts(&database, "select receipt_number from purchase").await;
    database.close().await.unwrap();
    let recorded: BTreeSet<String> = numbers.iter().cloned().collect();
    assert_eq!(recorded.len(), numbers.len());
    recorded
}

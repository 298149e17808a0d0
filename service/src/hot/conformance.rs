//! What both backends must do alike. Redis is asked when `FLORIN_TEST_REDIS_URL` names one.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::*;

const SERVER: &str = "FLORIN_TEST_REDIS_URL";

async fn backends() -> Vec<Box<dyn HotStore>> {
    let mut backends: Vec<Box<dyn HotStore>> = vec![Box::new(Memory::default())];
    if let Ok(url) = std::env::var(SERVER) {
        backends.push(Box::new(Redis::connect(&url, &prefix()).unwrap()));
    }
    backends
}

/// Of one test alone.
fn prefix() -> String {
    format!("florin-test/{}", Uuid::now_v7())
}

#[tokio::test]
async fn a_bucket_holds_what_it_holds() {
    for store in backends().await {
        let key = Uuid::now_v7().to_string();
        let bucket = Bucket { capacity: 3, leak_per_second: 1 };
        let rooms = [
            store.pour(&key, bucket, 2).await.unwrap(),
            store.pour(&key, bucket, 1).await.unwrap(),
        ];
        assert!(rooms.iter().all(|level| level.is_accepted && level.retry_after.is_zero()));
        assert_eq!(rooms.map(|level| level.room), [1, 0]);
        let full = store.pour(&key, bucket, 2).await.unwrap();
        assert!(!full.is_accepted);
        assert!(full.retry_after > Duration::from_secs(1), "{:?}", full.retry_after);
        assert!(full.retry_after <= Duration::from_secs(2), "{:?}", full.retry_after);
        let other = store.pour(&format!("{key}/other"), bucket, 3).await.unwrap();
        assert!(other.is_accepted);
    }
}

#[tokio::test]
async fn a_bucket_leaks() {
    for store in backends().await {
        let key = Uuid::now_v7().to_string();
        let bucket = Bucket { capacity: 10, leak_per_second: 100 };
        assert!(store.pour(&key, bucket, 10).await.unwrap().is_accepted);
        assert!(!store.pour(&key, bucket, 10).await.unwrap().is_accepted);
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert!(store.pour(&key, bucket, 10).await.unwrap().is_accepted);
    }
}

#[tokio::test]
async fn a_wake_up_reaches_everybody_who_listens() {
    for store in backends().await {
        let (mut one, mut other) = (store.woken(), store.woken());
        let heard = async {
            one.changed().await.unwrap();
            other.changed().await.unwrap();
        };
        let told = async {
            // The listening connection to Redis may take a moment to stand.
            loop {
                store.wake().await.unwrap();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            () = heard => {}
            () = told => {}
            () = tokio::time::sleep(Duration::from_secs(5)) => panic!("nobody heard"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn takers_at_once_take_no_more_than_there_is() {
    for store in backends().await {
        let store: Arc<dyn HotStore> = store.into();
        let key = Uuid::now_v7().to_string();
        // Nothing runs out while they take.
        let bucket = Bucket { capacity: 20, leak_per_second: 0 };
        let takers = (0..32).map(|_| {
            let (store, key) = (Arc::clone(&store), key.clone());
            tokio::spawn(async move { store.pour(&key, bucket, 3).await.unwrap() })
        });
        let mut rooms = Vec::new();
        for taker in takers.collect::<Vec<_>>() {
            let level = taker.await.unwrap();
            if level.is_accepted {
                rooms.push(level.room);
            }
        }
        rooms.sort_unstable();
        assert_eq!(rooms, [2, 5, 8, 11, 14, 17]);
        assert_eq!(store.pour(&key, bucket, 2).await.unwrap().room, 0);
    }
}

#[tokio::test]
async fn pouring_nothing_asks_how_much_there_is() {
    for store in backends().await {
        let key = Uuid::now_v7().to_string();
        let bucket = Bucket { capacity: 5, leak_per_second: 1 };
        assert_eq!(store.pour(&key, bucket, 0).await.unwrap().room, 5);
        assert!(!store.pour(&key, bucket, 6).await.unwrap().is_accepted);
        // What was refused was not poured.
        assert_eq!(store.pour(&key, bucket, 0).await.unwrap().room, 5);
    }
}

#[tokio::test]
async fn a_mark_only_rises_for_as_long_as_it_lives() {
    for store in backends().await {
        let (key, life) = (Uuid::now_v7().to_string(), Duration::from_secs(20));
        for (mark, stands) in [(5, 5), (3, 5), (8, 8), (i64::MAX, i64::MAX), (9, i64::MAX)] {
            store.raise(&key, mark, life).await.unwrap();
            assert_eq!(store.kept(&key, life).await.unwrap(), Kept::At(stands), "{mark}");
        }
        let brief = Duration::from_millis(100);
        store.kept("other", brief).await.unwrap();
        store.raise(&key, 1, brief).await.unwrap();
        tokio::time::sleep(2 * brief).await;
        assert_eq!(store.kept(&key, brief).await.unwrap(), Kept::Nothing);
        store.raise(&key, 1, life).await.unwrap();
        assert_eq!(store.kept(&key, life).await.unwrap(), Kept::At(1));
    }
}

#[tokio::test]
async fn a_store_that_has_just_begun_knows_of_no_mark_that_there_was_none() {
    for store in backends().await {
        let life = Duration::from_millis(300);
        assert_eq!(store.kept("a", life).await.unwrap(), Kept::Unknown);
        store.raise("b", 1, life).await.unwrap();
        assert_eq!(store.kept("a", life).await.unwrap(), Kept::Unknown);
        tokio::time::sleep(life).await;
        assert_eq!(store.kept("a", life).await.unwrap(), Kept::Nothing);
    }
}

#[tokio::test]
async fn prefixes_keep_apart_what_shares_a_redis() {
    let Ok(url) = std::env::var(SERVER) else { return };
    let one = prefix();
    let stores = [&one, &one, &prefix()].map(|prefix| Redis::connect(&url, prefix).unwrap());
    let bucket = Bucket { capacity: 3, leak_per_second: 1 };
    let mut rooms = Vec::new();
    for store in &stores {
        rooms.push(store.pour("key", bucket, 1).await.unwrap().room);
    }
    assert_eq!(rooms, [2, 1, 2]);
    let [teller, same, other] = &stores;
    let (mut same, mut others) = (same.woken(), other.woken());
    until_heard(other, &mut others).await;
    until_heard(teller, &mut same).await;
    assert!(!others.has_changed().unwrap());
}

/// The listening connections may take a moment to stand.
async fn until_heard(teller: &Redis, woken: &mut watch::Receiver<u64>) {
    while !woken.has_changed().unwrap() {
        teller.wake().await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    woken.mark_unchanged();
}

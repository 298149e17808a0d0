//! What both backends must do alike. Redis is asked when `FLORIN_TEST_REDIS_URL` names one.

use std::time::Duration;

use uuid::Uuid;

use super::*;

async fn backends() -> Vec<Box<dyn HotStore>> {
    let mut backends: Vec<Box<dyn HotStore>> = vec![Box::new(Memory::default())];
    if let Ok(url) = std::env::var("FLORIN_TEST_REDIS_URL") {
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

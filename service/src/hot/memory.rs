//! The shared state of one process: enough for an embedded Florin, and gone with it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{Bucket, HotStore, Level, Unavailable};

/// When as many buckets are kept, those that have run empty are forgotten.
const BUCKETS_MAX: usize = 10_000;
/// A drop in thousandths, so that slow leaks don't round to nothing.
const DROP: u64 = 1_000;

/// Buckets and wake-ups of this process.
pub struct Memory {
    buckets: Mutex<HashMap<String, Filled>>,
    wakes: watch::Sender<u64>,
}

/// How full a bucket was, in thousandths, and when.
#[derive(Clone, Copy)]
struct Filled {
    thousandths: u64,
    at: Instant,
    leak_per_second: u64,
}

impl Filled {
    fn now(self, now: Instant) -> u64 {
        let milliseconds = now.saturating_duration_since(self.at).as_millis();
        let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
        // A drop a second is a thousandth of it a millisecond.
        self.thousandths.saturating_sub(milliseconds.saturating_mul(self.leak_per_second))
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self { buckets: Mutex::default(), wakes: watch::Sender::new(0) }
    }
}

impl Memory {
    fn pour_at(&self, key: &str, bucket: Bucket, drops: u64, now: Instant) -> Level {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, filled| filled.now(now) > 0);
        }
        let before = buckets.get(key).map_or(0, |filled| filled.now(now));
        let (level, after) = poured(before, bucket, drops);
        let filled =
            Filled { thousandths: after, at: now, leak_per_second: bucket.leak_per_second };
        buckets.insert(key.to_owned(), filled);
        level
    }
}

/// What pouring does to a bucket that holds `before` thousandths, and what it holds then.
fn poured(before: u64, bucket: Bucket, drops: u64) -> (Level, u64) {
    let capacity = bucket.capacity.saturating_mul(DROP);
    let wished = before.saturating_add(drops.saturating_mul(DROP));
    let is_accepted = wished <= capacity;
    let after = if is_accepted { wished } else { before };
    let excess = wished.saturating_sub(capacity);
    let milliseconds = excess.div_ceil(bucket.leak_per_second.max(1));
    let level = Level {
        is_accepted,
        room: capacity.saturating_sub(after) / DROP,
        retry_after: Duration::from_millis(milliseconds),
    };
    (level, after)
}

#[async_trait::async_trait]
impl HotStore for Memory {
    async fn pour(&self, key: &str, bucket: Bucket, drops: u64) -> Result<Level, Unavailable> {
        Ok(self.pour_at(key, bucket, drops, Instant::now()))
    }

    async fn wake(&self) -> Result<(), Unavailable> {
        self.wakes.send_modify(|wakes| *wakes += 1);
        Ok(())
    }

    fn woken(&self) -> watch::Receiver<u64> {
        self.wakes.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: Bucket = Bucket { capacity: 10, leak_per_second: 2 };

    #[test]
    fn a_bucket_runs_out_with_time() {
        let (memory, start) = (Memory::default(), Instant::now());
        let pour = |drops, milliseconds| {
            memory.pour_at("a", BUCKET, drops, start + Duration::from_millis(milliseconds))
        };
        assert_eq!(pour(10, 0).room, 0);
        let refused = pour(3, 0);
        assert!(!refused.is_accepted);
        assert_eq!(refused.retry_after, Duration::from_millis(1_500));
        assert!(!pour(3, 1_499).is_accepted);
        assert!(pour(3, 1_500).is_accepted);
        assert_eq!(pour(0, 3_500).room, 4);
    }

    #[test]
    fn empty_buckets_are_forgotten() {
        let (memory, start) = (Memory::default(), Instant::now());
        for client in 0..BUCKETS_MAX {
            memory.pour_at(&client.to_string(), BUCKET, 1, start);
        }
        memory.pour_at("late", BUCKET, 1, start + Duration::from_secs(1));
        assert_eq!(memory.buckets.lock().unwrap().len(), 1);
    }
}

//! The shared state of one process: enough for an embedded Florin, and gone with it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{Bucket, HotStore, Kept, Level, Unavailable};

/// When as many buckets are kept, those that have run empty are forgotten.
const BUCKETS_MAX: usize = 10_000;
/// When as many marks are kept, those whose time is over are forgotten.
const MARKS_MAX: usize = 10_000;
/// A drop in thousandths, so that slow leaks don't round to nothing.
const DROP: u64 = 1_000;

/// Buckets, marks and wake-ups of this process.
pub struct Memory {
    buckets: Mutex<HashMap<String, Filled>>,
    marks: Mutex<HashMap<String, Mark>>,
    since: Instant,
    wakes: watch::Sender<u64>,
}

/// Where a mark stands, and for how long.
#[derive(Clone, Copy)]
struct Mark {
    at: i64,
    until: Instant,
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
        Self {
            buckets: Mutex::default(),
            marks: Mutex::default(),
            since: Instant::now(),
            wakes: watch::Sender::new(0),
        }
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

impl Memory {
    fn raise_at(&self, key: &str, mark: i64, life: Duration, now: Instant) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if marks.len() >= MARKS_MAX {
            marks.retain(|_, mark| now < mark.until);
        }
        let before = marks.get(key).filter(|mark| now < mark.until).map(|mark| mark.at);
        let at = before.map_or(mark, |before| before.max(mark));
        marks.insert(key.to_owned(), Mark { at, until: now + life });
    }

    fn kept_at(&self, key: &str, life: Duration, now: Instant) -> Kept {
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        match marks.get(key).filter(|mark| now < mark.until) {
            Some(mark) => Kept::At(mark.at),
            None if now.saturating_duration_since(self.since) < life => Kept::Unknown,
            None => Kept::Nothing,
        }
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

    async fn raise(&self, key: &str, mark: i64, life: Duration) -> Result<(), Unavailable> {
        self.raise_at(key, mark, life, Instant::now());
        Ok(())
    }

    async fn kept(&self, key: &str, life: Duration) -> Result<Kept, Unavailable> {
        Ok(self.kept_at(key, life, Instant::now()))
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

    #[test]
    fn marks_whose_time_is_over_are_forgotten() {
        let (memory, start, life) = (Memory::default(), Instant::now(), Duration::from_secs(1));
        for caller in 0..MARKS_MAX {
            memory.raise_at(&caller.to_string(), 1, life, start);
        }
        memory.raise_at("late", 1, life, start + life);
        assert_eq!(memory.marks.lock().unwrap().len(), 1);
        assert_eq!(memory.kept_at("late", life, start + life), Kept::At(1));
        assert_eq!(memory.kept_at("late", life, start + 2 * life), Kept::Nothing);
    }
}

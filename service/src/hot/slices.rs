//! A busy caller's pours, asked for in slices, so that not every request asks the shared state.
//!
//! What a slice has left is paid for already and good for a moment only. So no caller gets more than its
//! bucket gives; a busy one may get a little less, at most what a slice holds. Whoever calls now and then
//! never takes one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Bucket, Level};

/// How long a slice is good for, and of how much time it holds the caller's needs.
const LIFE: Duration = Duration::from_secs(1);
/// Who pours less often within that time takes none.
const OFTEN: u32 = 4;
/// A slice is at most this part of what a bucket holds.
const PART_OF_BUCKET: u64 = 20;
/// When as many are kept, those that are no longer good are forgotten.
const SLICES_MAX: usize = 10_000;

/// What this process has asked for and not used.
#[derive(Default)]
pub(super) struct Slices(Mutex<HashMap<String, Slice>>);

#[derive(Clone, Copy)]
struct Slice {
    /// How much is left, and until when it is good.
    left: u64,
    good_until: Instant,
    /// How much still fitted into the bucket when it was asked for.
    room: u64,
    /// How much was poured, and how often, since when: what the caller needs.
    poured: u64,
    times: u32,
    since: Instant,
    /// Whether somebody asks for more: one at a time.
    is_asking: bool,
}

impl Slice {
    fn new(now: Instant) -> Self {
        Self {
            left: 0,
            good_until: now,
            room: 0,
            poured: 0,
            times: 0,
            since: now,
            is_asking: false,
        }
    }

    /// Forgets what is over.
    fn at(&mut self, now: Instant) -> &mut Self {
        if now > self.good_until {
            self.left = 0;
        }
        if now.saturating_duration_since(self.since) > LIFE {
            (self.poured, self.times, self.since, self.is_asking) = (0, 0, now, false);
        }
        self
    }

    fn pour(&mut self, drops: u64) {
        self.poured = self.poured.saturating_add(drops);
        self.times = self.times.saturating_add(1);
    }

    fn is_over(&self, now: Instant) -> bool {
        now > self.good_until && now.saturating_duration_since(self.since) > LIFE
    }
}

impl Slices {
    /// Takes the drops out of a slice, if one has as many.
    pub(super) fn take(&self, key: &str, drops: u64, now: Instant) -> Option<Level> {
        // Who pours nothing asks how much there is.
        if drops == 0 {
            return None;
        }
        let mut slices = self.lock();
        let slice = slices.get_mut(key)?.at(now);
        slice.left = slice.left.checked_sub(drops)?;
        slice.pour(drops);
        let room = slice.room.saturating_add(slice.left);
        Some(Level { is_accepted: true, room, retry_after: Duration::ZERO })
    }

    /// How much to ask for besides the drops: what the caller poured lately says how much it will. Who is
    /// told more than none tells with [`Self::keep`] what came of it.
    pub(super) fn more(&self, key: &str, bucket: Bucket, now: Instant) -> u64 {
        let mut slices = self.lock();
        let Some(slice) = slices.get_mut(key).map(|slice| slice.at(now)) else { return 0 };
        let microseconds = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let age = microseconds(now.saturating_duration_since(slice.since)).max(1);
        let soon = slice.poured.saturating_mul(microseconds(LIFE)) / age;
        let is_none = slice.is_asking || slice.times < OFTEN;
        let more = if is_none { 0 } else { soon.min(bucket.capacity / PART_OF_BUCKET) };
        slice.is_asking |= more > 0;
        more
    }

    /// Notes what was poured, and keeps what was asked for besides, if it was given.
    pub(super) fn keep(&self, key: &str, more: u64, drops: u64, level: Level, now: Instant) {
        let mut slices = self.lock();
        if slices.len() >= SLICES_MAX {
            slices.retain(|_, slice| !slice.is_over(now));
        }
        let slice = slices.entry(key.to_owned()).or_insert_with(|| Slice::new(now)).at(now);
        if more > 0 {
            slice.is_asking = false;
        }
        if !level.is_accepted {
            return;
        }
        slice.pour(drops);
        if more > 0 {
            (slice.left, slice.good_until) = (slice.left.saturating_add(more), now + LIFE);
        }
        slice.room = level.room;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Slice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: Bucket = Bucket { capacity: 1_000, leak_per_second: 10 };
    const POURED: Level = Level { is_accepted: true, room: 900, retry_after: Duration::ZERO };

    /// Slices of a caller that has poured so often, five drops each, within 40 milliseconds.
    fn busy(times: u32) -> (Slices, impl Fn(u64) -> Instant) {
        let (slices, start) = (Slices::default(), Instant::now());
        for _ in 0..times {
            slices.keep("a", 0, 5, POURED, start);
        }
        (slices, move |milliseconds| start + Duration::from_millis(milliseconds))
    }

    #[test]
    fn who_calls_now_and_then_takes_none() {
        let (slices, at) = busy(OFTEN - 1);
        assert_eq!(slices.more("a", BUCKET, at(40)), 0);
        assert_eq!(slices.more("b", BUCKET, at(40)), 0);
        let (slices, at) = busy(OFTEN);
        assert_eq!(slices.more("a", BUCKET, at(1_001)), 0);
        assert!(slices.take("a", 1, at(1_001)).is_none());
    }

    #[test]
    fn who_calls_often_pours_for_a_while_to_come() {
        let (slices, at) = busy(OFTEN);
        assert_eq!(slices.more("a", BUCKET, at(500)), 40);
        slices.keep("a", 40, 5, POURED, at(500));
        assert!(slices.take("a", 0, at(500)).is_none());
        assert_eq!(slices.take("a", 15, at(501)).unwrap().room, 925);
        assert!(slices.take("a", 26, at(502)).is_none());
        assert!(slices.take("a", 25, at(503)).is_some());
    }

    #[test]
    fn of_many_at_once_one_asks_for_more() {
        let (slices, at) = busy(OFTEN);
        assert_eq!(slices.more("a", BUCKET, at(40)), 50);
        assert_eq!(slices.more("a", BUCKET, at(40)), 0);
        slices.keep("a", 0, 3, POURED, at(41));
        let refused = Level { is_accepted: false, ..POURED };
        slices.keep("a", 50, 3, refused, at(42));
        assert!(slices.take("a", 1, at(42)).is_none());
        assert_eq!(slices.more("a", BUCKET, at(43)), 50);
    }

    #[test]
    fn a_slice_is_soon_over() {
        let (slices, at) = busy(OFTEN);
        let more = slices.more("a", BUCKET, at(40));
        slices.keep("a", more, 1, POURED, at(40));
        assert!(slices.take("a", 1, at(1_041)).is_none());
    }
}

//! Disposable shared state: wake-ups, rate limits, marks. In-process, or in Redis for many gateways.
//!
//! Everything here can be wiped at any moment and is rebuilt from the database or simply starts
//! anew. A new method means a new line in the conformance test that both backends pass.

mod memory;
mod redis;
mod slices;

use std::time::Duration;

use tokio::sync::watch;

pub use self::memory::Memory;
pub use self::redis::Redis;

/// The shared state couldn't be reached. Callers choose: sign-in limits fail closed, the rest goes
/// on without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the shared state is unavailable")]
pub struct Unavailable;

/// A leaky bucket: what it holds and how fast it runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The most it holds.
    pub capacity: u64,
    /// How much runs out each second.
    pub leak_per_second: u64,
}

/// Whether a bucket took the drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Whether they fitted; if not, nothing was poured.
    pub is_accepted: bool,
    /// How much still fits.
    pub room: u64,
    /// When as much would fit; zero if it did.
    pub retry_after: Duration,
}

/// What is known of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It stands there.
    At(i64),
    /// Nobody has set it, within its life.
    Nothing,
    /// It isn't there, and may have been lost: all that is kept is younger than its life.
    Unknown,
}

/// The seam between Redis and one process's memory.
#[async_trait::async_trait]
pub trait HotStore: Send + Sync {
    /// Pours `drops` into the bucket `key`, if they fit.
    async fn pour(&self, key: &str, bucket: Bucket, drops: u64) -> Result<Level, Unavailable>;
    /// Sets the mark `key`, for so long from now; one that stands higher stays where it is.
    async fn raise(&self, key: &str, mark: i64, life: Duration) -> Result<(), Unavailable>;
    /// The mark `key`, of those set with such a life.
    async fn kept(&self, key: &str, life: Duration) -> Result<Kept, Unavailable>;
    /// Tells every gateway that new facts are in the sequence.
    async fn wake(&self) -> Result<(), Unavailable>;
    /// Changes whenever a gateway told so. Wake-ups may be lost; polling is the fallback.
    fn woken(&self) -> watch::Receiver<u64>;
}

#[cfg(test)]
mod conformance;

//! The one place that reads the time. Everywhere else it is an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// The system's time, or one that a test moves.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// What the machine says.
    #[default]
    System,
    /// Microseconds since 1970, moved by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at `at` until moved.
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.timestamp_micros())))
    }

    /// Now, to the microsecond: what both databases can keep.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Manual(micros) => DateTime::from_timestamp_micros(micros.load(Ordering::Relaxed))
                .unwrap_or(DateTime::UNIX_EPOCH),
        }
    }

    /// Moves a manual clock; the system's goes by itself.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Manual(micros) = self {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::Relaxed);
        }
    }
}

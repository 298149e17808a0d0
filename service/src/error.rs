//! Everything a use case can fail with. The gateway maps it in one place and nowhere else.
//!
//! `Refused` is data and means *not applied*. `Unavailable` means *unknown: send the same key
//! again*. All others mean *not applied*.

use std::time::Duration;

use sea_orm::DbErr;

use crate::refusal::{Code, Refusal};

/// Who is told to wait longer gives up.
const RETRY_AFTER_SECONDS_MAX: u32 = 30;

/// A use case's failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The domain says no.
    #[error("{0}")]
    Refused(Refusal),
    /// No token, or none that is good.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// The request isn't one: a malformed id, cursor or page.
    #[error("{message}")]
    BadInput {
        /// One sentence that says what would be right.
        message: String,
        /// The argument or field.
        path: String,
    },
    /// It was changed by somebody else in the meantime.
    #[error("it was changed in the meantime: it is at version {0} now; read it again")]
    Conflict(i32),
    /// Too many operations in too short a time.
    #[error("too many requests; try again in {retry_after_seconds} s")]
    Throttled {
        /// When it is worth another try.
        retry_after_seconds: u64,
    },
    /// There is no room for it: nothing was begun, or all was undone.
    #[error("too busy; try again in {retry_after_seconds} s")]
    Overloaded {
        /// When it is worth another try.
        retry_after_seconds: u64,
    },
    /// The database is away or its answer was lost: the outcome is unknown.
    #[error(
        "temporarily unavailable; the outcome is unknown, send the same request again, with the \
         same idempotency key if it has one"
    )]
    Unavailable(#[source] DbErr),
    /// A fault of ours. Never shown.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A use case's answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A fault of ours, said in words for the log.
    pub fn internal(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(what.into())
    }

    /// Too busy, for so long as far as one can tell.
    pub fn overloaded(wait: Duration) -> Self {
        Self::Overloaded { retry_after_seconds: spread(wait) }
    }

    /// When it is worth another try, where the error says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after_seconds } | Self::Overloaded { retry_after_seconds } => {
                Some(Duration::from_secs(*retry_after_seconds))
            }
            _ => None,
        }
    }

    /// Bad input at `path`.
    pub fn bad_input(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::BadInput { path: path.into(), message: message.into() }
    }
}

/// Whole seconds from one to half a minute, at random up to twice as long as asked for: those who are
/// told to wait at the same moment don't all come back at the same moment.
fn spread(wait: Duration) -> u64 {
    let seconds = wait.as_millis().div_ceil(1000).clamp(1, RETRY_AFTER_SECONDS_MAX.into());
    let more = uuid::Uuid::new_v4().as_u128() % (seconds + 1);
    u64::try_from(seconds + more).unwrap_or_default().min(RETRY_AFTER_SECONDS_MAX.into())
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(code.into())
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error {
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => Self::Unavailable(error),
            _ if crate::tx::is_connection_lost(&error) => Self::Unavailable(error),
            _ => Self::internal(error),
        }
    }
}

/// The error and what caused it, in words: for the log and the command line. The values in question,
/// which a database adds to its own account of an error, may be personal and aren't told.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let (mut told, mut cause) = (error.to_string(), error.source());
    while let Some(deeper) = cause {
        let more = deeper.to_string();
        if !told.ends_with(&more) {
            told = format!("{told}: {more}");
        }
        cause = deeper.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_told_to_wait_is_told_so_long_or_a_little_longer() {
        for (milliseconds, bounds) in
            [(0, 1..=2), (1_000, 1..=2), (2_001, 3..=6), (3_600_000, 30..=30)]
        {
            let told = || Error::overloaded(Duration::from_millis(milliseconds)).retry_after();
            assert!((0..50).all(|_| bounds.contains(&told().unwrap().as_secs())));
        }
    }
}

//! Everything a use case can fail with. The gateway maps it in one place and nowhere else.
//!
//! `Refused` is data and means *not applied*. `Unavailable` means *unknown: send the same key
//! again*. All others mean *not applied*.

use sea_orm::DbErr;

use crate::refusal::{Code, Refusal};

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
    /// The queue is full: nothing was begun.
    #[error("too busy; try again in a moment")]
    Overloaded,
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

    /// Bad input at `path`.
    pub fn bad_input(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::BadInput { path: path.into(), message: message.into() }
    }
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

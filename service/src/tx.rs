//! The only file that opens, commits and retries a transaction.
//!
//! PostgreSQL runs `READ COMMITTED` with ordered locks; serialization failures and deadlocks are
//! retried, so a distributed PostgreSQL that reports conflicts that way works unchanged. SQLite
//! begins `IMMEDIATE`: a plain `BEGIN` fails most concurrent writers when they first write.

use std::future::Future;
use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, SqlErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::db::{Db, POSTGRES_WRITERS_MAX};
use crate::error::{Error, Result};

/// How often a transaction is tried.
pub(crate) const ATTEMPTS_MAX: u32 = 5;
const BACKOFF_MILLISECONDS: u64 = 4;
/// How long one attempt may take: less than whoever asks waits.
const PATIENCE: Duration = Duration::from_secs(8);

/// An open transaction. Every function that writes takes `&Tx`, so none can run without one.
/// Dropping it rolls back.
#[must_use]
pub(crate) struct Tx(DatabaseTransaction);

impl Db {
    /// Opens a transaction that may write. A server that has restarted leaves connections behind that
    /// look whole; nothing has begun on them, so each is given up for the next.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        let options = || TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        for _ in 0..POSTGRES_WRITERS_MAX {
            match self.writer.begin_with_options(options()).await {
                Err(error) if is_gone(&error) => {}
                begun => return Ok(Tx(begun?)),
            }
        }
        Ok(Tx(self.writer.begin_with_options(options()).await?))
    }

    /// Opens a transaction that reads one unchanging state of the books.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        let options = TransactionOptions {
            isolation_level: (self.backend() == DbBackend::Postgres)
                .then_some(sea_orm::IsolationLevel::RepeatableRead),
            ..TransactionOptions::default()
        };
        Ok(Tx(self.reader.begin_with_options(options).await?))
    }
}

impl Tx {
    /// The last expression of a use case: its value exists only once the work is durable. A conflict
    /// that the database reports only now has undone it; of any other failure nobody knows.
    pub(crate) async fn commit<T>(self, value: T) -> Result<T> {
        match self.0.commit().await {
            Ok(()) => Ok(value),
            Err(error) if is_serialization_failure(&error) => Err(Error::internal(error)),
            Err(error) => Err(Error::Unavailable(error)),
        }
    }

    /// What statements run on.
    pub(crate) fn connection(&self) -> &DatabaseTransaction {
        &self.0
    }

    /// Which database it is.
    pub(crate) fn backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }
}

/// Runs a use case again when the database says that another one got in its way, at most five
/// times, a little later each time.
pub(crate) async fn retrying<T, F: Future<Output = Result<T>>>(
    attempt: impl FnMut() -> F,
) -> Result<T> {
    retrying_within(PATIENCE, attempt).await
}

/// The same for work that nobody waits for, which may take longer.
pub(crate) async fn retrying_within<T, F: Future<Output = Result<T>>>(
    patience: Duration,
    mut attempt: impl FnMut() -> F,
) -> Result<T> {
    for attempted in 1..ATTEMPTS_MAX {
        match within(patience, attempt()).await {
            Err(error) if Setback::of(&error) == Some(Setback::Conflict) => pause(attempted).await,
            answer => return answer,
        }
    }
    within(patience, attempt()).await.map_err(given_up)
}

/// Gives a transaction up that takes too long. The database's own limits end what it works on or waits
/// for; this one ends the wait for a database from which nothing comes any more, over a connection that
/// nobody has closed.
pub(crate) async fn patiently<T>(transaction: impl Future<Output = Result<T>>) -> Result<T> {
    within(PATIENCE, transaction).await
}

/// A use case's transaction is on the heap, or each mutation would hold the largest of all on the stack.
async fn within<T>(patience: Duration, transaction: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(patience, Box::pin(transaction)).await.unwrap_or_else(|_| Err(silence()))
}

fn silence() -> Error {
    Error::Unavailable(DbErr::Custom("the database says nothing".to_owned()))
}

/// Others were faster each time: nothing is written, and it is worth trying again later.
pub(crate) fn given_up(error: Error) -> Error {
    match Setback::of(&error) {
        Some(Setback::Conflict) => {
            tracing::warn!(error = crate::error::with_causes(&error), "conflicts without end");
            Error::overloaded(Duration::ZERO)
        }
        _ => error,
    }
}

/// Longer each time and never the same, so that two rivals don't meet again.
pub(crate) async fn pause(attempted: u32) {
    let jitter = uuid::Uuid::new_v4().as_u128() % 8;
    let milliseconds =
        BACKOFF_MILLISECONDS * u64::from(attempted) + u64::try_from(jitter).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Why a transaction that was undone is worth another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setback {
    /// Another transaction was faster: a new attempt sees what it wrote. A unique violation is one as
    /// well: two requests with one key, both of which missed the look-up.
    Conflict,
    /// The connection went; there are others.
    ConnectionLost,
}

impl Setback {
    /// What kind the error is, if it is one.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Unavailable(error) => is_gone(error).then_some(Self::ConnectionLost),
            Error::Internal(source) => is_conflict(source.as_ref()).then_some(Self::Conflict),
            _ => None,
        }
    }
}

fn is_conflict(source: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let Some(error) = source.downcast_ref::<DbErr>() else {
        return source.downcast_ref::<Moved>().is_some();
    };
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
        || is_serialization_failure(error)
}

/// Serialization failures and deadlocks: the database has undone it, for certain.
fn is_serialization_failure(error: &DbErr) -> bool {
    sqlstate(error).is_some_and(|state| matches!(state.as_str(), "40001" | "40P01"))
}

/// Whether the connection broke, or the server ended it.
fn is_gone(error: &DbErr) -> bool {
    use sea_orm::sqlx::Error as Sqlx;
    match driver_error(error) {
        Some(Sqlx::Io(_) | Sqlx::WorkerCrashed | Sqlx::Tls(_)) => true,
        Some(Sqlx::Database(_)) => sqlstate(error)
            .is_some_and(|state| matches!(state.as_str(), "57P01" | "57P02" | "57P03")),
        _ => false,
    }
}

/// What was looked up before the lock is no longer so: look again.
#[derive(Debug, thiserror::Error)]
#[error("what was read before the lock has changed")]
pub(crate) struct Moved;

/// Whether the connection went away under the statement.
pub(crate) fn is_connection_lost(error: &DbErr) -> bool {
    use sea_orm::sqlx::Error as Sqlx;
    match driver_error(error) {
        Some(
            Sqlx::Io(_)
            | Sqlx::PoolTimedOut
            | Sqlx::PoolClosed
            | Sqlx::WorkerCrashed
            | Sqlx::Tls(_),
        ) => true,
        Some(Sqlx::Database(_)) => sqlstate(error).is_some_and(|state| is_away(&state)),
        _ => false,
    }
}

/// Whether the database says that it can't just now. PostgreSQL: admin shutdown, crash shutdown, cannot
/// connect now, statement, lock and idle time-outs. SQLite, whose codes are shorter and end in the kind
/// of fault: its file is busy or locked, can't be written, is full.
fn is_away(state: &str) -> bool {
    const POSTGRES: [&str; 6] = ["57P01", "57P02", "57P03", "57014", "55P03", "25P03"];
    const SQLITE: [u32; 4] = [5, 6, 10, 13];
    let is_sqlite = |code: u32| SQLITE.contains(&(code % 256));
    POSTGRES.contains(&state) || (state.len() < 5 && state.parse().is_ok_and(is_sqlite))
}

fn driver_error(error: &DbErr) -> Option<&sea_orm::sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

fn sqlstate(error: &DbErr) -> Option<String> {
    match driver_error(error)? {
        sea_orm::sqlx::Error::Database(error) => error.code().map(|code| code.into_owned()),
        _ => None,
    }
}

//! The primary's log: which system it is of, and how far it reaches.

use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tokio::sync::Mutex;

use crate::db;
use crate::error::{Error, Result};

/// A place in the log (a log sequence number), in bytes since its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lsn(pub(super) i64);

impl Lsn {
    /// Beyond every log: no replica has come there.
    pub(super) const NEVER: Self = Self(i64::MAX);
}

/// Which database a log is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// What a primary and its standbys share, and no others.
    pub(super) system: i64,
    /// The database's name.
    pub(super) database: String,
}

/// A commit is acknowledged only once it is flushed, and what is flushed is what standbys are sent. So
/// this lies behind every commit that was acknowledged, and never behind what a standby can get.
const END: &str = "select (pg_current_wal_flush_lsn() - '0/0')::bigint";
const ORIGIN: &str = "select system_identifier, current_database()::text,
    current_setting('synchronous_commit') from pg_control_system()";

/// The primary's log, read on a connection of its own, so that no load delays it.
pub(super) struct Log {
    primary: DatabaseConnection,
    /// How many have asked for its end.
    asked: AtomicU64,
    last: Mutex<Answer>,
}

/// Where the log ended, which answers all who had asked when it was read.
struct Answer {
    asked: u64,
    end: Lsn,
}

impl Log {
    /// The log of the primary at that address.
    pub(super) async fn open(url: &str) -> Result<Self> {
        let primary = db::postgres(url, 1, &[]).await?;
        let last = Mutex::new(Answer { asked: 0, end: Lsn(0) });
        Ok(Self { primary, asked: AtomicU64::new(0), last })
    }

    /// Where it ends now or a little later. Whoever asks while it is being read waits for the next
    /// reading, and shares that with all others who wait.
    pub(super) async fn end(&self) -> Result<Lsn> {
        let mine = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut last = self.last.lock().await;
        if last.asked < mine {
            let asked = self.asked.load(Ordering::SeqCst);
            *last = Answer { asked, end: self.read().await? };
        }
        Ok(last.end)
    }

    async fn read(&self) -> Result<Lsn> {
        let statement = Statement::from_string(DbBackend::Postgres, END);
        let row = self.primary.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| Error::internal("a log without an end"))?;
        Ok(Lsn(row.try_get_by_index(0)?))
    }

    /// Which database it is of.
    pub(super) async fn origin(&self) -> Result<Origin> {
        let statement = Statement::from_string(DbBackend::Postgres, ORIGIN);
        let row = self.primary.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| Error::internal("a system without an identifier"))?;
        if row.try_get_by_index::<String>(2)? == "off" {
            return Err(Error::internal(
                "PostgreSQL runs with synchronous_commit = off, so that what is acknowledged may not be \
                 flushed: turn it on, or leave DATABASE_READ_URL out",
            ));
        }
        Ok(Origin { system: row.try_get_by_index(0)?, database: row.try_get_by_index(1)? })
    }

    /// Lets its connection go.
    pub(super) async fn close(&self) -> Result<()> {
        Ok(self.primary.close_by_ref().await?)
    }
}

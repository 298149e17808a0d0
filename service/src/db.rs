//! The database: an SQLite file or a PostgreSQL server, reached through SeaORM alone.
//!
//! SQLite has one writer connection and many readers; PostgreSQL a pool for each, and perhaps a replica
//! for reads that may come a little late. This module opens connections and sets them up; transactions
//! are `tx`'s, and who may read late is `replica`'s.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement,
};

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::replica::Replica;

/// Which database to open.
#[derive(Clone)]
pub enum Location {
    /// A file, made if it isn't there.
    Sqlite(std::path::PathBuf),
    /// `postgres://…`; `Debug` and errors never show it.
    Postgres(String),
}

/// An open database.
#[derive(Clone)]
pub struct Db {
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
    replica: Option<Arc<Replica>>,
}

const ACQUIRE: Duration = Duration::from_secs(2);
/// A connection that nobody has used for so long is tried before it is.
const IDLE: Duration = Duration::from_millis(500);
const PING: Duration = Duration::from_secs(3);
const READERS_MAX: u32 = 8;
pub(crate) const POSTGRES_WRITERS_MAX: u32 = 12;
const POSTGRES_READERS_MAX: u32 = 16;

/// For connections that read. Planning for partitions took a read as long as reading, and a plan for the
/// very values was hardly ever another.
pub(crate) const READER: [(&str, &str); 1] = [("plan_cache_mode", "force_generic_plan")];

/// For connections that write. What a write asks for is always found by a key, so its plans are made
/// once, whatever the figures, and go by indexes: planned anew each time, over partitions, they took
/// half a millisecond each, and a table that looked small was read from end to end.
const WRITER: [(&str, &str); 4] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

impl Db {
    /// Opens it and sets every connection up; makes no tables.
    pub async fn open(location: &Location) -> Result<Self> {
        match location {
            Location::Sqlite(path) => Self::open_sqlite(path).await,
            Location::Postgres(url) => Self::open_postgres(url).await,
        }
    }

    async fn open_sqlite(path: &Path) -> Result<Self> {
        let writer = sqlite(path, 1).await?;
        let reader = sqlite(path, READERS_MAX).await?;
        Ok(Self { writer, reader, replica: None })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let writer = postgres(url, POSTGRES_WRITERS_MAX, &WRITER).await?;
        let reader = postgres(url, POSTGRES_READERS_MAX, &READER).await?;
        Ok(Self { writer, reader, replica: None })
    }

    /// The same with a replica at that address, which is read only while it lags no more than that.
    pub async fn with_replica(
        self,
        primary: &Location,
        replica: &Location,
        lag_max: Duration,
    ) -> Result<Self> {
        let (Location::Postgres(primary), Location::Postgres(replica)) = (primary, replica) else {
            return Err(Error::internal("only PostgreSQL has replicas"));
        };
        let replica = Replica::open(primary, replica, lag_max).await?;
        Ok(Self { replica: Some(Arc::new(replica)), ..self })
    }

    /// Which of the two it is.
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Where reads go that need no transaction, and yet decide something or are for everybody.
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Where reads go that the actor is only shown: to the replica, if it has leave to.
    pub(crate) fn reader_for(&self, actor: &Actor) -> &DatabaseConnection {
        match &self.replica {
            Some(replica) if actor.may_lag() => replica.connection(),
            _ => &self.reader,
        }
    }

    /// The replica, if there is one.
    pub(crate) fn replica(&self) -> Option<&Arc<Replica>> {
        self.replica.as_ref()
    }

    /// Where reads go that must see the write just made.
    pub(crate) fn primary(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Whether it answers, and soon.
    pub async fn ping(&self) -> Result<()> {
        let statement = Statement::from_string(self.backend(), "select 1");
        let answer = tokio::time::timeout(PING, self.reader.query_one_raw(statement)).await;
        let silence = |_| Error::Unavailable(DbErr::Custom("it says nothing".to_owned()));
        answer.map_err(silence)??;
        Ok(())
    }

    /// Refuses a PostgreSQL server that may lose what it has acknowledged.
    pub async fn check_durability(&self) -> Result<()> {
        if self.backend() != DbBackend::Postgres {
            return Ok(());
        }
        for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
            let statement = Statement::from_string(self.backend(), format!("show {setting}"));
            let row = self.reader.query_one_raw(statement).await?;
            let value: String =
                row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
            if value == "off" {
                return Err(Error::internal(format!(
                    "PostgreSQL runs with {setting} = off and may lose what it has acknowledged; \
                     turn it on, or set FLORIN_ALLOW_UNSAFE_POSTGRES=true"
                )));
            }
        }
        Ok(())
    }

    /// Lets all connections go.
    pub async fn close(self) -> Result<()> {
        if let Some(replica) = &self.replica {
            replica.close().await?;
        }
        self.reader.close().await?;
        self.writer.close().await?;
        Ok(())
    }
}

pub(crate) async fn postgres(
    url: &str,
    connections: u32,
    settings: &'static [(&str, &str)],
) -> Result<DatabaseConnection, DbErr> {
    Database::connect(postgres_options(url, connections, settings)).await
}

/// How every connection to a PostgreSQL server is set up.
pub(crate) fn postgres_options(
    url: &str,
    connections: u32,
    settings: &'static [(&str, &str)],
) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .connect_timeout(Duration::from_secs(5))
        // A busy connection isn't asked each time whether it is still there.
        .test_before_acquire_if_idle_for(IDLE)
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(|options| {
            let common = [
                ("statement_timeout", "4s"),
                ("lock_timeout", "3s"),
                ("idle_in_transaction_session_timeout", "5s"),
                ("timezone", "UTC"),
                // Compiling a statement takes longer than running any of ours.
                ("jit", "off"),
            ];
            options.application_name("florin").options(common).options(settings.iter().copied())
        });
    options
}

/// A disk that is full ends a transaction, and the driver, whose own end of it then fails, believes that it
/// goes on: what comes next would be a part of it, acknowledged and never committed. So a connection that
/// is handed out within a transaction is closed, and another opened.
///
/// `recursive_triggers`: without it `insert or replace` walks past the append-only triggers.
async fn sqlite(path: &Path, connections: u32) -> Result<DatabaseConnection, DbErr> {
    let file = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .sqlx_logging(false)
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            let is_clean = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_clean) })
        })
        .map_sqlx_sqlite_opts(move |_| {
            SqliteConnectOptions::new()
                .filename(&file)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(4))
                // A set has a statement for each of some sizes (see `rows`).
                .statement_cache_capacity(500)
                .pragma("recursive_triggers", "on")
                .pragma("cache_size", "-65536")
                .optimize_on_close(true, None)
        });
    Database::connect(options).await
}

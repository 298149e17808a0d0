//! Connections to the replica, each of which has proved where it leads.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::sqlx::{self, PgConnection};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement};

use super::ANSWER;
use super::log::{Lsn, Origin};
use super::view::View;
use crate::db::{READER, postgres_options};
use crate::error::{Error, Result, with_causes};
use crate::tx::is_connection_lost;

const READERS_MAX: u32 = 16;
/// How long a start waits for a replica that may be away.
const FIRST_ANSWER: Duration = Duration::from_secs(2);

const WHO: &str = "select pg_is_in_recovery(), system_identifier, current_database()::text,
    coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 0) from pg_control_system()";
/// A primary, which this one may have become, says nothing.
const REPLAYED: &str =
    "select (pg_last_wal_replay_lsn() - '0/0')::bigint where pg_is_in_recovery()";

/// The replica's connections.
pub(super) struct Standby {
    readers: DatabaseConnection,
    /// For looking at it: however many read, this one is free.
    watcher: DatabaseConnection,
}

impl Standby {
    /// Connections that are made when they are needed, if there is a standby of that origin then, which
    /// has replayed what the view says.
    pub(super) async fn open(url: &str, origin: Origin, view: Arc<Mutex<View>>) -> Result<Self> {
        let readers = connect(url, READERS_MAX, origin.clone(), Arc::clone(&view)).await?;
        Ok(Self { readers, watcher: connect(url, 1, origin, view).await? })
    }

    /// Where reads go.
    pub(super) fn readers(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// How far it has come.
    pub(super) async fn replayed(&self) -> Result<Lsn> {
        let statement = Statement::from_string(DbBackend::Postgres, REPLAYED);
        let row = self.watcher.query_one_raw(statement).await?;
        let row = row.ok_or_else(|| Error::internal("it is no standby any more"))?;
        Ok(Lsn(row.try_get_by_index(0)?))
    }

    /// Lets all connections go.
    pub(super) async fn close(&self) -> Result<()> {
        self.readers.close_by_ref().await?;
        Ok(self.watcher.close_by_ref().await?)
    }
}

async fn connect(
    url: &str,
    connections: u32,
    origin: Origin,
    view: Arc<Mutex<View>>,
) -> Result<DatabaseConnection> {
    let mut options = postgres_options(url, connections, &READER);
    options.connect_lazy(true).acquire_timeout(ANSWER).map_sqlx_postgres_pool_opts(move |pool| {
        let (origin, view) = (origin.clone(), Arc::clone(&view));
        pool.after_connect(move |connection, _| {
            let origin = origin.clone();
            let at_least = view.lock().unwrap_or_else(PoisonError::into_inner).replayed();
            Box::pin(async move { admit(connection, &origin, at_least).await })
        })
    });
    Ok(Database::connect(options).await?)
}

/// Lets a new connection in, if it leads where it should.
async fn admit(
    connection: &mut PgConnection,
    origin: &Origin,
    at_least: Option<Lsn>,
) -> Result<(), sqlx::Error> {
    let who: (bool, i64, String, i64) = sqlx::query_as(WHO).fetch_one(connection).await?;
    let (is_standby, system, database, replayed) = who;
    let refused = |why: &str| Err(sqlx::Error::Protocol(why.to_owned()));
    if let Some(fault) = fault(is_standby, &Origin { system, database }, origin) {
        return refused(fault);
    }
    if at_least.is_some_and(|at_least| Lsn(replayed) < at_least) {
        return refused("it has replayed less than it had");
    }
    Ok(())
}

/// Refuses an address that leads to something else than a standby of that origin.
pub(super) async fn check(url: &str, origin: &Origin) -> Result<()> {
    let row = match ask(url).await {
        Ok(row) => row.ok_or_else(|| Error::internal("the replica says nothing of itself"))?,
        Err(error) if is_connection_lost(&error) => {
            let error = with_causes(&error);
            tracing::warn!(error, "the replica is away; the primary is read until it answers");
            return Ok(());
        }
        Err(error) => return Err(unfit(&with_causes(&error))),
    };
    let found = Origin { system: row.try_get_by_index(1)?, database: row.try_get_by_index(2)? };
    fault(row.try_get_by_index(0)?, &found, origin).map_or(Ok(()), |fault| Err(unfit(fault)))
}

async fn ask(url: &str) -> Result<Option<QueryResult>, sea_orm::DbErr> {
    let mut options = postgres_options(url, 1, &[]);
    options.acquire_timeout(FIRST_ANSWER);
    let connection = Database::connect(options).await?;
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, WHO)).await?;
    connection.close().await?;
    Ok(row)
}

/// What is wrong with the server, if anything.
fn fault(is_standby: bool, found: &Origin, origin: &Origin) -> Option<&'static str> {
    if found.system != origin.system {
        return Some("it is of another system than DATABASE_URL's");
    }
    if found.database != origin.database {
        return Some("it is another database than DATABASE_URL's");
    }
    (!is_standby).then_some("it is no standby")
}

fn unfit(why: &str) -> Error {
    Error::internal(format!(
        "DATABASE_READ_URL: {why}; expected a streaming standby of the server in DATABASE_URL"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_standby_of_the_same_database_will_do() {
        let of = |system, database: &str| Origin { system, database: database.to_owned() };
        let ours = of(1, "florin");
        assert_eq!(fault(true, &ours, &ours), None);
        assert!(fault(false, &ours, &ours).unwrap().contains("no standby"));
        assert!(fault(true, &of(2, "florin"), &ours).unwrap().contains("another system"));
        assert!(fault(true, &of(1, "test"), &ours).unwrap().contains("another database"));
    }
}

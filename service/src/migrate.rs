//! Brings the tables up to date, as their owner, and gives the gateways' role what it needs.
//!
//! A gateway never alters tables: it starts when nothing is pending, and otherwise says so. What is
//! append-only by trigger is so by right as well: the gateways' role may neither change nor delete
//! there, and truncate nowhere. Nor may it seal an archive.

use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};

use crate::db::{Db, Location};
use crate::error::{Error, Result};

/// Held while migrating, so that two who start at once do it one after the other.
const LOCK: i64 = 0x0046_4c4f_5249_4e00;

/// Applies what is pending, and tells the names of what it applied. On PostgreSQL the role that
/// `gateway` signs in with is granted its rights, when it isn't the owner itself.
pub async fn migrate(owner: &Location, gateway: &Location) -> Result<Vec<String>> {
    let connection = match owner {
        Location::Sqlite(_) => Db::open(owner).await?.writer,
        Location::Postgres(url) => connect(url).await?,
    };
    let mut applied = Vec::new();
    for migration in Migrator::get_pending_migrations(&connection).await? {
        applied.push(migration.name().to_owned());
    }
    Migrator::up(&connection, None).await?;
    if let (Location::Postgres(owner), Location::Postgres(gateway)) = (owner, gateway) {
        let (owner, gateway) = (role(owner)?, role(gateway)?);
        if owner != gateway {
            grant(&connection, &gateway).await?;
        }
    }
    connection.close().await?;
    Ok(applied)
}

/// How many migrations the database lacks.
pub async fn pending(db: &Db) -> Result<usize> {
    Ok(Migrator::get_pending_migrations(&db.writer).await?.len())
}

/// One connection, without the time-outs of a gateway: rewriting a table takes as long as it takes.
/// Waiting for the locks of others does not.
async fn connect(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false).map_sqlx_postgres_opts(|options| {
        options
            .application_name("florin migrate")
            .options([("lock_timeout", "30s"), ("timezone", "UTC")])
    });
    let connection = Database::connect(options).await?;
    let lock = format!("select pg_advisory_lock({LOCK})");
    connection.query_one_raw(Statement::from_string(DbBackend::Postgres, lock)).await?;
    Ok(connection)
}

/// The role that an address signs in with.
fn role(url: &str) -> Result<String> {
    let options: PgConnectOptions =
        url.parse().map_err(|_| Error::internal("no PostgreSQL address"))?;
    Ok(options.get_username().to_owned())
}

/// Rights on the tables themselves; a partition is reached through its table.
const TABLES: &str = "
    select c.relname,
        not exists (select from pg_trigger t where t.tgrelid = c.oid
            and t.tgname = c.relname || '_no_update' and t.tgqual is null) as may_update,
        not exists (select from pg_trigger t where t.tgrelid = c.oid
            and t.tgname = c.relname || '_no_delete') as may_delete
    from pg_class c
    where c.relnamespace = current_schema()::regnamespace
        and c.relkind in ('r', 'p') and not c.relispartition";

/// What only the owner writes: behind a seal history may be deleted.
const OWNER_S: [&str; 4] = ["seal", "opening", "archived_sum", "seaql_migrations"];

async fn grant(connection: &DatabaseConnection, gateway: &str) -> Result<()> {
    let gateway = format!("\"{}\"", gateway.replace('"', "\"\""));
    let tables = Statement::from_string(DbBackend::Postgres, TABLES);
    for table in connection.query_all_raw(tables).await? {
        let name: String = table.try_get("", "relname")?;
        let mut rights = vec!["select"];
        if !OWNER_S.contains(&name.as_str()) {
            rights.push("insert");
            rights.extend(table.try_get::<bool>("", "may_update")?.then_some("update"));
            rights.extend(table.try_get::<bool>("", "may_delete")?.then_some("delete"));
        }
        let rights = rights.join(", ");
        let statement = format!(
            "revoke all on table \"{name}\" from {gateway}; grant {rights} on table \"{name}\" to {gateway}"
        );
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}

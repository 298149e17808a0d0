//! A database of a story's own: a file, or a PostgreSQL database where a server is named. It goes
//! with the story, however that ends.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use service::{Location, migrate};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::postgres::Postgres;

pub(crate) enum Books {
    File(PathBuf),
    Database { server: Postgres, name: String },
}

impl Books {
    /// With all tables.
    pub(crate) async fn new() -> Self {
        let Some(server) = Postgres::of_the_suite() else {
            let books = Self::file();
            migrate::migrate(&books.location(), &books.location()).await.unwrap();
            return books;
        };
        Self::on(server).await
    }

    /// With all tables, on that server.
    pub(super) async fn on(server: Postgres) -> Self {
        Self::Database { name: server.migrated().await, server }
    }

    /// Without tables, where the suite runs on a server.
    pub(crate) async fn empty_on_server() -> Option<Self> {
        let server = Postgres::of_the_suite()?;
        Some(Self::Database { name: server.empty().await, server })
    }

    fn file() -> Self {
        let folder = std::env::temp_dir().join(format!("florin_{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&folder).unwrap();
        Self::File(folder)
    }

    pub(crate) fn location(&self) -> Location {
        match self {
            Self::File(folder) => Location::Sqlite(folder.join("florin.sqlite")),
            Self::Database { server, name } => Location::Postgres(server.url(name)),
        }
    }

    /// Where the file is, if it is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::File(folder) => Some(folder),
            Self::Database { .. } => None,
        }
    }

    /// The address of the database, for what no use case may do.
    pub(crate) fn url(&self) -> String {
        match self.location() {
            Location::Sqlite(file) => format!("sqlite://{}?mode=rwc", file.display()),
            Location::Postgres(url) => url,
        }
    }
}

impl Drop for Books {
    fn drop(&mut self) {
        match self {
            // A folder that is left in the system's own for such things does no harm.
            Self::File(folder) => drop(fs::remove_dir_all(folder)),
            // A story's own runtime may have ended already.
            Self::Database { server, name } => thread::scope(|scope| {
                let remove = || Runtime::new().unwrap().block_on(server.remove(name));
                scope.spawn(remove).join().unwrap();
            }),
        }
    }
}

/// What all tables hold: their rows as text, in order.
pub(crate) type Contents = BTreeMap<String, Vec<String>>;

/// Reads everything, so that a story can say that nothing has changed.
pub(crate) async fn contents(url: &str) -> Contents {
    let connection = Database::connect(url).await.unwrap();
    let is_postgres = connection.get_database_backend() == DbBackend::Postgres;
    let tables = if is_postgres {
        "select c.relname::text from pg_class c where c.relkind in ('r', 'p')
            and not c.relispartition and c.relnamespace = 'public'::regnamespace"
    } else {
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    };
    let mut contents = Contents::new();
    for table in texts(&connection, tables).await {
        let rows = if is_postgres {
            format!("select t::text from {table} t order by 1")
        } else {
            let columns =
                format!("select 'quote(' || name || ')' from pragma_table_info('{table}')");
            let columns = texts(&connection, &columns).await.join(", ");
            format!("select json_array({columns}) from {table} order by 1")
        };
        contents.insert(table, texts(&connection, &rows).await);
    }
    connection.close().await.unwrap();
    contents
}

/// The first column of what a query finds.
pub(crate) async fn texts(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

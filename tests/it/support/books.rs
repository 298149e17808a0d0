//! A database of a story's own: a file, or a PostgreSQL database where one is named.

use std::path::PathBuf;

use sea_orm::{ConnectionTrait, Database};
use service::{Db, Location, migrate};
use uuid::Uuid;

/// Names the server that stories may make databases on.
const SERVER: &str = "FLORIN_TEST_DATABASE_URL";

pub(crate) enum Books {
    File(PathBuf),
    Database { server: String, name: String },
}

impl Books {
    pub(crate) async fn new() -> Self {
        let name = format!("florin_{}", Uuid::now_v7().simple());
        let books = match std::env::var(SERVER) {
            Ok(server) => {
                run(&server, &format!("create database {name}")).await;
                Self::Database { server, name }
            }
            Err(_) => {
                let folder = std::env::temp_dir().join(name);
                std::fs::create_dir_all(&folder).unwrap();
                Self::File(folder)
            }
        };
        migrate::migrate(&books.location(), &books.location()).await.unwrap();
        books
    }

    fn location(&self) -> Location {
        match self {
            Self::File(folder) => Location::Sqlite(folder.join("florin.sqlite")),
            Self::Database { server, name } => {
                let (server, _) = server.rsplit_once('/').unwrap();
                Location::Postgres(format!("{server}/{name}"))
            }
        }
    }

    /// The address of the database, for what no use case may do.
    pub(crate) fn url(&self) -> String {
        match self.location() {
            Location::Sqlite(file) => format!("sqlite://{}", file.display()),
            Location::Postgres(url) => url,
        }
    }

    pub(crate) async fn db(&self) -> Db {
        Db::open(&self.location()).await.unwrap()
    }

    pub(crate) async fn remove(self) {
        match self {
            Self::File(folder) => std::fs::remove_dir_all(folder).unwrap(),
            Self::Database { server, name } => {
                run(&server, &format!("drop database {name} with (force)")).await;
            }
        }
    }
}

async fn run(server: &str, sql: &str) {
    let connection = Database::connect(server).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

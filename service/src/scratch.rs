//! A database of a test's own, for tests below the gateway.

use std::path::PathBuf;

use sea_orm::{ConnectionTrait, Database};
use uuid::Uuid;

use crate::db::{Db, Location};
use crate::migrate::migrate;

/// On the PostgreSQL server that the environment names, or a file where it names none.
pub(crate) struct Scratch {
    location: Location,
    server: Option<String>,
    name: String,
}

impl Scratch {
    /// With all tables, and nothing in them.
    pub(crate) async fn new() -> Self {
        let name = format!("florin_{}", Uuid::now_v7().simple());
        let server = std::env::var("FLORIN_TEST_DATABASE_URL").ok();
        let location = match &server {
            Some(server) => {
                run(server, &format!("create database {name}")).await;
                Location::Postgres(format!("{}/{name}", server.rsplit_once('/').unwrap().0))
            }
            None => {
                let folder = std::env::temp_dir().join(&name);
                std::fs::create_dir_all(&folder).unwrap();
                Location::Sqlite(folder.join("florin.sqlite"))
            }
        };
        migrate(&location, &location).await.unwrap();
        Self { location, server, name }
    }

    pub(crate) async fn open(&self) -> Db {
        Db::open(&self.location).await.unwrap()
    }

    pub(crate) async fn remove(self) {
        match self.server {
            Some(server) => {
                run(&server, &format!("drop database {} with (force)", self.name)).await
            }
            None => {
                let folder: PathBuf = std::env::temp_dir().join(self.name);
                std::fs::remove_dir_all(folder).unwrap();
            }
        }
    }
}

async fn run(server: &str, sql: &str) {
    let connection = Database::connect(server).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

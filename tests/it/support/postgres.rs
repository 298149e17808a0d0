//! The PostgreSQL server that stories make their databases on. The tables are made once, in a template
//! that the processes of all runs share; a story's database is a copy of it.
//!
//! Names end in a UUIDv7. What a killed run left behind is known by its age and dropped with the next
//! template, of which each is made anew after a day.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use reqwest::Url;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use service::{Location, migrate};
use uuid::Uuid;

use crate::tidy;

/// Names the server.
const SERVER: &str = "FLORIN_TEST_DATABASE_URL";
/// Held alone to make a template or drop old databases, together to copy one.
const LOCK: i64 = 0x0046_4c4f_5249_4e0f;

pub(crate) struct Postgres(Url);

impl Postgres {
    /// The server, if the suite runs on one.
    pub(super) fn of_the_suite() -> Option<Self> {
        let url = std::env::var(SERVER).ok()?;
        Some(Self(url.parse().unwrap()))
    }

    /// Another server.
    pub(super) fn at(url: &str) -> Self {
        Self(url.parse().unwrap())
    }

    /// The address of one of its databases.
    pub(super) fn url(&self, name: &str) -> String {
        let mut url = self.0.clone();
        url.set_path(name);
        url.into()
    }

    /// A database without tables.
    pub(super) async fn empty(&self) -> String {
        let (session, name) = (self.session().await, new_name("florin"));
        run(&session, &format!("create database {name}")).await;
        session.close().await.unwrap();
        name
    }

    /// A database with all tables.
    pub(super) async fn migrated(&self) -> String {
        loop {
            let (session, name) = (self.session().await, new_name("florin"));
            run(&session, &format!("select pg_advisory_lock_shared({LOCK})")).await;
            let template = template(&session).await;
            if let Some(template) = &template {
                run(&session, &format!("create database {name} template {template}")).await;
            }
            // The lock goes with the session.
            session.close().await.unwrap();
            match template {
                Some(_) => return name,
                None => self.make_template().await,
            }
        }
    }

    /// Ends what still uses it, and drops it.
    pub(super) async fn remove(&self, name: &str) {
        let session = self.session().await;
        run(&session, &format!("drop database if exists {name} with (force)")).await;
        session.close().await.unwrap();
    }

    /// Makes the template, unless somebody else just did. It gets its name only when it is whole.
    async fn make_template(&self) {
        let session = self.session().await;
        run(&session, &format!("select pg_advisory_lock({LOCK})")).await;
        if template(&session).await.is_none() {
            drop_old(&session).await;
            let name = self.empty().await;
            let location = Location::Postgres(self.url(&name));
            migrate::migrate(&location, &location).await.unwrap();
            let template = new_name(&template_prefix());
            run(&session, &format!("alter database {name} with allow_connections false")).await;
            run(&session, &format!("alter database {name} rename to {template}")).await;
        }
        session.close().await.unwrap();
    }

    async fn session(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(self.0.as_str());
        Database::connect(options.max_connections(1).to_owned()).await.unwrap()
    }
}

fn new_name(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::now_v7().simple())
}

/// Other migrations, another template.
fn template_prefix() -> String {
    let mut files: Vec<_> = fs::read_dir(tidy::root().join("migration/src"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file).unwrap().hash(&mut hasher);
    }
    format!("florin_template_{:08x}", hasher.finish() >> 32)
}

async fn template(session: &DatabaseConnection) -> Option<String> {
    let prefix = template_prefix();
    let sql =
        format!("select datname::text from pg_database where starts_with(datname, '{prefix}')");
    names(session, &sql).await.pop()
}

/// A UUIDv7 begins with its time.
async fn drop_old(session: &DatabaseConnection) {
    let sql = "select datname::text from pg_database where datname ~ '^florin_.*[0-9a-f]{32}$'
        and ('x' || substr(right(datname, 32), 1, 12))::bit(48)::bigint / 1000
            < extract(epoch from now() - interval '1 day')";
    for name in names(session, sql).await {
        run(session, &format!("drop database if exists {name} with (force)")).await;
    }
}

async fn names(session: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let rows = session.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn run(session: &DatabaseConnection, sql: &str) {
    session.execute_unprepared(sql).await.unwrap();
}

//! Somebody else holds what every write needs, so that writes wait and more arrive behind them.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend};

use super::World;

pub(crate) struct Block(DatabaseConnection);

impl Block {
    /// No write is done from now on; reading goes on. The gateway's patience is some three seconds.
    pub(crate) async fn of(world: &World) -> Self {
        let mut options = ConnectOptions::new(world.books.url());
        let other = Database::connect(options.max_connections(1).to_owned()).await.unwrap();
        let lock = match other.get_database_backend() {
            DbBackend::Postgres => "begin; lock table entry in exclusive mode",
            _ => "begin immediate",
        };
        other.execute_unprepared(lock).await.unwrap();
        Self(other)
    }

    /// Writes go on.
    pub(crate) async fn ends(self) {
        self.0.execute_unprepared("rollback").await.unwrap();
        self.0.close().await.unwrap();
    }
}

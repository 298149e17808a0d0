//! Opens the books for a command, the same way for each: an embedded Florin brings its own tables up
//! to date, a shared database must be so already.

use service::{Db, Location, migrate};

use super::Failure;
use crate::config::Storage;

/// The database that the settings name, ready to be used.
pub(super) async fn open(storage: &Storage) -> Result<Db, Failure> {
    storage.prepare()?;
    let location = storage.database()?;
    if matches!(location, Location::Sqlite(_)) {
        migrate::migrate(&location, &location).await?;
    }
    let db = Db::open(&location).await?;
    let pending = migrate::pending(&db).await?;
    if pending > 0 {
        return Err(Failure::Outdated { pending });
    }
    if !storage.allow_unsafe_postgres {
        db.check_durability().await?;
    }
    Ok(db)
}

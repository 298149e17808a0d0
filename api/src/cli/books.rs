//! Opens the books for a command, the same way for each: an embedded Florin brings its own tables up
//! to date, a shared database must be so already.

use std::sync::Arc;

use service::partners::Partners;
use service::programmes::Programmes;
use service::purchases::Purchases;
use service::{Clock, Db, Location, migrate};

use super::Failure;
use crate::config::Storage;

/// The use cases of a command, over one database.
pub(super) struct Books {
    pub(super) programmes: Arc<Programmes>,
    pub(super) partners: Arc<Partners>,
    pub(super) purchases: Purchases,
}

/// The books that the settings name.
pub(super) async fn open(storage: &Storage) -> Result<Books, Failure> {
    let (db, clock) = (database(storage).await?, Clock::System);
    let programmes = Arc::new(Programmes::new(db.clone(), clock.clone()));
    let partners = Arc::new(Partners::new(db.clone(), clock.clone()));
    let purchases = Purchases::new(db, clock, Arc::clone(&programmes), Arc::clone(&partners));
    Ok(Books { programmes, partners, purchases })
}

/// The database that the settings name, ready to be used.
async fn database(storage: &Storage) -> Result<Db, Failure> {
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

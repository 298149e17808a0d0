//! Opens the books for a command, the same way for each: an embedded Florin brings its own tables up
//! to date, a shared database must be so already.

use std::sync::Arc;
use std::time::Duration;

use entity::programmes::programme;
use service::auth::{self, MasterKey};
use service::hot::{HotStore, Memory, Redis};
use service::{Clock, Db, Location, Services, migrate};

use super::Failure;
use crate::config::{Environment, Invalid, Owner, Replica, Site, Storage};

/// All use cases over books that are there: a command that only looks makes none.
pub(super) async fn open(storage: &Storage, site: &Site) -> Result<Services, Failure> {
    match storage.database()? {
        Location::Sqlite(file) if !file.exists() => {
            Err(Failure::Nowhere { folder: storage.data.clone() })
        }
        _ => open_or_make(storage, site).await,
    }
}

/// The same, with what only the owner of the tables may do.
pub(super) async fn open_as_owner(
    storage: &Storage,
    owner: &Owner,
    site: &Site,
) -> Result<Services, Failure> {
    match storage.database()? {
        Location::Sqlite(file) if !file.exists() => {
            Err(Failure::Nowhere { folder: storage.data.clone() })
        }
        _ => open_at(&owner.database(storage)?, None, storage, site).await,
    }
}

/// The same; an embedded Florin that isn't there yet is made.
pub(super) async fn open_or_make(storage: &Storage, site: &Site) -> Result<Services, Failure> {
    open_at(&storage.database()?, None, storage, site).await
}

/// The same for a gateway, which may read from a replica.
pub(super) async fn open_to_serve(
    storage: &Storage,
    replica: &Replica,
    site: &Site,
) -> Result<Services, Failure> {
    let location = replica.location(storage)?;
    let replica = location.map(|location| (location, replica.lag_max()));
    open_at(&storage.database()?, replica, storage, site).await
}

async fn open_at(
    location: &Location,
    replica: Option<(Location, Duration)>,
    storage: &Storage,
    site: &Site,
) -> Result<Services, Failure> {
    let issuer = site.issuer()?;
    storage.prepare()?;
    let master_key = MasterKey::new(*storage.master_key()?.expose());
    let mut db = database(location, storage).await?;
    if let Some((replica, lag_max)) = replica {
        db = db.with_replica(location, &replica, lag_max).await?;
    }
    let trusts_this_machine = site.environment == Environment::Development;
    let auth = auth::Settings { issuer, master_key, trusts_this_machine };
    let services = Services::new(db, Clock::System, hot(storage)?, auth);
    services.auth.prepare(services.clock.now()).await?;
    Ok(services)
}

/// The programme that a command is about: the one it names, or the only one.
pub(super) async fn programme(
    services: &Services,
    code: Option<&str>,
) -> Result<programme::Model, Failure> {
    Ok(services.programmes.by_code(code).await?)
}

async fn database(location: &Location, storage: &Storage) -> Result<Db, Failure> {
    if matches!(location, Location::Sqlite(_)) {
        migrate::migrate(location, location).await?;
    }
    let db = Db::open(location).await.map_err(unreachable)?;
    let pending = migrate::pending(&db).await?;
    if pending > 0 {
        return Err(Failure::Outdated { pending });
    }
    if !storage.allow_unsafe_postgres {
        db.check_durability().await?;
    }
    Ok(db)
}

/// What keeps it away, without a word of requests: none was made.
pub(super) fn unreachable(error: service::Error) -> Failure {
    match error {
        service::Error::Unavailable(cause) => Failure::Unreachable(cause.to_string()),
        other => other.into(),
    }
}

fn hot(storage: &Storage) -> Result<Arc<dyn HotStore>, Failure> {
    let Some(url) = storage.redis()? else {
        return Ok(Arc::new(Memory::default()));
    };
    let redis = Redis::connect(url.expose(), storage.redis_prefix()?);
    // What is wrong with the address may be its password, so it stays unsaid.
    Ok(Arc::new(redis.map_err(|_| Invalid::new("REDIS_URL", "this is no address of a Redis"))?))
}

//! Where reads go that may come a little late.

use std::time::Duration;

use clap::Args;
use service::Location;

use super::{Invalid, Secret, Storage, postgres};

/// A standby that takes reads off the primary.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Storage")]
pub struct Replica {
    /// A streaming standby of the server in DATABASE_URL, which queries may read
    ///
    /// `postgres://USER:PASSWORD@HOST/DATABASE`, of one server, not of a balancer over several. Everybody
    /// finds what they wrote themselves; what others wrote may come late, by FLORIN_REPLICA_LAG_SECONDS_MAX
    /// at most. While the standby is away or later than that, the primary is read. Needs REDIS_URL, where
    /// gateways note who has written.
    #[arg(long, env = "DATABASE_READ_URL", value_name = "URL", hide_env_values = true)]
    database_read_url: Option<Secret>,

    /// How late what the standby shows may be
    #[arg(long, env = "FLORIN_REPLICA_LAG_SECONDS_MAX", value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u64).range(1..=60))]
    replica_lag_seconds_max: u64,
}

impl Replica {
    /// The replica to use, if any.
    ///
    /// # Errors
    /// When its address is of no known kind, or what it needs isn't set.
    pub fn location(&self, storage: &Storage) -> Result<Option<Location>, Invalid> {
        const SETTING: &str = "DATABASE_READ_URL";
        let Some(url) = &self.database_read_url else { return Ok(None) };
        let location = postgres(SETTING, url)?;
        if matches!(storage.database()?, Location::Sqlite(_)) {
            let right =
                "needs DATABASE_URL: only PostgreSQL has replicas, a file is read where it is";
            return Err(Invalid::new(SETTING, right));
        }
        if storage.redis()?.is_none() {
            let right =
                "needs REDIS_URL: gateways note there who has written, so that nobody misses it";
            return Err(Invalid::new(SETTING, right));
        }
        Ok(Some(location))
    }

    /// How late what it shows may be.
    pub fn lag_max(&self) -> Duration {
        Duration::from_secs(self.replica_lag_seconds_max)
    }
}

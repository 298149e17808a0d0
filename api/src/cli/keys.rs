//! `florin keys`: the keys that sign tokens.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Failure, books};
use crate::config::{Site, Storage};

/// List and rotate the keys that sign tokens
///
/// The first is made at the first start. They are Ed25519 keys, sealed in the database with
/// FLORIN_MASTER_KEY; their public halves are at /.well-known/jwks.json.
#[derive(Args, Debug)]
pub(super) struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the keys that verify tokens
    #[command(after_long_help = "Example:\n  florin keys list")]
    List(Place),
    /// Sign with a new key from now on
    ///
    /// Tokens signed with those before stay good until they end; gateways find the new key by
    /// themselves.
    #[command(after_long_help = "Example:\n  florin keys rotate")]
    Rotate(Place),
}

#[derive(Args, Debug)]
struct Place {
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    site: Site,
}

impl Keys {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let (What::List(place) | What::Rotate(place)) = &self.what;
        let services = books::open(&place.storage, &place.site).await?;
        let now = services.clock.now();
        if let What::Rotate(_) = self.what {
            println!("tokens are signed with {} now", services.auth.rotate_keys(now).await?);
            return Ok(ExitCode::SUCCESS);
        }
        for key in services.auth.jwks(now).await?.keys {
            println!("{}", key.kid);
        }
        Ok(ExitCode::SUCCESS)
    }
}

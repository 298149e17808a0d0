//! `florin migrate`: the tables, brought up to date by their owner.

use std::process::ExitCode;

use clap::Args;

use super::{Failure, books};
use crate::config::{Owner, Storage};

/// Bring the tables up to date
///
/// An embedded Florin does this by itself whenever it starts. On PostgreSQL it is a step of its own,
/// taken by the user who owns the tables, before the gateways of the new version start; they refuse to
/// start without it. Migrations only ever go forward, and one that has been applied is not applied
/// again.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  florin migrate
  DATABASE_OWNER_URL=postgres://owner@db/florin DATABASE_URL=postgres://gateway@db/florin florin migrate")]
pub(super) struct Migrate {
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    owner: Owner,
}

impl Migrate {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let Self { storage, owner } = self;
        storage.prepare()?;
        let owner = owner.database(&storage)?;
        let applied = service::migrate::migrate(&owner, &storage.database()?)
            .await
            .map_err(books::unreachable)?;
        for migration in &applied {
            println!("applied {migration}");
        }
        if applied.is_empty() {
            println!("nothing to do: the tables are up to date");
        }
        Ok(ExitCode::SUCCESS)
    }
}

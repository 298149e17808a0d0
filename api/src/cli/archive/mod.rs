//! `florin archive`: history that nothing asks for any more, written to files behind a seal.
//!
//! What goes, in which order and why nothing is lost in between is `service::ledger::archive`'s to say;
//! this command writes the files, and deletes only behind one that it has just read back.

mod check;
mod file;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Args;
use entity::ledger::seal;
use entity::programmes::programme;
use indicatif::HumanCount;
use service::Services;

pub(super) use self::check::checks;
pub(super) use self::file::Damaged;

use super::{Failure, books};
use crate::config::{Owner, Site, Storage};

/// Move old history into an archive
///
/// What earned and what matured before a date is written to a file for each run, packed JSON Lines with a
/// SHA-256 that a seal in the database keeps, and then deleted; receipts, payments, lots and all keys
/// stay. Balances, returns and reversals, and answers to what is sent again are the same as before;
/// histories say from when on they are complete. It may run while gateways serve, and again after it was
/// stopped at any point. On PostgreSQL it takes the owner of the tables. Keep the folder: `florin verify
/// --archive` checks it.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Example:
  florin archive --before 2025-01-01 --to /srv/florin-archive

Exit status: 0 if all that could go is archived, 1 if not.")]
pub(super) struct Archive {
    /// Only what was recorded before this day began, where the programme is
    #[arg(long, value_name = "DATE")]
    before: NaiveDate,
    /// The folder of the archive; the same each time
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// The code of one programme; all of them otherwise
    #[arg(long, value_name = "CODE")]
    programme: Option<String>,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    owner: Owner,
    #[command(flatten)]
    site: Site,
}

impl Archive {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let services = books::open_as_owner(&self.storage, &self.owner, &self.site).await?;
        let programmes = match &self.programme {
            Some(code) => vec![books::programme(&services, Some(code)).await?],
            None => services.programmes.all().await?,
        };
        std::fs::create_dir_all(&self.to)?;
        let _alone = file::lock(&self.to)?;
        services.sequence().await?;
        while services.advance_checkpoints().await? > 0 {}
        while services.follow_money().await? > 0 {}
        for programme in programmes {
            self.archive(&services, &programme).await?;
        }
        services.close().await?;
        Ok(ExitCode::SUCCESS)
    }

    async fn archive(
        &self,
        services: &Services,
        programme: &programme::Model,
    ) -> Result<(), Failure> {
        let (ledger, code) = (&services.ledger, &programme.code);
        if let Some(seal) = ledger.unfinished_seal(programme.id).await? {
            file::read(&self.to, &seal)?;
            clear(services, &seal).await?;
            println!("{code}: finished {}", seal.file);
        }
        let plan = ledger.plan_archive(programme.id, self.before).await?;
        let Some(written) = file::write(ledger, &plan, code, &self.to).await? else {
            println!("{code}: nothing to archive");
            return Ok(());
        };
        let (sums, file) = ((&written.tally, written.last), (&written.name[..], &written.hash[..]));
        let seal = ledger.seal_of(&plan, sums, file);
        file::read(&self.to, &seal)?;
        ledger.seal(&seal).await?;
        clear(services, &seal).await?;
        let count = |number: i64| HumanCount(number.unsigned_abs()).to_string();
        let (entries, postings) = (count(seal.entries), count(seal.postings));
        println!("{code}: {entries} entries and {postings} postings are in {}", seal.file);
        Ok(())
    }
}

/// Deletes what the seal covers.
async fn clear(services: &Services, seal: &seal::Model) -> Result<(), Failure> {
    let mut since = Some(0);
    while let Some(position) = since {
        since = services.ledger.clear_archived(seal, position).await?;
    }
    Ok(())
}

/// What the seals of a programme name, in a folder.
fn path_of(folder: &Path, seal: &seal::Model) -> PathBuf {
    folder.join(&seal.file)
}

//! `florin verify`: whether the books hold, each invariant with its figures.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use indicatif::HumanCount;
use service::ledger::verify::{Check, NAMED_MAX, Verdict};

use super::{Failure, archive, books};
use crate::config::{Site, Storage};

/// Check the books
///
/// Recomputes from the postings what every wallet, lot and receipt claims, over one unchanging state
/// of the database, and changes nothing. It may run while gateways serve. The same books print the
/// same bytes. Of what is wrong it names the first ten by their ids, which tell nobody's name.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Example:
  florin verify --data ./florin-data

Exit status: 0 if every invariant holds, 1 if one doesn't, or there is nothing to check.")]
pub(super) struct Verify {
    /// The code of one programme; all of them otherwise
    #[arg(long, value_name = "CODE")]
    programme: Option<String>,
    /// The folder of an archive that `florin archive` wrote: checks its files too
    #[arg(long, value_name = "FOLDER")]
    archive: Option<PathBuf>,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    site: Site,
}

impl Verify {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let services = books::open(&self.storage, &self.site).await?;
        let programmes = match &self.programme {
            Some(code) => vec![books::programme(&services, Some(code)).await?],
            None => services.programmes.all().await?,
        };
        if programmes.is_empty() {
            println!("there is no programme yet");
            return Ok(ExitCode::FAILURE);
        }
        let mut all_hold = true;
        for programme in programmes {
            let mut verdict = services.ledger.verify(programme.id).await?;
            if let Some(folder) = &self.archive {
                verdict
                    .checks
                    .extend(archive::checks(&services.ledger, programme.id, folder).await?);
            }
            all_hold &= verdict.holds();
            print!("{}", told(&programme.code, &verdict));
        }
        Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A programme's books, a line each.
pub(super) fn told(code: &str, verdict: &Verdict) -> String {
    let lines: String = verdict.checks.iter().map(line).collect();
    let end = if verdict.holds() { "the books hold" } else { "THE BOOKS DO NOT HOLD" };
    format!("{code}\n{lines}{code}: {end}\n")
}

/// An invariant on a line, and below it what is wrong.
fn line(check: &Check) -> String {
    let count = |number: i64| HumanCount(number.unsigned_abs()).to_string();
    let looked_at = format!("{} {}", count(check.checked), check.unit);
    if check.faults == 0 {
        return format!("  ok      {looked_at:>22}  {}\n", check.name);
    }
    let faults = count(check.faults);
    let mut told = format!("  FAULTY  {looked_at:>22}  {}: not so for {faults}\n", check.name);
    told.extend(check.faulty.iter().map(|id| format!("          {id}\n")));
    let more = check.faults - i64::try_from(check.faulty.len()).unwrap_or(0);
    if more > 0 && check.faulty.len() == NAMED_MAX {
        told += &format!("          and {} more\n", count(more));
    }
    told
}

#[cfg(test)]
mod tests {
    //! What is printed.

    use super::*;

    fn verdict(faults: i64, faulty: &[&str]) -> Verdict {
        let faulty = faulty.iter().map(|id| (*id).to_owned()).collect();
        let (name, unit) = ("wallets add up", "wallets");
        Verdict { checks: vec![Check { name, checked: 12_345, unit, faults, faulty }] }
    }

    #[test]
    fn a_check_is_told_with_its_figures() {
        assert_eq!(
            told("arno", &verdict(0, &[])),
            "arno\n  ok              12,345 wallets  wallets add up\narno: the books hold\n"
        );
        assert_eq!(
            told("arno", &verdict(2, &["wal_1", "wal_2"])),
            "arno\n  FAULTY          12,345 wallets  wallets add up: not so for 2\n          wal_1\n          wal_2\narno: THE BOOKS DO NOT HOLD\n"
        );
    }
}

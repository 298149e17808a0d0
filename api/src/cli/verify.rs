//! `florin verify`: whether the books hold, each invariant with its figures.

use std::process::ExitCode;

use clap::Args;
use indicatif::HumanCount;
use service::ledger::verify::{Check, Verdict};

use super::{Failure, books};
use crate::config::{Site, Storage};

/// Check the books
///
/// Recomputes from the postings what every wallet, lot and receipt claims, over one unchanging state
/// of the database, and changes nothing. It may run while gateways serve. The same books print the
/// same bytes.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Example:
  florin verify --data ./florin-data

Exit status: 0 if every invariant holds, 1 if one doesn't, or there is nothing to check.")]
pub(super) struct Verify {
    /// The code of one programme; all of them otherwise
    #[arg(long, value_name = "CODE")]
    programme: Option<String>,
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
            let verdict = services.ledger.verify(programme.id).await?;
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

fn line(check: &Check) -> String {
    let count = |number: i64| HumanCount(number.unsigned_abs()).to_string();
    let looked_at = format!("{} {}", count(check.checked), check.unit);
    match check.faults {
        0 => format!("  ok      {looked_at:>22}  {}\n", check.name),
        faults => {
            format!("  FAULTY  {looked_at:>22}  {}: not so for {}\n", check.name, count(faults))
        }
    }
}

#[cfg(test)]
mod tests {
    //! What is printed.

    use super::*;

    fn verdict(faults: i64) -> Verdict {
        let check = Check { name: "wallets add up", checked: 12_345, unit: "wallets", faults };
        Verdict { checks: vec![check] }
    }

    #[test]
    fn a_check_is_told_with_its_figures() {
        assert_eq!(
            told("arno", &verdict(0)),
            "arno\n  ok              12,345 wallets  wallets add up\narno: the books hold\n"
        );
        assert_eq!(
            told("arno", &verdict(2)),
            "arno\n  FAULTY          12,345 wallets  wallets add up: not so for 2\narno: THE BOOKS DO NOT HOLD\n"
        );
    }
}

//! `florin rules`: what each earning rule has given so far.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use entity::amount::{Currency, Money};
use indicatif::HumanCount;
use service::earning::totals::RuleTotals;

use super::{Failure, books};
use crate::config::{Site, Storage};

/// Tell what each earning rule has given
///
/// How many times, how many points and how much money, what came back taken off, and first what the
/// partners' base rates gave. It reads all receipts and changes nothing. The same books print the same
/// bytes.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Example:
  florin rules --data ./florin-data")]
pub(super) struct Rules {
    /// The code of the programme; needed where there are several
    #[arg(long, value_name = "CODE")]
    programme: Option<String>,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    site: Site,
}

impl Rules {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let services = books::open(&self.storage, &self.site).await?;
        let programme = books::programme(&services, self.programme.as_deref()).await?;
        let totals = services.earning.totals(programme.id).await?;
        print!("{}", told(&totals, programme.currency));
        services.close().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A line a rule, by code, and the base rates first.
pub(super) fn told(totals: &BTreeMap<String, RuleTotals>, currency: Currency) -> String {
    let mut told = format!("{:<16}{:>12}{:>16}{:>16}\n", "rule", "times", "points", "money back");
    for (code, totals) in totals {
        let code = if code.is_empty() { "base rate" } else { code };
        let money = Money { minor: totals.cashback_minor, currency };
        let (times, points) = (count(totals.times), count(totals.points));
        told += &format!("{code:<16}{times:>12}{points:>16}{:>16}\n", money.to_string());
    }
    told
}

fn count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", HumanCount(number.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    //! What is printed.

    use super::*;

    #[test]
    fn a_rule_is_told_with_its_figures() {
        let of = |times, points, cashback_minor| RuleTotals { times, points, cashback_minor };
        let totals = [("", of(1234, 56_789, 0)), ("back", of(2, 0, 150)), ("less", of(1, -3, 0))];
        let totals = totals.map(|(code, totals)| (code.to_owned(), totals)).into();
        let told = told(&totals, "EUR".parse().unwrap());
        let lines: Vec<Vec<&str>> =
            told.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["base", "rate", "1,234", "56,789", "0.00"]);
        assert_eq!(lines[2], ["back", "2", "0", "1.50"]);
        assert_eq!(lines[3], ["less", "1", "-3", "0.00"]);
    }
}

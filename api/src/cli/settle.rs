//! `florin settle`: who owes whom, month by month.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Args;
use entity::amount::{Currency, Money};
use entity::ids::PartnerId;
use indicatif::HumanCount;
use service::Actor;
use service::partners::Directory;
use service::settlement::Settled;
use service::settlement::core::{Account, Exact, LineKind, MoneyAccount, Position};

use super::{Failure, books};
use crate::config::{Site, Storage};

/// Work out who owes whom
///
/// Brings the money books up to the last entry, and prints for each cycle what each partner owes and is
/// owed, who pays what, whose points were spent where, and what the programme's own accounts hold. It
/// closes nothing and pays nobody. The same ledger prints the same bytes.
#[derive(Args, Debug)]
#[command(after_long_help = "\
An entry belongs to the cycle in which it was recorded, in the programme's time zone, or to the next that
is open. Above zero a partner owes the programme, below it is owed. Lines are rounded half to even, once each; what that
makes of a statement stands beside them. The last line is the hash of all statements of the cycle, issued
or as they would be by now: books that print the same have the same statements, byte for byte.

Example:
  florin settle --until 2026-04-01 --data ./florin-data

Exit status: 0 if the money sums to zero, 1 if it doesn't, or there is nothing to settle.")]
pub(super) struct Settle {
    /// Only cycles that have ended by then, the day after their last; all otherwise
    #[arg(long, value_name = "DATE")]
    until: Option<NaiveDate>,
    /// The code of a programme; needed where there are several
    #[arg(long, value_name = "CODE")]
    programme: Option<String>,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    site: Site,
}

impl Settle {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let services = books::open(&self.storage, &self.site).await?;
        let programme = books::programme(&services, self.programme.as_deref()).await?;
        services.sequence().await?;
        let actor = Actor::system(programme.id).through("settle");
        let directory = services.partners.directory(programme.id).await?;
        services.settlement.catch_up(programme.id).await?;
        let cycles = services.settlement.cycles_until(&actor, self.until).await?;
        if cycles.is_empty() {
            println!("{}: there is nothing to settle yet", programme.code);
            return Ok(ExitCode::FAILURE);
        }
        for cycle in &cycles {
            print!("{}", told(&programme.code, &directory, cycle)?);
        }
        let is_balanced = cycles.iter().all(Settled::is_balanced);
        Ok(if is_balanced { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The columns of the table, each with the lines that it adds up.
const COLUMNS: [(&str, &[LineKind]); 6] = [
    ("issued", &[LineKind::Issue, LineKind::IssueReturn]),
    ("funding", &[LineKind::Funding, LineKind::FundingReversal]),
    ("fees", &[LineKind::ServiceFee, LineKind::ServiceFeeReversal]),
    ("burned there", &[LineKind::Burn, LineKind::BurnReversal]),
    ("breakage", &[LineKind::BreakageShare]),
    ("supplied", &[LineKind::RewardSupply, LineKind::RewardSupplyReversal]),
];

/// A cycle in words.
pub(super) fn told(code: &str, directory: &Directory, cycle: &Settled) -> service::Result<String> {
    let currency = cycle.currency;
    let mut told = format!("\n{code}, {}, {currency}\n", cycle.name());
    let names: BTreeMap<&str, PartnerId> = cycle
        .positions
        .keys()
        .filter_map(|id| Some((directory.partner(*id)?.code.as_str(), *id)))
        .collect();
    told += &format!("{:<12}", "partner");
    let columns = columns(cycle);
    for (title, _) in &columns {
        told += &format!("{title:>14}");
    }
    told += &format!("{:>10}{:>14}\n", "rounding", "net");
    for (name, id) in &names {
        if let Some(position) = cycle.positions.get(id) {
            told += &line(name, position, &columns, currency);
        }
    }
    told += &payments(&names, cycle);
    told += &matrix(directory, cycle);
    Ok(told + &accounts(cycle)?)
}

/// A column.
type Column = (&'static str, &'static [LineKind]);

/// Those that somebody has something in; what is always there is always shown.
fn columns(cycle: &Settled) -> Vec<Column> {
    let is_there = |kinds: &[LineKind]| {
        let mut lines = cycle.positions.values().flat_map(|position| &position.lines);
        lines.any(|line| kinds.contains(&line.kind))
    };
    let is_shown = |(place, (_, kinds)): &(usize, Column)| *place < 5 || is_there(kinds);
    COLUMNS.into_iter().enumerate().filter(is_shown).map(|(_, column)| column).collect()
}

fn line(name: &str, position: &Position, columns: &[Column], currency: Currency) -> String {
    let mut told = format!("{name:<12}");
    for (_, kinds) in columns {
        let own = position.lines.iter().filter(|line| kinds.contains(&line.kind));
        told += &format!("{:>14}", money(own.map(|line| line.minor).sum(), currency));
    }
    let (rounding, net) = (position.rounding_minor, position.net_minor);
    told + &format!("{:>10}{:>14}\n", money(rounding, currency), money(net, currency))
}

/// At most one payment a partner.
fn payments(names: &BTreeMap<&str, PartnerId>, cycle: &Settled) -> String {
    let mut told = String::new();
    for (name, id) in names {
        let net = cycle.positions.get(id).map_or(0, |position| position.net_minor);
        let amount = money(net.saturating_abs(), cycle.currency);
        match net {
            0 => {}
            1.. => told += &format!("  {name} pays {amount}\n"),
            _ => told += &format!("  {name} is paid {amount}\n"),
        }
    }
    told
}

/// Points of the row's partner that were spent at the column's.
fn matrix(directory: &Directory, cycle: &Settled) -> String {
    let code = |id: PartnerId| directory.partner(id).map_or("", |partner| partner.code.as_str());
    let cells: BTreeMap<(&str, &str), i64> = cycle
        .matrix
        .iter()
        .map(|((issuer, acceptor), cell)| ((code(*issuer), code(*acceptor)), cell.points))
        .collect();
    if cells.is_empty() {
        return String::new();
    }
    let issuers: BTreeSet<&str> = cells.keys().map(|(issuer, _)| *issuer).collect();
    let acceptors: BTreeSet<&str> = cells.keys().map(|(_, acceptor)| *acceptor).collect();
    let mut told = format!("{:<12}", "points of at");
    told.extend(acceptors.iter().map(|acceptor| format!("{acceptor:>14}")));
    for issuer in issuers {
        told += &format!("\n{issuer:<12}");
        for acceptor in &acceptors {
            let points = cells.get(&(issuer, *acceptor)).copied().unwrap_or(0);
            told += &format!("{:>14}", count(points));
        }
    }
    told + "\n"
}

fn accounts(cycle: &Settled) -> service::Result<String> {
    let minor = |exact: Exact| exact.minor(cycle.currency.minor_per_unit());
    let mut named = Vec::new();
    for (account, balance) in &cycle.accounts {
        let name = match account {
            Account::Payable(_) => continue,
            Account::Own(MoneyAccount::Funded) => "funds itself".to_owned(),
            Account::Own(own) => own.name().to_lowercase(),
        };
        named.push(format!("{name} {}", money(minor(*balance)?, cycle.currency)));
    }
    let sum = if cycle.is_balanced() { "sums to zero" } else { "DOES NOT SUM TO ZERO" };
    let named = named.join(", ");
    let digest = &cycle.digest;
    Ok(format!("the programme at the cycle's end: {named}; all money {sum}\nstatements {digest}\n"))
}

fn money(minor: i64, currency: Currency) -> String {
    Money { minor, currency }.to_string()
}

fn count(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", HumanCount(number.unsigned_abs()))
}

//! `florin demo`: a coalition of seven partners with real receipts, loaded through the same use
//! cases that production uses, then served.

mod coalition;
mod sample;
mod summary;

use std::process::ExitCode;

use chrono::TimeDelta;
use clap::Args;
use service::{Actor, Scope, Services, Who};

use super::import::history;
use super::serve::Serve;
use super::{Failure, books};

/// The code of the demo's programme.
const CODE: &str = "arno";
/// How long the printed tokens hold.
const TOKENS: TimeDelta = TimeDelta::hours(12);

/// Load two weeks of real receipts of seven partners, and serve
///
/// The receipts are of January 2017; their dates are moved forward by whole weeks, so that they end
/// now. A second start goes on with the same data.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  florin demo
  florin demo --exit --data /tmp/florin-demo")]
pub(super) struct Demo {
    /// Stop after the summary
    #[arg(long)]
    exit: bool,
    #[command(flatten)]
    serve: Serve,
}

impl Demo {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let services = books::open(&self.serve.storage, &self.serve.site).await?;
        let (programme, actor) = coalition::found(&services).await?;
        let rows = sample::rows()?;
        coalition::prepare(&services, &actor, &programme, &rows).await?;
        let file = self.serve.storage.data.join("sample-receipts.csv.gz");
        std::fs::write(&file, sample::RECEIPTS)?;
        let shift = sample::shift(programme.created_at);
        let recorded = history(&file, &services, &programme, shift).await?;
        services.settle_due().await?;
        if recorded > 0 {
            coalition::live(&services, &actor, &programme).await?;
        }
        let holds = summary::print(&services, &actor, &programme).await?;
        if self.exit {
            services.close().await?;
            return Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        tokens(&services, &actor).await?;
        services.close().await?;
        self.serve.run().await
    }
}

/// A token for each of the three who use it.
async fn tokens(services: &Services, operator: &Actor) -> Result<(), Failure> {
    let (programme, now) = (operator.programme()?, services.clock.now());
    let till = coalition::till(services, operator, "grocer").await?;
    let member = coalition::shopper(services, operator).await?;
    for (name, who, query) in [
        (
            "operator",
            operator.who(),
            "{ members(first: 3) { nodes { id wallet { available pending } } } }",
        ),
        (
            "partner grocer",
            till.who(),
            "{ purchases(last: 3) { nodes { receiptNumber total { amount } points } } }",
        ),
        (
            "member",
            Who::Member(member),
            "{ viewer { history(first: 5) { nodes { kind points reason { summary } } } } }",
        ),
    ] {
        let issued = services.auth.issue(programme, who, Scope::ALL.to_vec(), TOKENS, now).await?;
        println!("\n{name}: {query}\n  Authorization: Bearer {}", issued.token);
    }
    println!();
    Ok(())
}

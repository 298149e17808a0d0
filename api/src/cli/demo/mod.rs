//! `florin demo`: a coalition of seven partners with real receipts, loaded through the same use
//! cases that production uses, then served.

mod coalition;
mod coupons;
mod people;
mod receipts;
mod rewards;
mod rules;
mod summary;

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::TimeDelta;
use clap::Args;
use service::actor::PARTNER_SCOPES;
use service::page::Window;
use service::{Actor, Result, Scope, Services, Who};

use self::receipts::Receipts;
use super::import::SOME_REFUSED;
use super::serve::Serve;
use super::{Failure, books};

/// The code of the demo's programme.
const CODE: &str = "arno";
/// Its name, by which it is told from a real one.
const NAME: &str = "Arno Card, a demo";
/// How long the printed tokens hold.
const TOKENS: TimeDelta = TimeDelta::hours(12);

/// Load two weeks of real receipts of seven partners, and serve
///
/// The receipts are of January 2017; their dates are moved forward by whole weeks, so that they end
/// now. Members pay with points, bring goods back and give points away; then the books are checked.
/// A second start goes on with the same data.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  florin demo
  florin demo --exit --data /tmp/florin-demo
  florin demo --data /tmp/florin-year --receipts receipts-2017-*.csv.gz
  florin demo --data /tmp/florin-year --prepare --receipts receipts-2017-*.csv.gz

Exit status of --exit: 0 if the books hold, 1 if they don't, 3 if they do and rows were refused.")]
pub(super) struct Demo {
    /// Stop after the summary
    #[arg(long)]
    exit: bool,
    /// Load these files too, plain or gzip
    ///
    /// Rows as `florin import receipts` reads them, of the sample's seven partners.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    receipts: Vec<PathBuf>,
    /// Make the programme, its partners, stores, rules and coupons' audiences, load nothing, and stop
    ///
    /// Dates stay those of the sample and of the files of --receipts, which `florin import receipts
    /// --backfill --enrol` can then bring in.
    #[arg(long)]
    prepare: bool,
    #[command(flatten)]
    serve: Serve,
}

impl Demo {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let listener = match self.exit || self.prepare {
            true => None,
            false => Some(self.serve.listen().await?),
        };
        let services = books::open_or_make(&self.serve.storage, &self.serve.site).await?;
        let actor = coalition::found(&services).await?;
        let files = receipts::survey(&self.serve.storage.data, &self.receipts).await?;
        if self.prepare {
            self.prepared(&services, &actor, &files).await?;
            services.close().await?;
            return Ok(ExitCode::SUCCESS);
        }
        let shift = receipts::shift(&services, &actor, &files).await?;
        prepare(&services, &actor, &files, shift).await?;
        let missing = receipts::missing(&services, &actor, &files).await?;
        let mut cards = receipts::cards(missing.iter().copied());
        cards.retain(|card| people::is_member(card));
        coupons::send(&services, &actor, &cards).await?;
        let refused_rows = receipts::load(&services, &actor, &missing, shift).await?;
        services.settle_due().await?;
        let mut totals = services.ledger.totals(&actor).await?;
        if totals.iter().all(|partner| partner.accepted == 0) {
            people::live(&services, &actor).await?;
            totals = services.ledger.totals(&actor).await?;
        }
        let holds = summary::print(&services, &actor, &totals).await?;
        let Some(listener) = listener else {
            services.close().await?;
            return Ok(match (holds, refused_rows) {
                (false, _) => ExitCode::FAILURE,
                (true, 0) => ExitCode::SUCCESS,
                (true, _) => ExitCode::from(SOME_REFUSED),
            });
        };
        tokens(&services, &actor).await?;
        services.close().await?;
        self.serve.serve(listener).await
    }

    /// Everything but receipts.
    async fn prepared(
        &self,
        services: &Services,
        actor: &Actor,
        files: &[Receipts],
    ) -> Result<(), Failure> {
        prepare(services, actor, files, TimeDelta::zero()).await?;
        coupons::send(services, actor, &receipts::cards(files)).await?;
        println!(
            "{NAME}: {CODE} is ready for receipts: florin import receipts --backfill --enrol FILE…"
        );
        Ok(())
    }
}

/// Partners, stores and rules; what is there already stays.
async fn prepare(
    services: &Services,
    actor: &Actor,
    files: &[Receipts],
    shift: TimeDelta,
) -> Result<()> {
    coalition::prepare(services, actor, receipts::stores(files), shift).await?;
    rules::prepare(services, actor, shift).await
}

/// The first so many of a list.
fn first<K>(limit: u64) -> Window<K> {
    Window { limit, after: None, before: None, is_backward: false }
}

/// A token for each of the three who use it.
async fn tokens(services: &Services, operator: &Actor) -> Result<(), Failure> {
    let (programme, now) = (operator.programme()?, services.clock.now());
    let till = coalition::till(services, operator, "grocer").await?;
    let member = people::shopper(services, operator).await?.id;
    for (name, who, scopes, query) in [
        (
            "operator",
            operator.who(),
            Scope::ALL,
            "{ members(first: 3) { nodes { id wallet { available pending } } } }",
        ),
        (
            "partner grocer",
            till.who(),
            PARTNER_SCOPES,
            "{ purchases(last: 3) { nodes { receiptNumber total { amount } points } } }",
        ),
        (
            "member",
            Who::Member(member),
            &[],
            "{ viewer { history(first: 5) { nodes { kind points reason { summary } } } } }",
        ),
    ] {
        let issued = services.auth.issue(programme, who, scopes.to_vec(), TOKENS, now).await?;
        println!("\n{name}: {query}\n  {{\"Authorization\": \"Bearer {}\"}}", issued.token);
    }
    println!("\nPaste a query into GraphiQL, and the line below it into GraphiQL's headers.");
    Ok(())
}

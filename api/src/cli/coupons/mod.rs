//! `florin coupons replay FOLDER`: the coupon campaigns of a real year as coupons, and what their holders
//! redeemed, against the receipts of those days.
//!
//! Each coupon of a campaign is one coupon here: personal, for the members that the campaign was sent to, about
//! the articles that it covers, within the campaign's days. What it was worth, the source doesn't tell: it takes a
//! dollar off. A receipt's discount counts as what the coupons took off, so that they look at the shelf price.
//! Nothing is decided here that a till couldn't: a redemption goes with the first receipt of its card and day that
//! has an article of the coupon, else with the first of that day, and Florin says what becomes of it.

mod files;
mod replay;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{Failure, books};
use crate::config::{Site, Storage};

/// Try coupons on a year that was
#[derive(Args, Debug)]
pub(super) struct Coupons {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Replay(Replay),
}

/// Load coupon campaigns and redeem what was redeemed
///
/// The folder holds campaigns.csv, campaign_audience.csv.gz, coupons.csv.gz, coupon_redemptions.csv and
/// receipts-*.csv.gz. The coupons, their audiences and the receipts on which one was redeemed are brought in as
/// history; it tells how many redemptions were taken, and why the others weren't. It can be run again: what is
/// there already stays.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Example:
  florin coupons replay complete-journey --data ./florin-data")]
struct Replay {
    /// The folder with the files
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// The code of the programme; needed where there are several
    #[arg(long, value_name = "CODE")]
    programme: Option<String>,

    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    site: Site,
}

impl Coupons {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let What::Replay(wish) = self.what;
        let year = files::Year::read(&wish.folder)?;
        let services = books::open(&wish.storage, &wish.site).await?;
        let programme = books::programme(&services, wish.programme.as_deref()).await?;
        print!("{}", replay::replay(&services, &programme, &year).await?);
        services.close().await?;
        Ok(ExitCode::SUCCESS)
    }
}

//! `florin import receipts FILE…`: a partner's receipts as CSV, row by row into the books.
//!
//! One thread reads and parses while a task records. Nothing is remembered between runs: a receipt's
//! own number makes a second import, or one after a kill, a replay that changes nothing.

mod books;
mod header;
mod line;
mod progress;
mod receipts;
mod refused;
mod rows;
mod run;
mod scopes;
mod source;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::HumanCount;

pub(crate) use refused::Unwritable;
pub(crate) use rows::Unreadable;

use entity::partners::partner::ReceiptScope;
use service::purchases::Mode;

pub(in crate::cli) use self::books::Books;
pub(in crate::cli) use self::receipts::Receipt;
pub(in crate::cli) use self::run::{Sink, Totals, Verdict, import};
use self::scopes::Scopes;
use super::Failure;
use crate::config::{Site, Storage};

/// Exit status of a run that went to its end and refused rows on the way.
pub(super) const SOME_REFUSED: u8 = 3;

/// Bring files into the books
#[derive(Args, Debug)]
pub(super) struct Import {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Receipts(ImportReceipts),
}

/// Bring in receipts, one row a line of a receipt
///
/// The first row of a file names its columns, in any order: partner, receipt_no, occurred_at, card_no,
/// store_no, sku, category, brand, quantity, amount_minor, discount_minor. Partners and stores are
/// named by their codes; amounts are minor units (cents), net of the discount; moments are RFC 3339; a
/// card or a store may be left empty. Rows with the same partner and receipt number are one receipt,
/// which is recorded whole or not at all. A file may be compressed with gzip.
///
/// Rows that can't be recorded are written to FILE.refused.csv, with line and reason, and the others
/// go on. The same file can be brought in again, after a kill too: what is there already stays as it
/// is.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  florin import receipts --check march.csv.gz
  florin import receipts march.csv.gz april.csv.gz
  florin import receipts --backfill 2017-*.csv.gz

Exit status: 0 if every row is in the books, 3 if some were refused, 1 if a file could not be read to its end.")]
struct ImportReceipts {
    /// The files, plain or gzip
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Read and check the files, and record nothing
    #[arg(long, conflicts_with = "backfill")]
    check: bool,

    /// Bring in history: receipts count as recorded when they occurred
    ///
    /// However old they are. They must come in the order of time, and before any that are recorded
    /// live.
    #[arg(long)]
    backfill: bool,

    /// Enrol a member for every card that nobody has yet
    ///
    /// Otherwise its receipts are kept, and earn once a member claims them with the card.
    #[arg(long, conflicts_with = "check")]
    enrol: bool,

    /// The code of the programme; needed where there are several
    #[arg(long, value_name = "CODE")]
    programme: Option<String>,

    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    site: Site,
}

impl Import {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let What::Receipts(wish) = self.what;
        if wish.check {
            return import_all(&wish.files, &Checked).await;
        }
        let services = super::books::open(&wish.storage, &wish.site).await?;
        let programme = super::books::programme(&services, wish.programme.as_deref()).await?;
        let mode = if wish.backfill { Mode::Backfill } else { Mode::Live };
        let books = Books::open(&services, &programme, mode).await?;
        let books = if wish.enrol { books.enrolling(|_| true) } else { books };
        import_all(&wish.files, &books).await
    }
}

/// Brings a file into `sink`, and tells what came of it.
pub(super) async fn import_told(file: &Path, sink: &impl Sink) -> Result<Totals, Failure> {
    let totals = import(file, sink).await?;
    println!("{}", told(file, totals));
    Ok(totals)
}

async fn import_all(files: &[PathBuf], sink: &impl Sink) -> Result<ExitCode, Failure> {
    let mut refused_rows = 0;
    for file in files {
        refused_rows += import_told(file, sink).await?.refused_rows;
    }
    Ok(if refused_rows == 0 { ExitCode::SUCCESS } else { ExitCode::from(SOME_REFUSED) })
}

/// The sink of `--check`: everything that has the shape of a receipt is good.
struct Checked;

impl Sink for Checked {
    /// What a partner's tills do isn't known here: a number may come again elsewhere or another day.
    fn scopes(&self) -> Scopes {
        Scopes::of_all(ReceiptScope::StoreDay)
    }

    async fn record(&self, receipts: &[Receipt]) -> Result<Vec<Verdict>, service::Error> {
        Ok(receipts.iter().map(|_| Verdict::Recorded).collect())
    }
}

fn told(file: &Path, totals: Totals) -> String {
    let count = HumanCount;
    let rate = progress::rate(totals.rows, totals.took);
    let mut told = format!(
        "{}: {} rows, {} receipts: {} recorded, {} were there already; {} rows refused; {} rows/s",
        file.display(),
        count(totals.rows),
        count(totals.receipts),
        count(totals.recorded),
        count(totals.replayed),
        count(totals.refused_rows),
        count(rate),
    );
    if totals.refused_rows > 0 {
        told += &format!("\n  why, row by row: {}.refused.csv", file.display());
    }
    told
}

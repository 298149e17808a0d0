//! `florin statement`: statements as files, and whether one is what its movements come to. To verify needs the
//! extract and nothing else: whoever gets one checks it on a machine of their own.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::HumanCount;
use service::settlement::paper::extract::{NotVerified, Verified, verify};
use service::settlement::{content, paper};
use service::{Actor, Error};

use super::{Failure, books};
use crate::config::{Site, Storage};

/// Nothing can be said of the statement.
const UNREADABLE: u8 = 2;

/// Write a partner's statement to a file, or check one
#[derive(Args, Debug)]
pub(super) struct Statement {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Verify(Verify),
    Export(Box<Export>),
}

/// A form that a statement's file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A page to read and to print
    Pdf,
    /// Its lines, as CSV
    Lines,
    /// What its lines add up, by day, as CSV
    Days,
    /// What corrects earlier cycles, as CSV
    Corrections,
    /// All of it, as JSON Lines
    Jsonl,
    /// All movements behind it, from which anybody verifies it
    Extract,
}

/// Write a partner's statement to a file
///
/// The statement of the cycle's last calculation: a draft until the cycle is approved. The same bytes each
/// time; an extract is written as it is read, whatever its length.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Example:
  florin statement export --cycle 2026-03 --partner grocer --as extract --to grocer-2026-03.jsonl

Exit status: 0 if it was written, 1 if there is no such statement.")]
struct Export {
    /// The cycle's name
    #[arg(long, value_name = "CYCLE")]
    cycle: String,
    /// The partner's code
    #[arg(long, value_name = "PARTNER")]
    partner: String,
    /// Of which form
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = Form::Extract)]
    form: Form,
    /// The file; standard output where none is named
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// The code of a programme; needed where there are several
    #[arg(long, value_name = "CODE")]
    programme: Option<String>,
    #[command(flatten)]
    storage: Storage,
    #[command(flatten)]
    site: Site,
}

/// Work a statement out again from its extract
///
/// Adds up every movement of the extract, puts the statement together anew from that, and compares what
/// comes out with what the statement says, to the byte, and with its hash. Of what is wrong it names the
/// first. It is offline: it opens no database, and reads no settings and nothing but the extract.
///
/// What it can't know is whether the statement is the one that the programme keeps: compare the hash that it
/// prints with the one on the paper, and each statement's with the one that the next names.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Example:
  florin statement verify grocer-2026-03.jsonl
  gunzip --stdout grocer-2026-03.jsonl.gz | florin statement verify -

Exit status: 0 if the statement holds, 1 if it doesn't, 2 if the extract can't be read or isn't whole.")]
struct Verify {
    /// The extract, as JSON Lines; `-` reads standard input
    #[arg(value_name = "EXTRACT")]
    extract: PathBuf,
}

impl Statement {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        match self.what {
            What::Verify(verify) => verify.run(),
            What::Export(export) => export.run().await,
        }
    }
}

impl Export {
    async fn run(self) -> Result<ExitCode, Failure> {
        let services = books::open(&self.storage, &self.site).await?;
        let programme = books::programme(&services, self.programme.as_deref()).await?;
        let actor = Actor::system(programme.id).through("statement export");
        let directory = services.partners.directory(programme.id).await?;
        let missing = || {
            let message = format!("{} has no statement for {}", self.partner, self.cycle);
            Error::bad_input("cycle", message)
        };
        let partner = directory.by_code(&self.partner).ok_or_else(missing)?.id;
        let found = services.settlement.statement_named(&actor, &self.cycle, partner).await?;
        let row = found.ok_or_else(missing)?;
        let mut to: Box<dyn Write> = match &self.to {
            Some(file) => Box::new(BufWriter::new(File::create(file)?)),
            None => Box::new(BufWriter::new(io::stdout().lock())),
        };
        let content = content(&row)?;
        match self.form {
            Form::Pdf => to.write_all(&services.settlement.paper(&actor, &row).await?)?,
            Form::Lines => to.write_all(paper::lines_csv(&content).as_bytes())?,
            Form::Days => {
                to.write_all(paper::days_csv(&content).map_err(Error::from)?.as_bytes())?
            }
            Form::Corrections => to.write_all(paper::corrections_csv(&content).as_bytes())?,
            Form::Jsonl => to.write_all(paper::jsonl(&content).as_bytes())?,
            Form::Extract => drop(services.settlement.extract(&actor, &row, &mut to).await?),
        }
        to.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Verify {
    fn run(self) -> Result<ExitCode, Failure> {
        let Self { extract } = &self;
        let is_input = extract.as_os_str() == "-";
        let checked = if is_input {
            verify(io::stdin().lock())
        } else {
            File::open(extract)
                .map_err(NotVerified::from)
                .and_then(|file| verify(BufReader::new(file)))
        };
        match checked {
            Ok(verified) => print!("{}", told(&verified)),
            Err(NotVerified::Differs(difference)) => {
                println!("THE STATEMENT DOES NOT HOLD\n  {difference}");
                return Ok(ExitCode::FAILURE);
            }
            Err(unreadable) => {
                let from =
                    if is_input { "standard input".into() } else { extract.display().to_string() };
                eprintln!("florin: {from}: {unreadable}");
                return Ok(ExitCode::from(UNREADABLE));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What was checked, a line each.
fn told(verified: &Verified) -> String {
    let Verified { statement, hash, days, movements } = verified;
    let head = &statement.head;
    let lines = statement.lines.len();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let checks = [
        (*movements, "movement", "add up to what the statement says of each day"),
        (count(*days), "day total", "add up to its lines"),
        (count(lines), "line", "add up to its totals"),
        (1, "text", "is what these make, to the byte, and has the hash below"),
    ];
    let named = format!(
        "{}, {}, statement {} for {}",
        head.programme, head.partner, head.number, head.cycle
    );
    let named = named.escape_debug();
    let mut told = format!("{named}\n");
    for (number, unit, holds) in checks {
        let plural = if number == 1 { "" } else { "s" };
        let looked_at = format!("{} {unit}{plural}", HumanCount(number));
        told += &format!("  ok      {looked_at:>22}  {holds}\n");
    }
    told += &format!("  hash      {hash}\n");
    let previous = head.previous_hash.as_deref().unwrap_or("none: it is the first");
    told += &format!("  previous  {}\n", previous.escape_debug());
    told + &format!("{named}: the statement holds\n")
}

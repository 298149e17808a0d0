//! `florin statement verify`: whether a partner's statement is what its movements come to. It needs the
//! extract and nothing else: whoever gets one checks it on a machine of their own.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::HumanCount;
use service::settlement::paper::extract::{NotVerified, Verified, verify};

use super::Failure;

/// Nothing can be said of the statement.
const UNREADABLE: u8 = 2;

/// Check a partner's statement
#[derive(Args, Debug)]
pub(super) struct Statement {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Verify(Verify),
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
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let What::Verify(Verify { extract }) = &self.what;
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

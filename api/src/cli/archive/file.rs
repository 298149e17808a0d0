//! A file of an archive: packed JSON Lines, first what it is, then an entry a line in the order of the
//! sequence. Its hash is over the text, whatever packed it.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use entity::ids::ProgrammeId;
use entity::ledger::seal;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use service::ledger::Ledger;
use service::ledger::archive::{Archived, Plan, Tally};
use sha2::{Digest, Sha256};

use super::{Failure, path_of};

/// A file that isn't what its seal says.
#[derive(Debug, thiserror::Error)]
#[error("{file} is not what was sealed: {why}")]
pub(crate) struct Damaged {
    file: String,
    why: String,
}

/// The first line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    /// Of this form of file.
    version: u32,
    programme: ProgrammeId,
    number: i64,
    position: i64,
    recorded_before: DateTime<Utc>,
    /// The hash of the file before, so that no file can be changed without those after it.
    previous: Option<String>,
}

const VERSION: u32 = 1;

/// A file that is whole.
pub(super) struct Written {
    pub(super) name: String,
    pub(super) hash: Vec<u8>,
    pub(super) tally: Tally,
    /// The position of the last fact in it.
    pub(super) last: i64,
}

/// Keeps others out of the folder for as long as it is held: they would write over a file that this one is
/// about to seal, and whose rows are gone then.
pub(super) fn lock(folder: &Path) -> Result<File, Failure> {
    let lock = File::create(folder.join(".lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Failure::Busy { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Writes what the plan takes, unless that is nothing.
pub(super) async fn write(
    ledger: &Ledger,
    plan: &Plan,
    code: &str,
    folder: &Path,
) -> Result<Option<Written>, Failure> {
    let name = format!("{code}-{:06}.jsonl.gz", plan.number);
    let (part, whole) = (folder.join(format!("{name}.part")), folder.join(&name));
    let mut sheet = Sheet::new(&part)?;
    sheet.line(&Header {
        version: VERSION,
        programme: plan.programme,
        number: plan.number,
        position: plan.position,
        recorded_before: plan.recorded_before,
        previous: plan.previous_hash.as_deref().map(service::text::hex),
    })?;
    let (mut tally, mut last, mut since) = (Tally::default(), 0, Some(0));
    while let Some(position) = since {
        let page = ledger.archive_page(plan, position).await?;
        for archived in &page.archived {
            tally.add(archived)?;
            sheet.line(archived)?;
        }
        last = page.last.unwrap_or(last);
        since = page.next;
    }
    let hash = sheet.finish()?;
    if tally.entries == 0 {
        fs::remove_file(part)?;
        return Ok(None);
    }
    fs::rename(part, whole)?;
    // The name is in the folder for good once that is synced too.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(Some(Written { name, hash, tally, last }))
}

/// A file being written, and the hash of what was.
struct Sheet {
    packed: GzEncoder<BufWriter<File>>,
    hash: Sha256,
}

impl Sheet {
    fn new(path: &Path) -> io::Result<Self> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        // It tells where members have bought: nobody else may look into it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = BufWriter::new(options.open(path)?);
        Ok(Self { packed: GzEncoder::new(file, Compression::default()), hash: Sha256::new() })
    }

    fn line(&mut self, content: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(content)?;
        line.push(b'\n');
        self.hash.update(&line);
        self.packed.write_all(&line)
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        let file = self.packed.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(self.hash.finalize().to_vec())
    }
}

/// Reads a sealed file, and says what its entries add up to. It is refused if a byte of it differs.
pub(super) fn read(folder: &Path, seal: &seal::Model) -> Result<Tally, Failure> {
    let damaged = |why: String| Damaged { file: seal.file.clone(), why };
    let tally = read_lines(&path_of(folder, seal), seal).map_err(damaged)?;
    let is_told = tally.entries == seal.entries
        && tally.postings == seal.postings
        && tally.sums() == seal.sums;
    if !is_told {
        return Err(damaged("it adds up to something else".to_owned()).into());
    }
    Ok(tally)
}

fn read_lines(path: &Path, seal: &seal::Model) -> Result<Tally, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut text = BufReader::new(GzDecoder::new(BufReader::new(file)));
    let (mut hash, mut tally, mut line) = (Sha256::new(), Tally::default(), Vec::new());
    let mut is_first = true;
    while text.read_until(b'\n', &mut line).map_err(|error| error.to_string())? > 0 {
        hash.update(&line);
        if is_first {
            is_first = false;
            let header: Header = parse(&line)?;
            let previous = seal.previous_hash.as_deref().map(service::text::hex);
            if header.number != seal.number || header.previous != previous {
                return Err("it has another place in the archive".to_owned());
            }
        } else {
            tally.add(&parse::<Archived>(&line)?).map_err(|error| error.to_string())?;
        }
        line.clear();
    }
    if hash.finalize().to_vec() == seal.hash {
        Ok(tally)
    } else {
        Err("its hash differs".to_owned())
    }
}

fn parse<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, String> {
    // What the line says may be personal: only where it is wrong is told.
    serde_json::from_slice(line)
        .map_err(|error| format!("a line breaks at column {}", error.column()))
}

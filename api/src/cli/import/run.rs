//! One file from its first row to its last: a thread reads, the caller's task records.

use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc::{self, Sender};
use tokio::task::spawn_blocking;

use super::line::{Reason, Refused};
use super::progress::Progress;
use super::receipts::{Closed, Receipt, Receipts};
use super::refused::RefusedFile;
use super::rows::{Rows, Unreadable};
use super::scopes::Scopes;
use crate::cli::Failure;

/// Receipts that the books take at a time.
const BATCH_MAX: usize = 500;
/// Batches that are read ahead.
const AHEAD_MAX: usize = 4;

/// What became of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Verdict {
    Recorded,
    /// It was there already, the same.
    Replayed,
    Refused(Reason),
}

/// Where receipts go.
pub(in crate::cli) trait Sink {
    /// What tells one receipt from another.
    fn scopes(&self) -> Scopes {
        Scopes::default()
    }

    /// One verdict a receipt, in order. An error means that going on is senseless.
    async fn record(&self, receipts: &[Receipt]) -> Result<Vec<Verdict>, service::Error>;
}

/// What came of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Totals {
    pub(in crate::cli) rows: u64,
    pub(in crate::cli) receipts: u64,
    pub(in crate::cli) recorded: u64,
    pub(in crate::cli) replayed: u64,
    pub(in crate::cli) refused_rows: u64,
    pub(in crate::cli) took: Duration,
}

/// Brings a file in.
pub(in crate::cli) async fn import(path: &Path, sink: &impl Sink) -> Result<Totals, Failure> {
    let rows = Rows::open(path)?;
    let mut refused = RefusedFile::beside(path)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let mut progress = Progress::new(name, rows.file_bytes(), rows.counters().clone());

    let (sender, mut batches) = mpsc::channel(AHEAD_MAX);
    let receipts = Receipts::new(sink.scopes());
    let reader = spawn_blocking(move || read(rows, receipts, &sender));
    let mut totals = Totals::default();
    while let Some(batch) = batches.recv().await {
        record(batch, sink, &mut refused, &mut totals).await?;
        progress.show(totals.rows);
    }
    refused.finish()?;
    totals.refused_rows = refused.rows();
    totals.took = progress.finish();
    match reader.await {
        Ok(end) => end?,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
    Ok(totals)
}

/// What is read at a time.
#[derive(Default)]
struct Batch {
    receipts: Vec<Receipt>,
    refused: Vec<Refused>,
    /// Rows of the file up to here.
    rows: u64,
}

async fn record(
    batch: Batch,
    sink: &impl Sink,
    refused: &mut RefusedFile,
    totals: &mut Totals,
) -> Result<(), Failure> {
    for row in &batch.refused {
        refused.write(row)?;
    }
    let verdicts = sink.record(&batch.receipts).await?;
    for (receipt, verdict) in batch.receipts.into_iter().zip(verdicts) {
        totals.receipts += 1;
        match verdict {
            Verdict::Recorded => totals.recorded += 1,
            Verdict::Replayed => totals.replayed += 1,
            Verdict::Refused(reason) => {
                for (row, _) in receipt.lines {
                    refused.write(&Refused { row, reason: reason.clone() })?;
                }
            }
        }
    }
    totals.rows = batch.rows;
    Ok(())
}

/// Reads a file to its end, or until nobody listens any more. A file that breaks off may have cut a
/// receipt in two, so the receipts still open then are dropped.
fn read(
    mut rows: Rows,
    mut receipts: Receipts,
    listener: &Sender<Batch>,
) -> Result<(), Unreadable> {
    let mut batches = Batches { batch: Batch::default(), listener };
    while !listener.is_closed() {
        match rows.next() {
            Ok(Some(parsed)) => {
                batches.batch.rows += 1;
                batches.add(receipts.push(parsed));
            }
            Ok(None) => {
                batches.add(receipts.finish());
                batches.send();
                return Ok(());
            }
            Err(broken) => {
                batches.send();
                return Err(broken);
            }
        }
    }
    Ok(())
}

struct Batches<'reader> {
    batch: Batch,
    listener: &'reader Sender<Batch>,
}

impl Batches<'_> {
    fn add(&mut self, closed: Vec<Closed>) {
        for closed in closed {
            match closed {
                Ok(receipt) => self.batch.receipts.push(receipt),
                Err(refused) => self.batch.refused.extend(refused),
            }
            if self.batch.receipts.len().max(self.batch.refused.len()) >= BATCH_MAX {
                self.send();
            }
        }
    }

    /// Waits until there is room. A listener who is gone has failed, and says so himself.
    fn send(&mut self) {
        let next = Batch { rows: self.batch.rows, ..Batch::default() };
        let _ = self.listener.blocking_send(std::mem::replace(&mut self.batch, next));
    }
}

#[cfg(test)]
mod tests;

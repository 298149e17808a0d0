//! The files that the demo loads: the sample that the program carries, and what `--receipts` names.
//!
//! Their dates are moved by whole weeks, so that the last receipt lies just before now. How far is
//! told by the books themselves at a later start: by where the first receipt went.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use service::purchases::{Mode, PurchaseRef};
use service::{Actor, Result, Services};

use super::people;
use crate::cli::Failure;
use crate::cli::import::{Books, Receipt, Sink, Verdict, import, import_told};
use crate::config::Invalid;

/// Two weeks of receipts; its folder's README says whose.
const SAMPLE: &[u8] = include_bytes!("../../../assets/sample/receipts.csv.gz");

/// A file, and what must be there before it is loaded.
pub(super) struct Receipts {
    path: PathBuf,
    content: Content,
}

#[derive(Default)]
struct Content {
    /// Codes of partners and stores.
    stores: BTreeSet<(String, String)>,
    cards: BTreeSet<String>,
    first: Option<Mark>,
    last: Option<Mark>,
    ends_at: DateTime<Utc>,
}

/// A receipt by which a file is recognised in the books.
struct Mark {
    partner: String,
    number: String,
    occurred_at: DateTime<Utc>,
}

impl From<&Receipt> for Mark {
    fn from(receipt: &Receipt) -> Self {
        Self {
            partner: receipt.key.partner.clone(),
            number: receipt.key.receipt_no.clone(),
            occurred_at: receipt.head.occurred_at,
        }
    }
}

/// Reads a file without recording anything.
#[derive(Default)]
struct Survey(Mutex<Content>);

impl Sink for Survey {
    async fn record(&self, receipts: &[Receipt]) -> Result<Vec<Verdict>> {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for receipt in receipts {
            let head = &receipt.head;
            content.stores.insert((receipt.key.partner.clone(), head.store_no.clone()));
            content.cards.insert(head.card_no.clone());
            content.ends_at = content.ends_at.max(head.occurred_at);
        }
        if content.first.is_none() {
            content.first = receipts.first().map(Mark::from);
        }
        if let Some(last) = receipts.last() {
            content.last = Some(last.into());
        }
        Ok(receipts.iter().map(|_| Verdict::Recorded).collect())
    }
}

/// Reads what the sample and these files hold.
pub(super) async fn survey(data: &Path, files: &[PathBuf]) -> Result<Vec<Receipts>, Failure> {
    std::fs::create_dir_all(data)?;
    let sample = data.join("sample-receipts.csv.gz");
    std::fs::write(&sample, SAMPLE)?;
    let mut found = Vec::new();
    for path in std::iter::once(&sample).chain(files) {
        let survey = Survey::default();
        import(path, &survey).await?;
        let content = survey.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.push(Receipts { path: path.clone(), content });
    }
    // History comes in the order of time.
    found.sort_by_key(|file| file.content.first.as_ref().map(|first| first.occurred_at));
    Ok(found)
}

/// The partners and stores that the files name.
pub(super) fn stores(files: &[Receipts]) -> BTreeSet<&(String, String)> {
    files.iter().flat_map(|file| &file.content.stores).collect()
}

/// The cards that the files name.
pub(super) fn cards<'a>(files: impl IntoIterator<Item = &'a Receipts>) -> BTreeSet<String> {
    files.into_iter().flat_map(|file| file.content.cards.iter().cloned()).collect()
}

/// How far the dates are moved; an error where some receipt would then lie in the future.
pub(super) async fn shift(
    services: &Services,
    actor: &Actor,
    files: &[Receipts],
) -> Result<TimeDelta, Failure> {
    let now = services.clock.now();
    let ends_at = files.iter().map(|file| file.content.ends_at).max().unwrap_or(now);
    let first = files.first().and_then(|file| file.content.first.as_ref());
    let shift = match (moment(services, actor, first).await?, first) {
        (Some(moved), Some(first)) => moved - first.occurred_at,
        _ => TimeDelta::weeks((now - ends_at).num_weeks()),
    };
    if ends_at + shift > now {
        let problem = format!(
            "with the dates of this demo the last receipt would be of {}, which is to come; \
             give these files at the first start, with another --data",
            (ends_at + shift).date_naive()
        );
        return Err(Invalid::new("--receipts", problem).into());
    }
    Ok(shift)
}

/// The files that aren't in the books yet.
pub(super) async fn missing<'a>(
    services: &Services,
    actor: &Actor,
    files: &'a [Receipts],
) -> Result<Vec<&'a Receipts>> {
    let mut missing = Vec::new();
    for file in files {
        // A file goes in from its first receipt to its last.
        if moment(services, actor, file.content.last.as_ref()).await?.is_none() {
            missing.push(file);
        }
    }
    Ok(missing)
}

/// Loads files as history; says how many rows were refused.
pub(super) async fn load(
    services: &Services,
    actor: &Actor,
    files: &[&Receipts],
    shift: TimeDelta,
) -> Result<u64, Failure> {
    let programme = services.programmes.own(actor).await?;
    let mut refused_rows = 0;
    let books = Books::open(services, &programme.programme, Mode::Backfill).await?;
    let books = books.moved_by(shift).enrolling(people::is_member);
    for file in files {
        refused_rows += import_told(&file.path, &books).await?.refused_rows;
    }
    Ok(refused_rows)
}

/// When the receipt occurred, by the books.
async fn moment(
    services: &Services,
    actor: &Actor,
    mark: Option<&Mark>,
) -> Result<Option<DateTime<Utc>>> {
    let Some(mark) = mark else { return Ok(None) };
    let Some(partner) = services.partners.find_by_code(actor, &mark.partner).await? else {
        return Ok(None);
    };
    let named = PurchaseRef::Receipt {
        partner: partner.id,
        number: mark.number.clone(),
        store_code: None,
        on: None,
    };
    Ok(services.purchases.find(actor, named).await?.map(|purchase| purchase.occurred_at))
}

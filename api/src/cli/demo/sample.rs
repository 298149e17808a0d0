//! The receipts that the program carries, and how far their dates are moved.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use flate2::read::GzDecoder;

use crate::cli::Failure;

/// Two weeks of receipts; its folder's README says whose.
pub(super) const RECEIPTS: &[u8] = include_bytes!("../../../assets/sample/receipts.csv.gz");

const ENDS: &str = "2017-01-15T00:00:00Z";
/// One card in so many stays without a member, so that there is something to claim.
const UNENROLLED: usize = 10;

/// What the receipts name.
pub(super) struct Rows {
    pub(super) stores: BTreeSet<(String, String)>,
    pub(super) cards: Vec<String>,
}

/// Reads the stores and cards that must be there before the receipts.
pub(super) fn rows() -> Result<Rows, Failure> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(RECEIPTS));
    let (mut stores, mut cards) = (BTreeSet::new(), BTreeSet::new());
    for row in reader.records() {
        let row = row.map_err(std::io::Error::from)?;
        let cell = |place| row.get(place).unwrap_or_default().to_owned();
        stores.insert((cell(0), cell(4)));
        cards.insert(cell(3));
    }
    let enrolled = cards.into_iter().enumerate().filter(|(place, _)| place % UNENROLLED != 0);
    Ok(Rows { stores, cards: enrolled.map(|(_, card)| card).collect() })
}

/// Whole weeks, so that the last receipt lies just before the programme began.
pub(super) fn shift(began_at: DateTime<Utc>) -> TimeDelta {
    let ends: DateTime<Utc> = ENDS.parse().unwrap_or_default();
    TimeDelta::weeks((began_at - ends).num_weeks())
}

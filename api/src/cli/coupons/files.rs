//! The files of a year: campaigns, whom they were sent to, what their coupons cover, what was redeemed, and the
//! receipts of the cards and days on which something was. Read, and nothing decided.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service::{Error, Result};

/// A campaign's number, and the coupon's.
pub(super) type Name = (u32, String);

/// All of it.
#[derive(Default)]
pub(super) struct Year {
    pub(super) campaigns: BTreeMap<u32, (NaiveDate, NaiveDate)>,
    pub(super) audience: BTreeMap<u32, BTreeSet<String>>,
    pub(super) coupons: BTreeMap<Name, BTreeSet<String>>,
    pub(super) redemptions: Vec<Redeemed>,
    /// By card and day, in the order of time.
    pub(super) receipts: BTreeMap<(String, NaiveDate), Vec<Receipt>>,
}

/// Who used which coupon, when.
pub(super) struct Redeemed {
    pub(super) card: String,
    pub(super) on: NaiveDate,
    pub(super) coupon: Name,
}

/// A receipt as it was.
pub(super) struct Receipt {
    pub(super) partner: String,
    pub(super) number: String,
    pub(super) at: DateTime<Utc>,
    pub(super) lines: Vec<LineRow>,
}

#[derive(Deserialize)]
struct CampaignRow {
    campaign_id: u32,
    start_date: String,
    end_date: String,
}

#[derive(Deserialize)]
struct AudienceRow {
    campaign_id: u32,
    card_no: String,
}

#[derive(Deserialize)]
struct CouponRow {
    campaign_id: u32,
    coupon_upc: String,
    sku: String,
}

#[derive(Deserialize)]
struct RedemptionRow {
    redemption_date: String,
    card_no: String,
    coupon_upc: String,
    campaign_id: u32,
}

/// A line of a receipt.
#[derive(Deserialize)]
pub(super) struct LineRow {
    partner: String,
    receipt_no: String,
    occurred_at: DateTime<Utc>,
    card_no: String,
    pub(super) sku: String,
    pub(super) category: String,
    pub(super) quantity: i64,
    pub(super) amount_minor: i64,
    pub(super) discount_minor: i64,
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    let file = File::open(path)
        .map_err(|error| Error::internal(format!("{}: {error}", path.display())))?;
    let is_packed = path.extension().is_some_and(|own| own == "gz");
    Ok(if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

fn rows<R: DeserializeOwned>(path: &Path) -> Result<impl Iterator<Item = Result<R>>> {
    let rows = csv::ReaderBuilder::new().from_reader(open(path)?).into_deserialize();
    Ok(rows.map(|row| row.map_err(Error::internal)))
}

fn day(text: &str) -> Result<NaiveDate> {
    text.get(..10).unwrap_or(text).parse().map_err(Error::internal)
}

impl Year {
    /// Reads it from a folder.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let mut year = Self::default();
        for row in rows::<CampaignRow>(&folder.join("campaigns.csv"))? {
            let row = row?;
            let days = (day(&row.start_date)?, day(&row.end_date)?);
            year.campaigns.insert(row.campaign_id, days);
        }
        for row in rows::<AudienceRow>(&folder.join("campaign_audience.csv.gz"))? {
            let row = row?;
            year.audience.entry(row.campaign_id).or_default().insert(row.card_no);
        }
        for row in rows::<CouponRow>(&folder.join("coupons.csv.gz"))? {
            let row = row?;
            year.coupons.entry((row.campaign_id, row.coupon_upc)).or_default().insert(row.sku);
        }
        for row in rows::<RedemptionRow>(&folder.join("coupon_redemptions.csv"))? {
            let row = row?;
            let (on, coupon) = (day(&row.redemption_date)?, (row.campaign_id, row.coupon_upc));
            year.redemptions.push(Redeemed { card: row.card_no, on, coupon });
        }
        let wanted: HashSet<(String, NaiveDate)> =
            year.redemptions.iter().map(|own| (own.card.clone(), own.on)).collect();
        for path in receipts_of(folder)? {
            year.receipts_from(&path, &wanted)?;
        }
        year.receipts.values_mut().for_each(|day| day.sort_by_key(|own| own.at));
        Ok(year)
    }

    fn receipts_from(&mut self, path: &Path, wanted: &HashSet<(String, NaiveDate)>) -> Result<()> {
        for row in rows::<LineRow>(path)? {
            let row = row?;
            let name = (row.card_no.clone(), row.occurred_at.date_naive());
            if !wanted.contains(&name) {
                continue;
            }
            let day = self.receipts.entry(name).or_default();
            let is_own =
                |own: &&mut Receipt| own.partner == row.partner && own.number == row.receipt_no;
            match day.iter_mut().find(is_own) {
                Some(own) => own.lines.push(row),
                None => day.push(Receipt {
                    partner: row.partner.clone(),
                    number: row.receipt_no.clone(),
                    at: row.occurred_at,
                    lines: vec![row],
                }),
            }
        }
        Ok(())
    }
}

/// The files of receipts, in order.
fn receipts_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = std::fs::read_dir(folder).map_err(Error::internal)?;
    let files = files.collect::<std::io::Result<Vec<_>>>().map_err(Error::internal)?;
    let is_one = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("receipts-") && name.ends_with(".csv.gz")
    };
    let mut files: Vec<PathBuf> =
        files.into_iter().map(|file| file.path()).filter(is_one).collect();
    files.sort();
    Ok(files)
}

//! Whole files, through a sink that remembers what it was given.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::line::Key;
use super::*;

const HEADER: &str = "partner,receipt_no,occurred_at,card_no,store_no,sku,category,brand,quantity,amount_minor,discount_minor";

/// Behaves as the books do: a receipt is recorded once, and another one under its number is refused.
#[derive(Default)]
struct Books(Mutex<HashMap<Key, Receipt>>);

impl Sink for Books {
    async fn record(&self, receipts: &[Receipt]) -> Result<Vec<Verdict>, service::Error> {
        assert!(receipts.len() <= BATCH_MAX);
        let mut books = self.0.lock().unwrap();
        let record = |receipt: &Receipt| match books.insert(receipt.key.clone(), receipt.clone()) {
            None => Verdict::Recorded,
            Some(earlier) if earlier == *receipt => Verdict::Replayed,
            Some(_) => Verdict::Refused(Reason::new("RECEIPT_REUSED", "other content")),
        };
        Ok(receipts.iter().map(record).collect())
    }
}

/// A folder that goes when the test has passed.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("florin-import-{}", uuid::Uuid::now_v7()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// So many receipts of two lines each.
fn csv(receipts: u32) -> String {
    let row =
        |number, sku| format!("grocer,{number},2017-01-01T10:00:00Z,H1,1,{sku},TEA,,1,250,0\n");
    let rows = (0..receipts).flat_map(|number| [row(number, 1), row(number, 2)]);
    format!("{HEADER}\n{}", rows.collect::<String>())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Rows, receipts, recorded, replayed, refused rows.
fn figures(totals: Totals) -> [u64; 5] {
    [totals.rows, totals.receipts, totals.recorded, totals.replayed, totals.refused_rows]
}

#[tokio::test]
async fn a_second_import_changes_nothing() {
    let (folder, books) = (Folder::new(), Books::default());
    let file = folder.file("a.csv.gz", gzip(&csv(1_234)));
    assert_eq!(figures(import(&file, &books).await.unwrap()), [2_468, 1_234, 1_234, 0, 0]);
    assert_eq!(figures(import(&file, &books).await.unwrap()), [2_468, 1_234, 0, 1_234, 0]);
}

#[tokio::test]
async fn bad_rows_are_written_beside_the_file_and_the_rest_is_recorded() {
    let (folder, books) = (Folder::new(), Books::default());
    let text =
        csv(3).replacen("grocer,1,2017-01-01T10:00:00Z,H1,1,2", "grocer,1,yesterday,H1,1,2", 1);
    let file = folder.file("a.csv", text);
    assert_eq!(figures(import(&file, &books).await.unwrap()), [6, 2, 2, 0, 2]);
    let refused = fs::read_to_string(folder.0.join("a.csv.refused.csv")).unwrap();
    let reasons: Vec<_> =
        refused.lines().map(|l| l.split(',').take(2).collect::<Vec<_>>()).collect();
    assert_eq!(reasons, [["line", "code"], ["4", "RECEIPT_INCOMPLETE"], ["5", "MOMENT_MALFORMED"]]);
}

#[tokio::test]
async fn what_the_books_refuse_is_written_line_by_line() {
    let (folder, books) = (Folder::new(), Books::default());
    import(&folder.file("a.csv", csv(2)), &books).await.unwrap();
    let changed = folder.file("b.csv", csv(2).replace(",250,", ",251,"));
    assert_eq!(figures(import(&changed, &books).await.unwrap()), [4, 2, 0, 0, 4]);
    let refused = fs::read_to_string(folder.0.join("b.csv.refused.csv")).unwrap();
    assert_eq!(refused.matches("RECEIPT_REUSED,other content").count(), 4);
}

#[tokio::test]
async fn a_file_that_was_cut_off_says_where_and_records_no_half_receipt() {
    let (folder, books) = (Folder::new(), Books::default());
    let whole = gzip(&csv(30_000));
    let file = folder.file("a.csv.gz", &whole[..whole.len() / 2]);
    let failure = import(&file, &books).await.unwrap_err().to_string();
    assert!(failure.contains("a.csv.gz: the file was cut off"), "{failure}");
    assert!(failure.contains("the last good row is on line "), "{failure}");
    let books = books.0.into_inner().unwrap();
    assert!(!books.is_empty() && books.values().all(|receipt| receipt.lines.len() == 2));
}

#[tokio::test]
async fn a_file_that_is_none_is_answered_before_anything_is_recorded() {
    let (folder, books) = (Folder::new(), Books::default());
    for (name, content, says) in [
        ("a.csv", String::new(), "the file is empty"),
        ("b.csv", csv(1).replace("sku", "article"), "`article` is unknown; `sku` is missing"),
        ("c.csv", csv(1).replace(',', ";"), "columns are separated by commas"),
        ("d.csv", format!("{}\"{}", csv(1), "x".repeat(2 << 20)), "is a quote left open?"),
    ] {
        let failure = import(&folder.file(name, content), &books).await.unwrap_err().to_string();
        assert!(failure.contains(says), "{failure}");
    }
    let failure = import(&folder.0.join("none.csv"), &books).await.unwrap_err().to_string();
    assert!(failure.starts_with("can't open "), "{failure}");
    assert!(books.0.into_inner().unwrap().is_empty());
}

#[tokio::test]
async fn a_byte_order_mark_and_foreign_bytes_are_no_surprise() {
    let (folder, books) = (Folder::new(), Books::default());
    let mut text = format!("\u{feff}{}", csv(2)).into_bytes();
    text.extend(b"grocer,9,2017-01-01T10:00:00Z,H1,1,1,TH\xc9,,1,250,0\n");
    let file = folder.file("a.csv", text);
    assert_eq!(figures(import(&file, &books).await.unwrap()), [5, 2, 2, 0, 1]);
    let refused = fs::read_to_string(folder.0.join("a.csv.refused.csv")).unwrap();
    assert!(refused.contains("6,NOT_UTF8,"), "{refused}");
}

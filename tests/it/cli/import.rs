//! Files of receipts, good and bad, on the sample that the repository carries.

use std::fs;
use std::io::Read;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::Folder;
use super::coalition::Coalition;
use crate::tidy;

fn sample() -> Vec<u8> {
    fs::read(tidy::root().join("api/assets/sample/receipts.csv.gz")).unwrap()
}

#[test]
fn the_sample_has_the_shape_of_receipts() {
    let folder = Folder::new();
    folder.file("sample.csv.gz", sample());
    let ended = folder.florin("import receipts --check sample.csv.gz");
    assert_eq!(ended.code, 0, "{}", ended.complained);
    assert!(ended.printed.contains("57,401 rows, 9,078 receipts: "), "{}", ended.printed);
    assert!(ended.printed.contains("; 0 rows refused; "), "{}", ended.printed);
}

#[test]
fn a_file_that_was_cut_off_says_where() {
    let folder = Folder::new();
    folder.file("cut.csv.gz", &sample()[..300_000]);
    let ended = folder.florin("import receipts --check cut.csv.gz");
    assert_eq!((ended.code, ended.printed.as_str()), (1, ""));
    assert!(ended.complained.contains("was cut off"), "{}", ended.complained);
    assert!(ended.complained.contains("the last good row is on line 2"), "{}", ended.complained);
}

#[test]
fn refused_rows_are_in_a_file_beside_and_in_the_exit_status() {
    let folder = Folder::new();
    let header = "partner,receipt_no,occurred_at,card_no,store_no,sku,category,brand,quantity,amount_minor,discount_minor";
    folder.file("a.csv", format!("{header}\nfuel,1,2017-01-01T00:00:00Z,H1,1,7,,,1,-5,0\n"));
    let ended = folder.florin("import receipts --check a.csv");
    assert_eq!(ended.code, 3, "{}", ended.complained);
    assert!(ended.printed.contains("why, row by row: a.csv.refused.csv"), "{}", ended.printed);
    let refused = fs::read_to_string(folder.0.join("a.csv.refused.csv")).unwrap();
    assert!(refused.contains("2,NUMBER_NEGATIVE,"), "{refused}");
}

/// The first lines of the sample, or the whole of the file that FLORIN_TEST_RECEIPTS names.
fn receipts() -> String {
    let named = std::env::var("FLORIN_TEST_RECEIPTS");
    let file = named.as_ref().map_or_else(|_| sample(), |path| fs::read(path).unwrap());
    let mut text = String::new();
    MultiGzDecoder::new(&*file).read_to_string(&mut text).unwrap();
    match named {
        Ok(_) => text,
        Err(_) => text.lines().take(5_000).map(|line| format!("{line}\n")).collect(),
    }
}

const BACKFILL: &str = "import receipts --backfill receipts.csv";

#[tokio::test(flavor = "multi_thread")]
async fn a_second_import_changes_nothing() {
    let receipts = receipts();
    let coalition = Coalition::of(&receipts).await;
    coalition.folder.file("receipts.csv", &receipts);

    let first = coalition.florin(BACKFILL);
    assert_eq!(first.code, 0, "{}{}", first.printed, first.complained);
    coalition.books_hold();
    let totals = coalition.totals().await;
    assert!(totals.iter().any(|line| line.starts_with("grocer ")), "{totals:?}");

    let second = coalition.florin(BACKFILL);
    assert_eq!(second.code, 0, "{}", second.complained);
    assert!(second.printed.contains(": 0 recorded, "), "{}", second.printed);
    coalition.books_hold();
    assert_eq!(coalition.totals().await, totals);
    // For comparing whole files between backends by eye.
    let members = Sha256::digest(totals.join("\n"));
    println!("{}{}{}\n{members:x?}", first.printed, second.printed, totals[..7].join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_is_finished_by_the_next() {
    let receipts = receipts();
    let (killed, whole) = (Coalition::of(&receipts).await, Coalition::of(&receipts).await);
    for coalition in [&killed, &whole] {
        coalition.folder.file("receipts.csv", &receipts);
    }
    let mut import = killed.folder.command(BACKFILL, &killed.settings()).spawn().unwrap();
    while killed.receipts().await == 0 {
        assert!(import.try_wait().unwrap().is_none(), "it ended before it could be killed");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    import.kill().unwrap();
    import.wait().unwrap();
    let (before, begun) = (killed.receipts().await, killed.totals().await);

    killed.books_hold();
    assert_eq!(killed.florin(BACKFILL).code, 0);
    assert_eq!(whole.florin(BACKFILL).code, 0);
    killed.books_hold();
    assert_eq!(killed.totals().await, whole.totals().await);
    assert!(before < killed.receipts().await && begun != killed.totals().await, "killed too late");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_can_enrol_whoever_has_no_member_yet() {
    let receipts: String = receipts().lines().take(200).map(|line| format!("{line}\n")).collect();
    let coalition = Coalition::of(&receipts).await;
    coalition.folder.file("receipts.csv", &receipts);
    let members = || async { coalition.totals().await.len() };
    let before = members().await;
    assert_eq!(coalition.florin("import receipts --backfill --enrol receipts.csv").code, 0);
    assert!(members().await > before + 7, "every fifth card had no member");
    assert_eq!(coalition.kept().await, 0);
    coalition.books_hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn live_receipts_may_not_be_that_old() {
    let receipts: String = receipts().lines().take(3).map(|line| format!("{line}\n")).collect();
    let coalition = Coalition::of(&receipts).await;
    coalition.folder.file("receipts.csv", &receipts);
    let ended = coalition.florin("import receipts receipts.csv");
    assert_eq!(ended.code, 3, "{}", ended.complained);
    let refused = fs::read_to_string(coalition.folder.0.join("receipts.csv.refused.csv")).unwrap();
    assert!(refused.contains("2,OCCURRED_TOO_LONG_AGO,"), "{refused}");
}

//! Files of receipts, good and bad, on the sample that the repository carries.

use std::fs;

use super::Folder;
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

//! A partner checks its statement by itself: with the extract and nothing else, and is told what doesn't
//! hold, or why nothing can be said.

use std::io::Write;
use std::process::Stdio;

use service::settlement::core::LineKind;
use service::settlement::core::statement::{Head, Lines, Statement, Total, VERSION};
use service::settlement::paper::extract::{Extract, Movement, Receipt};

use super::{Ended, Folder};

const WHOLE: i64 = 1_000_000_000_000;

/// What the grocer issued on two days of March.
fn movements() -> Vec<Movement> {
    let one = |position, day: &str, points| Movement {
        position,
        number: 0,
        entry: format!("ent_{position}"),
        kind: LineKind::Issue,
        tax_code: Some("STD".to_owned()),
        tax_bp: 1900,
        day: day.parse().unwrap(),
        contract: Some(1),
        with: None,
        price_micros: 12_000,
        factor: WHOLE,
        points,
        lot: Some(format!("lot_{position}")),
        receipt: Some(Receipt {
            store: None,
            number: format!("R{position}"),
            occurred_on: day.parse().unwrap(),
        }),
    };
    vec![one(4, "2026-03-02", 100), one(7, "2026-03-02", 50), one(9, "2026-03-09", 30)]
}

fn total(day: &str, points: i64, movements: i64) -> Total {
    Total {
        day: day.parse().unwrap(),
        contract: Some(1),
        with: None,
        price_micros: 12_000,
        factor: WHOLE,
        points,
        movements,
    }
}

/// The grocer's statement for March.
fn statement() -> Statement {
    let head = Head {
        version: VERSION,
        programme: "arno".to_owned(),
        partner: "grocer".to_owned(),
        currency: "EUR".to_owned(),
        minor_per_unit: 100,
        cycle: "2026-03".to_owned(),
        first_day: "2026-03-01".parse().unwrap(),
        last_day: "2026-03-31".parse().unwrap(),
        number: 1,
        previous_hash: None,
        opening_minor: 0,
        carried_in_minor: 0,
        paid_minor: 0,
        minimum_minor: 0,
    };
    let days = vec![total("2026-03-02", 150, 2), total("2026-03-09", 30, 1)];
    let key = (LineKind::Issue, Some("STD".to_owned()), 1900);
    Statement::assemble(head, Lines::from([(key, (days, Vec::new()))])).unwrap()
}

/// An extract of that statement, with these movements.
fn extract(movements: Vec<Movement>) -> String {
    let mut extract = Extract::begin(Vec::new(), &statement()).unwrap();
    movements.into_iter().for_each(|movement| extract.movement(movement).unwrap());
    String::from_utf8(extract.finish().unwrap()).unwrap()
}

/// What `florin` says of a file, with no settings and no data.
fn verified(file: impl AsRef<[u8]>) -> Ended {
    let folder = Folder::new();
    folder.file("extract.jsonl", file);
    let ended = folder.florin("statement verify extract.jsonl");
    assert!(!folder.0.join("data").exists(), "it needs no data, so it makes none");
    ended
}

#[track_caller]
fn unreadable(file: impl AsRef<[u8]>, why: &str) {
    let ended = verified(file);
    assert_eq!(ended.complained, format!("florin: extract.jsonl: {why}\n"));
    assert_eq!((ended.code, ended.printed.as_str()), (2, ""));
}

#[track_caller]
fn differs(file: impl AsRef<[u8]>, why: &str) {
    let ended = verified(file);
    assert_eq!(ended.printed, format!("THE STATEMENT DOES NOT HOLD\n  {why}\n"));
    assert_eq!((ended.code, ended.complained.as_str()), (1, ""));
}

#[test]
fn a_statement_that_holds_is_told_with_what_was_checked() {
    let ended = verified(extract(movements()));
    let hash = statement().hash();
    assert_eq!(
        ended.printed,
        format!(
            "\
arno, grocer, statement 1 for 2026-03
  ok                 3 movements  add up to what the statement says of each day
  ok                2 day totals  add up to its lines
  ok                      1 line  add up to its totals
  ok                      1 text  is what these make, to the byte, and has the hash below
  hash      {hash}
  previous  none: it is the first
arno, grocer, statement 1 for 2026-03: the statement holds
"
        )
    );
    assert_eq!((ended.code, ended.complained.as_str()), (0, ""));
}

#[test]
fn standard_input_is_read_too() {
    let folder = Folder::new();
    let mut command = folder.command("statement verify -", &[]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{}").unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let complained = String::from_utf8(ended.stderr).unwrap();
    assert!(complained.starts_with("florin: standard input: line 1: "), "{complained}");
}

#[test]
fn what_was_tampered_with_is_named() {
    let own = movements();
    let day = "ISSUE with tax STD (1900 bp), 2026-03-02, contract 1, 12000 micro-units a point, factor 1000000000000";
    let said = "the statement says 150 points in 2 movements";
    differs(
        extract(own[1..].to_vec()),
        &format!("{day}: {said}, its movements come to 50 points in 1 movement"),
    );
    let again = Movement { position: 8, ..own[1].clone() };
    let doubled = [&own[..2], &[again], &own[2..]].concat();
    differs(
        extract(doubled),
        &format!("{day}: {said}, its movements come to 200 points in 3 movements"),
    );
    let cheaper = Movement { price_micros: 11_000, ..own[0].clone() };
    differs(
        extract([&[cheaper], &own[1..]].concat()),
        &format!(
            "line 2 of the extract is a movement of {}, of which the statement says nothing",
            day.replace("12000", "11000")
        ),
    );
    let hash = statement().hash();
    let zeros = "0".repeat(64);
    differs(
        extract(own.clone()).replace(&hash, &zeros),
        &format!("the hash is said to be {zeros}, the text's is {hash}"),
    );
    differs(
        extract(own).replace("\\\"totalMinor\\\":216", "\\\"totalMinor\\\":21"),
        "the statement says totalMinor 21, its lines come to 216",
    );
}

#[test]
fn what_is_no_whole_extract_is_told_by_its_line() {
    let file = extract(movements());
    unreadable("", "line 1: the file ends before its last line: it was cut off");
    let (cut, _) = file.trim_end().rsplit_once('\n').unwrap();
    unreadable(format!("{cut}\n"), "line 5: the file ends before its last line: it was cut off");
    unreadable(cut, "line 4: the file ends within it: it was cut off");
    unreadable("rubbish\n", "line 1: expected value, at column 1");
    unreadable([file.as_bytes(), b"\n"].concat(), "line 6: it comes after the last line");
    let mut bytes = file.clone().into_bytes();
    bytes[100] = 0xff;
    unreadable(bytes, "line 1: it isn't UTF-8");
    let (first, _) = file.split_once('\n').unwrap();
    let huge = format!("{first}\n{}\n", "[".repeat(20_000));
    unreadable(huge, "line 2: it has more than 16384 bytes");
}

#[test]
fn a_file_that_is_not_there_is_unreadable() {
    let ended = Folder::new().florin("statement verify nowhere.jsonl");
    assert_eq!(ended.code, 2);
    assert!(ended.complained.starts_with("florin: nowhere.jsonl: No such file"));
}

//! An extract as it is written holds; whatever is done to it is found, also by who makes its hashes anew.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::super::sample::{WHOLE, correction, day, head, statement};
use super::*;
use crate::settlement::core::statement::{Lines, Total};

/// A movement of points on a day.
fn movement(position: i64, kind: LineKind, on: u32, points: i64) -> Movement {
    Movement {
        position,
        number: 0,
        entry: format!("ent_{position}"),
        kind,
        tax_code: None,
        tax_bp: 0,
        day: day(on),
        contract: Some(1),
        with: None,
        price_micros: 12_000,
        factor: WHOLE,
        points,
        lot: Some(format!("lot_{position}")),
        receipt: Some(Receipt {
            store: Some("S1".to_owned()),
            number: format!("R{position}"),
            occurred_on: day(on),
        }),
    }
}

/// The statement of movements.
fn stated(movements: &[Movement]) -> Statement {
    let mut lines = Lines::new();
    let mut days: BTreeMap<_, Total> = BTreeMap::new();
    for own in movements {
        let key = (own.kind, own.tax_code.clone(), own.tax_bp);
        let total = Total {
            day: own.day,
            contract: own.contract,
            with: own.with.clone(),
            price_micros: own.price_micros,
            factor: own.factor,
            points: 0,
            movements: 0,
        };
        let sum = days.entry((key, total.clone())).or_insert(total);
        sum.points += own.points;
        sum.movements += 1;
    }
    for ((key, _), total) in days {
        lines.entry(key).or_default().0.push(total);
    }
    lines.insert((LineKind::Adjustment, None, 0), (vec![], vec![correction()]));
    Statement::assemble(head(), lines).unwrap()
}

fn written(statement: &Statement, movements: &[Movement]) -> Vec<u8> {
    let mut extract = Extract::begin(Vec::new(), statement).unwrap();
    movements.iter().for_each(|own| extract.movement(own.clone()).unwrap());
    extract.finish().unwrap()
}

/// A statement's text made another, with its hash and with the one of all lines.
fn forged(movements: &[Movement], change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut text: Value = serde_json::from_str(&stated(movements).canonical()).unwrap();
    change(&mut text);
    let forged: Statement = serde_json::from_value(text).unwrap();
    written(&forged, movements)
}

fn three() -> Vec<Movement> {
    let (issue, burn) = (LineKind::Issue, LineKind::Burn);
    vec![movement(1, issue, 2, 100), movement(2, issue, 9, 50), movement(3, burn, 9, 30)]
}

fn refused(file: &[u8]) -> String {
    verify(file).unwrap_err().to_string()
}

#[test]
fn an_extract_says_what_was_checked() {
    let (own, statement) = (three(), stated(&three()));
    let verified = verify(&written(&statement, &own)[..]).unwrap();
    assert_eq!((verified.days, verified.movements), (3, 3));
    assert_eq!((verified.hash, verified.statement), (statement.hash(), statement));
    let empty = Statement::assemble(head(), Lines::new()).unwrap();
    assert_eq!(verify(&written(&empty, &[])[..]).unwrap().movements, 0);
}

#[test]
fn the_first_difference_is_named() {
    let own = three();
    let all = stated(&own);
    let day = "ISSUE, 2026-03-02, contract 1, 12000 micro-units a point, factor 1000000000000";
    assert_eq!(
        refused(&written(&all, &own[1..])),
        format!(
            "{day}: the statement says 100 points in 1 movement, its movements come to 0 points in 0 movements"
        )
    );
    let moved = [movement(1, LineKind::Issue, 3, 100), own[1].clone(), own[2].clone()];
    assert_eq!(
        refused(&written(&all, &moved)),
        format!(
            "line 2 of the extract is a movement of {}, of which the statement says nothing",
            day.replace("03-02", "03-03")
        )
    );
    let said = |field: &str| format!("the statement says {field} 1, its lines come to");
    let lied = forged(&own, |text| text["totalMinor"] = 1.into());
    assert!(refused(&lied).starts_with(&said("totalMinor")));
    let lied = forged(&own, |text| text["lines"][0]["grossMinor"] = 1.into());
    assert_eq!(refused(&lied), "ISSUE: the statement says grossMinor 1, its days come to 180");
    let lied = forged(&own, |text| {
        let line = text["lines"][2].clone();
        text["lines"].as_array_mut().unwrap().push(line);
    });
    assert!(refused(&lied).starts_with("the statement's text isn't what its facts make"));
}

#[test]
fn hashes_are_told_when_nothing_else_is_wrong() {
    let own = three();
    let file = String::from_utf8(written(&stated(&own), &own)).unwrap();
    let hash = stated(&own).hash();
    let lied = file.replace(&hash, &"0".repeat(64));
    assert!(refused(lied.as_bytes()).starts_with("the hash is said to be 0000"));
    let lied = file.replace("\"R2\"", "\"R7\"");
    assert!(refused(lied.as_bytes()).starts_with("an entry, a lot or a receipt was changed"));
    let lied = file.replace("\"movements\":3", "\"movements\":4");
    assert_eq!(refused(lied.as_bytes()), "there are said to be 4 movements, there are 3");
}

#[test]
fn what_is_no_extract_is_told_by_its_line() {
    let own = three();
    let file = String::from_utf8(written(&stated(&own), &own)).unwrap();
    let lines: Vec<&str> = file.split_inclusive('\n').collect();
    let told = |file: &str| refused(file.as_bytes());
    assert_eq!(told(""), "line 1: the file ends before its last line: it was cut off");
    assert_eq!(told("{}"), "line 1: the file ends within it: it was cut off");
    assert_eq!(told(&lines[1..].concat()), "line 1: an extract begins with its statement");
    assert_eq!(
        told(&lines[..4].concat()),
        "line 5: the file ends before its last line: it was cut off"
    );
    assert_eq!(told(&(file.clone() + "\n")), "line 6: it comes after the last line");
    assert_eq!(
        told(&file.replacen("\"lot\"", "\"plot\"", 1)),
        format!("line 2: {UNKNOWN}, at column 199")
    );
    let other = "it isn't in the form of an extract: has another program written the file anew?";
    for (from, to) in [("\n", "\r\n"), (":1,", ": 1,"), (",\"lot\":\"lot_1\"", "")] {
        assert!(told(&file.replacen(from, to, 1)).ends_with(other), "{from}");
    }
    assert!(told(&file.replacen("\"points\":100", "\"points\":1e2", 1)).starts_with("line 2: "));
    assert!(told("{\"\\u001b[2J\":1}\n").starts_with("line 1: unknown variant `\u{fffd}[2J`"));
    let twice = [lines[0], lines[1], lines[1]].concat();
    assert_eq!(
        told(&twice),
        "line 3 of the extract is a movement that came before, or should have"
    );
    let minus = file.replacen("\"points\":100", "\"points\":-100", 1);
    assert_eq!(told(&minus), "line 2: points are whole, 0 to 2^53");
    let mut bytes = file.clone().into_bytes();
    bytes[40] = 0xff;
    assert_eq!(refused(&bytes), "line 1: it isn't UTF-8");
}

const UNKNOWN: &str = "unknown field `plot`, expected one of `position`, `number`, `entry`, `kind`, `taxCode`, `taxBp`, `day`, `contract`, `with`, `priceMicros`, `factor`, `points`, `lot`, `receipt`";

#[test]
fn a_statement_that_nobody_could_work_with_is_refused() {
    let with = |from: &str, to: &str| {
        let own = [movement(1, LineKind::Issue, 2, 100)];
        let text = stated(&own).canonical().replace(from, to);
        let said = Said { version: 1, hash: String::new(), text };
        let mut file = line_of(&Row::Statement(said)).unwrap();
        file.extend(line_of(&Row::Movement(Box::new(own[0].clone()))).unwrap());
        file.extend(line_of(&Row::End(End { movements: 1, hash: String::new() })).unwrap());
        refused(&file)
    };
    assert!(with("\"taxBp\":0", "\"taxBp\":-10000").starts_with("line 1: taxes are 0 to 10000"));
    assert!(with("\"minorPerUnit\":100", "\"minorPerUnit\":0").starts_with("line 1: a currency"));
    assert!(with("\"version\":1", "\"version\":2").starts_with("line 1: the statement has form 2"));
    for field in ["paidMinor\":12000", "openingMinor\":12000", "carriedInMinor\":0"] {
        let (name, _) = field.split_once('"').unwrap();
        let least = format!("{name}\":{}", i64::MIN);
        assert!(!with(field, &least).is_empty());
    }
}

/// A file without end: only as much of it is read as a line may have.
#[test]
fn a_line_without_end_is_refused() {
    let own = three();
    let mut file = written(&stated(&own), &own);
    file.truncate(file.iter().position(|byte| *byte == b'\n').unwrap() + 1);
    let endless = std::io::BufReader::new(std::io::Read::chain(&file[..], std::io::repeat(b'{')));
    assert_eq!(verify(endless).unwrap_err().to_string(), "line 2: it has more than 16384 bytes");
}

#[test]
fn movements_are_written_in_their_order() {
    let own = three();
    let mut extract = Extract::begin(Vec::new(), &statement()).unwrap();
    extract.movement(own[1].clone()).unwrap();
    assert!(extract.movement(own[1].clone()).is_err());
    assert!(extract.movement(own[0].clone()).is_err());
}

fn movements() -> impl Strategy<Value = Vec<Movement>> {
    let kinds = [LineKind::Issue, LineKind::Burn, LineKind::Funding, LineKind::ServiceFee];
    let with = prop::sample::select(vec![None, Some("kitchen"), Some("Käse \u{1f9c0} \"&\"")]);
    let one = (prop::sample::select(kinds.to_vec()), 1_u32..5, 1_i64..500, with, 0_i64..3);
    prop::collection::vec(one, 1..12).prop_map(|all| {
        let numbered = (1..).zip(all);
        let made = numbered.map(|(position, (kind, on, points, with, price))| Movement {
            with: with.map(str::to_owned),
            price_micros: 9000 + price,
            tax_code: (kind == LineKind::ServiceFee).then(|| "STD".to_owned()),
            tax_bp: if kind == LineKind::ServiceFee { 1900 } else { 0 },
            receipt: None,
            ..movement(position, kind, on, points)
        });
        made.collect()
    })
}

/// Each a way to change what a movement comes to.
const CHANGES: [fn(&mut Movement); 9] = [
    |own| own.points += 1,
    |own| own.points -= 1,
    |own| own.day = own.day.succ_opt().unwrap(),
    |own| own.price_micros += 1,
    |own| own.factor -= 1,
    |own| own.contract = Some(2),
    |own| own.with = Some("baker".to_owned()),
    |own| own.kind = LineKind::IssueReturn,
    |own| own.tax_bp += 100,
];

proptest! {
    /// Also if all hashes of the file are made anew, for the statement's totals tell.
    #[test]
    fn a_movement_dropped_doubled_or_changed_is_found(
        own in movements(), at: Index, change in 0..CHANGES.len() + 2
    ) {
        let all = stated(&own);
        prop_assert!(verify(&written(&all, &own)[..]).is_ok());
        let (mut changed, at) = (own.clone(), at.index(own.len()));
        match CHANGES.get(change) {
            Some(change) => change(&mut changed[at]),
            None if change == CHANGES.len() => { changed.remove(at); }
            None => {
                let again = Movement { number: 1, ..changed[at].clone() };
                changed.insert(at + 1, again);
            }
        }
        prop_assert!(matches!(
            verify(&written(&all, &changed)[..]),
            Err(NotVerified::Differs(_))
        ));
    }

    /// Whichever number of the statement's text is another, its hash and all others made anew.
    #[test]
    fn a_changed_total_is_found(own in movements(), at: Index, more in 1_i64..9) {
        let pointers = ["/totalMinor", "/closingMinor", "/dueMinor", "/carriedMinor",
            "/lines/0/points", "/lines/0/grossMinor", "/lines/0/taxMinor", "/lines/0/netMinor",
            "/lines/0/days/0/points", "/lines/0/days/0/movements", "/lines/0/days/0/priceMicros"];
        let file = forged(&own, |text| {
            let number = text.pointer_mut(pointers[at.index(pointers.len())]).unwrap();
            *number = (number.as_i64().unwrap() + more).into();
        });
        prop_assert!(matches!(verify(&file[..]), Err(NotVerified::Differs(_))));
    }

    /// Whoever doesn't make the hashes anew is found at any byte, whether it is changed, missing or there
    /// twice; and whatever is read, nothing breaks.
    #[test]
    fn a_changed_byte_is_found(own in movements(), at: Index, byte: u8, how in 0..3) {
        let file = written(&stated(&own), &own);
        let (mut changed, at) = (file.clone(), at.index(file.len()));
        match how {
            0 => changed[at] = byte,
            1 => { changed.remove(at); }
            _ => changed.insert(at, byte),
        }
        prop_assert_eq!(verify(&changed[..]).is_ok(), changed == file);
    }

    #[test]
    fn garbage_is_refused(file in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(verify(&file[..]).is_err());
    }
}

//! Pages of statements of all sizes. How they look, eyes have to judge: `FLORIN_PAPER=FOLDER` keeps them.

use entity::amount::Points;
use uuid::Uuid;

use super::super::sample::{WHOLE, correction, day, head, total};
use super::*;
use crate::settlement::core::statement::{Correction, Head, Lines};
use crate::settlement::core::{Cell, Exact, LineKind};

fn partner(number: u128) -> PartnerId {
    PartnerId::from_uuid(Uuid::from_u128(number))
}

/// A busy month.
fn busy() -> Lines {
    let tax = || Some("STD".to_owned());
    let mut lines = Lines::new();
    let mut add = |kind, code: Option<String>, bp, with, price, on: u32, points: u32| {
        let total = total(on, with, price, (points.into(), 1 + i64::from(points) / 90));
        lines.entry((kind, code, bp)).or_default().0.push(total);
    };
    for on in 1..=31 {
        let wave = 7_000 + on * 7_919 % 4_300 + if on % 7 == 0 { 5_200 } else { 0 };
        if on % 7 == 1 {
            continue;
        }
        add(LineKind::Issue, tax(), 1900, None, 12_000, on, wave);
        add(LineKind::ServiceFee, tax(), 1900, None, 240, on, wave);
        add(LineKind::Burn, None, 0, Some("kitchen"), 9_000, on, wave * 6 / 10);
        add(LineKind::Funding, tax(), 700, Some("books"), 10_500, on, wave / 5 + on * 31 % 900);
        if on % 5 == 0 {
            add(LineKind::IssueReturn, tax(), 1900, None, 12_000, on, wave / 12);
            add(LineKind::BreakageShare, None, 0, None, 4_000, on, wave / 9);
        }
    }
    lines.insert((LineKind::Adjustment, None, 0), (vec![], vec![correction()]));
    lines
}

const NAMES: [&str; 9] = [
    "Grocer",
    "Kitchen & Table",
    "Bäckerei Größe",
    "Żółta Księgarnia",
    "Café Țăndărică",
    "Bahnhof-Apotheke am Ring",
    "Ζαχαρο",
    "Sport",
    "Blumen",
];

fn matrix(partners: u32) -> (Matrix, BTreeMap<PartnerId, String>) {
    let (mut matrix, mut names) = (Matrix::new(), BTreeMap::new());
    for one in 0..partners {
        let name = NAMES.get(usize::try_from(one).unwrap()).map_or("More", |name| name);
        names.insert(partner(one.into()), name.to_owned());
        for other in (0..partners).filter(|other| one * 7 % 5 != *other) {
            let points =
                Points::new(((one + 3) * (other + 5) * 1_237 % 90_000).into()).unwrap().get();
            let cell = Cell { points, funding: Exact::ZERO, burn: Exact::ZERO };
            matrix.insert((partner(one.into()), partner(other.into())), cell);
        }
    }
    (matrix, names)
}

/// Makes a file, twice, and keeps it if somebody wants to look.
fn made(name: &str, statement: &Statement, called: &str, partners: u32) -> Vec<u8> {
    let (matrix, names) = matrix(partners);
    let reference = Statement::reference(&statement.hash());
    let paper = Paper {
        statement,
        programme: "Arno Card",
        partner: called,
        due_on: Some(NaiveDate::from_ymd_opt(2026, 4, 14).unwrap()),
        reference: &reference,
        matrix: &matrix,
        partners: &names,
        own: partner(0),
    };
    let file = pdf(&paper).unwrap();
    assert_eq!(file, pdf(&paper).unwrap(), "the same bytes");
    assert!(file.starts_with(b"%PDF-1.7") && file.ends_with(b"%%EOF"));
    if let Some(folder) = std::env::var_os("FLORIN_PAPER") {
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.pdf")), &file).unwrap();
    }
    file
}

/// How many pages a file says it has.
fn pages(file: &[u8]) -> usize {
    let needle = b"/Type /Page\n";
    file.windows(needle.len()).filter(|part| part == needle).count()
}

fn assembled(head: Head, lines: Lines) -> Statement {
    Statement::assemble(head, lines).unwrap()
}

#[test]
fn a_busy_month_is_one_page() {
    let head = Head { opening_minor: 211_840, paid_minor: 211_840, ..head() };
    let file = made("busy", &assembled(head, busy()), "Bäckerei Größe & Söhne", 6);
    assert_eq!(pages(&file), 1);
    assert!(file.len() < 60_000, "{} bytes", file.len());
}

#[test]
fn many_lines_and_partners_flow_on() {
    let mut lines = busy();
    for rate in 1..=24 {
        let key = (LineKind::Funding, Some(format!("R{rate}")), rate * 100);
        lines.insert(key, (vec![total(3, Some("books"), 10_500, (1_000, 1))], vec![]));
    }
    let reasons = (0..20).map(|n| Correction {
        amount_minor: n - 10,
        reason: "The till of the store at the harbour sent two days of sales twice, which the operator has taken back after the partner's call; see the case of the day. ".repeat(3),
        ..correction()
    });
    lines.entry((LineKind::Adjustment, None, 0)).or_default().1.extend(reasons);
    let name = "Allgemeine Konsum- und Handelsgenossenschaft der vereinigten Lebensmittelhändlerinnen und Lebensmittelhändler zu Weißenburg";
    assert!(pages(&made("many", &assembled(head(), lines), name, 9)) > 2);
}

#[test]
fn little_is_a_page_too() {
    let head = Head { opening_minor: 0, paid_minor: 0, previous_hash: None, ..head() };
    let empty = assembled(head.clone(), Lines::new());
    assert_eq!(pages(&made("empty", &empty, "", 0)), 1);
    let few = vec![total(7, Some("kitchen"), 9_000, (300, 2))];
    let owed = Lines::from([((LineKind::Burn, None, 0), (few, vec![]))]);
    let week = Head { last_day: day(7), minimum_minor: 0, ..head.clone() };
    made("owed", &assembled(week, owed.clone()), "Kitchen", 2);
    made("carried", &assembled(head, owed), "Kitchen", 3);
}

#[test]
fn amounts_as_large_as_there_are_have_room() {
    let most = 9_007_199_254_740_991;
    let large = total(7, None, 9_000_000, (most, 1));
    let lines = Lines::from([((LineKind::Issue, None, 0), (vec![large], vec![]))]);
    let head = Head { opening_minor: -most, paid_minor: most, ..head() };
    assert_eq!(pages(&made("large", &assembled(head, lines), "Größte", 2)), 1);
    assert_eq!(total(1, None, 1, (1, 1)).factor, WHOLE);
}

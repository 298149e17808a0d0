//! Whatever record and books hold: each line is answered once, nothing of the period is lost, and a record that
//! was written from the books agrees with them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::ids::PartnerId;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn day(number: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(number)
}

/// Ten days, of which books may know the days around as well.
fn period() -> Period {
    Period { from: day(10), until: day(20) }
}

fn id(kind: u128, number: u32) -> Uuid {
    Uuid::from_u128((kind << 64) | u128::from(number))
}

fn name(number: u32) -> ReceiptName {
    (PartnerId::from_uuid(id(9, 9)), String::new(), format!("R{number}"))
}

fn here(at: i64, amount: Option<i64>, points: i64) -> Here {
    Here {
        occurred_at: day(at),
        receipt_number: None,
        store: None,
        reference: None,
        amount_minor: amount,
        points: Points::new(points).unwrap(),
        purchase: None,
        purchase_return: None,
        entry: None,
    }
}

/// Sales by receipt number, returns of them, payments by key: each with a day, and an amount or points.
#[derive(Clone, Debug)]
struct Told {
    sales: BTreeMap<u32, (i64, i64)>,
    returns: Vec<(u32, i64, i64)>,
    payments: BTreeMap<u32, (i64, i64)>,
}

fn told(days: std::ops::Range<i64>) -> impl Strategy<Value = Told> {
    let days = || days.clone();
    let things = || prop::collection::btree_map(0..6_u32, (days(), 0..3_i64), 0..6);
    let returns = prop::collection::vec((0..6_u32, days(), 1..3_i64), 0..6);
    (things(), returns, things()).prop_map(|(sales, returns, payments)| Told {
        sales,
        returns,
        payments,
    })
}

fn books(told: &Told) -> Books {
    let mut books = Books::default();
    for (number, (at, amount)) in &told.sales {
        let purchase = PurchaseId::from_uuid(id(1, *number));
        books.receipts.insert(name(*number), purchase);
        let sale = Here { purchase: Some(purchase), ..here(*at, Some(*amount), *amount) };
        books.sales.insert(purchase, sale);
    }
    for (place, (number, at, amount)) in (0..).zip(&told.returns) {
        let purchase = PurchaseId::from_uuid(id(1, *number));
        let back = ReturnId::from_uuid(id(2, place));
        if books.sales.contains_key(&purchase) {
            let (purchase, purchase_return) = (Some(purchase), Some(back));
            let row = Here { purchase, purchase_return, ..here(*at, Some(*amount), *amount) };
            books.returns.insert(back, row);
        }
    }
    for (number, (at, points)) in &told.payments {
        let entry = EntryId::from_uuid(id(3, *number));
        books.keys.insert(format!("K{number}"), entry);
        let row = Here { entry: Some(entry), ..here(*at, None, *points) };
        books.payments.insert(entry, row);
    }
    books
}

fn line(kind: ReconciliationKind, at: i64) -> Line {
    Line {
        number: 0,
        kind,
        occurred_at: day(at),
        receipt_number: None,
        store_code: None,
        sold_on: None,
        payment: None,
        amount_minor: None,
        points: None,
        card_number: None,
        customer_number: None,
    }
}

/// The record that tells this; what is told of another time than the period isn't in it.
fn record(told: &Told) -> Vec<Named> {
    let about = |kind, number, at, amount| {
        let amount_minor = Some(amount);
        let points = Some(Points::new(amount).unwrap());
        let line = Line { amount_minor, points, ..line(kind, at) };
        Named { line, receipt: Some(name(number)) }
    };
    let sales = told.sales.iter();
    let sales =
        sales.map(|(number, (at, sum))| about(ReconciliationKind::Sale, *number, *at, *sum));
    let returns = told.returns.iter();
    let returns =
        returns.map(|(number, at, sum)| about(ReconciliationKind::Return, *number, *at, *sum));
    let payments = told.payments.iter().map(|(number, (at, points))| {
        let (payment, points) = (Some(format!("K{number}")), Points::new(*points).ok());
        let line = Line { payment, points, ..line(ReconciliationKind::Payment, *at) };
        Named { line, receipt: None }
    });
    let mut record: Vec<Named> = sales.chain(returns).chain(payments).collect();
    record.retain(|own| period().contains(own.line.occurred_at));
    number(record)
}

fn number(mut record: Vec<Named>) -> Vec<Named> {
    (2..).zip(&mut record).for_each(|(number, own)| own.line.number = number);
    record
}

/// How many items there are of each kind and outcome.
fn counts(items: &[Item]) -> HashMap<(ReconciliationKind, ReconciliationOutcome), usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry((item.kind, item.outcome)).or_default() += 1;
    }
    counts
}

/// What the books' side of an item is known by.
fn thing(here: &Here) -> (Option<PurchaseId>, Option<ReturnId>, Option<EntryId>) {
    (here.purchase, here.purchase_return, here.entry)
}

proptest! {
    #[test]
    fn each_line_and_each_thing_of_the_period_is_answered_once(
        there in told(10..20), twice in told(10..20), here in told(5..25)
    ) {
        let both = record(&there).into_iter().chain(record(&twice)).collect();
        let (record, books) = (number(both), books(&here));
        let items = compare(record.clone(), &books, period());
        let numbers: Vec<i32> = items.iter().filter_map(|item| Some(item.line.as_ref()?.number)).collect();
        prop_assert_eq!(numbers, record.iter().map(|own| own.line.number).collect::<Vec<_>>());

        let mut seen = BTreeSet::new();
        for item in &items {
            prop_assert_eq!(item.repeats.is_some(), item.outcome == ReconciliationOutcome::Repeated);
            let Some(here) = &item.here else { continue };
            if item.repeats.is_none() {
                prop_assert!(seen.insert(thing(here)), "twice: {:?}", item);
            }
        }
        let all = books.sales.values().chain(books.returns.values());
        let all = all.chain(books.payments.values().filter(|here| !here.points.is_zero()));
        for here in all.filter(|here| period().contains(here.occurred_at)) {
            prop_assert!(seen.contains(&thing(here)), "lost: {:?}", here);
        }
        let sums = totals(&items).unwrap();
        prop_assert_eq!(sums.0.iter().map(|total| total.count).sum::<i32>(), i32::try_from(items.len()).unwrap());
    }

    #[test]
    fn a_record_written_from_the_books_agrees_with_them(mut told in told(10..20)) {
        told.returns.retain(|(number, ..)| told.sales.contains_key(number));
        // Two lines that say the same are one thing told twice.
        told.returns.sort_unstable();
        told.returns.dedup();
        told.payments.retain(|_, (_, points)| *points > 0);
        let items = compare(record(&told), &books(&told), period());
        prop_assert!(items.iter().all(|item| item.outcome == ReconciliationOutcome::Matched), "{items:#?}");
    }

    #[test]
    fn the_order_of_sales_and_payments_makes_no_difference(there in told(10..20), here in told(5..25)) {
        let there = Told { returns: Vec::new(), ..there };
        let books = books(&here);
        let mut backward = record(&there);
        backward.reverse();
        let forward = compare(record(&there), &books, period());
        prop_assert_eq!(counts(&forward), counts(&compare(number(backward), &books, period())));
    }

    #[test]
    fn no_text_makes_the_reader_stumble(text in "(?s)[a-z_,;\"\r\n .0-9:TZ-]{0,200}|.{0,60}") {
        let scope = ReceiptScope::StoreDay;
        let frame = Frame { period: period(), scope, currency: "EUR".parse().unwrap() };
        let header = format!("kind,occurred_at,receipt_number,amount\n{text}");
        for text in [text, header] {
            if let Err(wrong) = read(&text, &frame) {
                prop_assert!(!wrong.is_empty());
            }
        }
    }
}

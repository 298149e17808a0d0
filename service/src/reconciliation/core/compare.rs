//! The comparison: each line finds what it is about, once, and what no line is about is told as well.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::ids::{EntryId, PurchaseId, ReturnId};
use entity::reconciliation::reconciliation_item::ReconciliationKind as Kind;
use entity::reconciliation::reconciliation_item::ReconciliationOutcome as Outcome;

use super::{Books, Here, Item, Line, Named, Period};
use crate::purchases::ReceiptName;

/// What a line is about: two lines about one thing repeat each other.
#[derive(PartialEq, Eq, Hash)]
enum Thing<'r> {
    Sale(&'r ReceiptName),
    Return(&'r ReceiptName, DateTime<Utc>, Option<i64>),
    Payment(Result<EntryId, &'r str>),
    Nothing(i32),
}

/// Compares a record with the books: an item for each of its lines, in their order, then one for each thing
/// of the period that it lacks, by time.
pub(in crate::reconciliation) fn compare(
    record: Vec<Named>,
    books: &Books,
    period: Period,
) -> Vec<Item> {
    let references = references(books, period);
    let entry = |line: &Line| payment_of(line, books, &references);
    let repeats = repeats(&record, entry);
    let first = || record.iter().filter(|own| !repeats.contains_key(&own.line.number));
    let returns = pair_returns(first(), books, period);
    let here = |own: &Named| match own.line.kind {
        Kind::Sale => books.sales.get(books.receipts.get(own.receipt.as_ref()?)?),
        Kind::Return => books.returns.get(returns.get(&own.line.number)?),
        Kind::Payment => books.payments.get(&entry(&own.line)?),
    };
    let found: Vec<Option<&Here>> = record.iter().map(here).collect();
    let mut items = missing_there(&found, books, period);
    let compared = record.iter().zip(found).map(|(own, here)| {
        let repeats = repeats.get(&own.line.number).copied();
        item(own.line.clone(), repeats, here.cloned())
    });
    items.splice(0..0, compared.collect::<Vec<_>>());
    items
}

fn item(line: Line, repeats: Option<i32>, here: Option<Here>) -> Item {
    let outcome = match &here {
        _ if repeats.is_some() => Outcome::Repeated,
        None => Outcome::MissingHere,
        Some(here) => outcome(&line, here),
    };
    Item { kind: line.kind, outcome, line: Some(line), repeats, here }
}

/// What the line doesn't say isn't compared.
fn outcome(line: &Line, here: &Here) -> Outcome {
    if line.amount_minor.is_some() && line.amount_minor != here.amount_minor {
        return Outcome::DifferentAmount;
    }
    if line.points.is_some_and(|points| points != here.points) {
        return Outcome::DifferentPoints;
    }
    Outcome::Matched
}

/// For each line that is about the same as an earlier one: that one.
fn repeats(record: &[Named], entry: impl Fn(&Line) -> Option<EntryId>) -> HashMap<i32, i32> {
    let mut seen: HashMap<Thing<'_>, i32> = HashMap::new();
    let mut repeats = HashMap::new();
    for Named { line, receipt } in record {
        let thing = match (line.kind, receipt) {
            (Kind::Sale, Some(name)) => Thing::Sale(name),
            (Kind::Return, Some(name)) => Thing::Return(name, line.occurred_at, line.amount_minor),
            (Kind::Payment, _) => {
                let text = line.payment.as_deref().unwrap_or_default();
                Thing::Payment(entry(line).ok_or(text))
            }
            (Kind::Sale | Kind::Return, None) => Thing::Nothing(line.number),
        };
        match seen.get(&thing) {
            Some(earlier) => drop(repeats.insert(line.number, *earlier)),
            None => drop(seen.insert(thing, line.number)),
        }
    }
    repeats
}

/// Payments of the period by the partner's reference, where that is one payment's alone.
fn references(books: &Books, period: Period) -> HashMap<&str, Option<EntryId>> {
    let mut references: HashMap<&str, Option<EntryId>> = HashMap::new();
    for (id, here) in books.payments.iter().filter(|(_, here)| period.contains(here.occurred_at)) {
        let Some(reference) = here.reference.as_deref() else { continue };
        references.entry(reference).and_modify(|one| *one = None).or_insert(Some(*id));
    }
    references
}

fn payment_of(
    line: &Line,
    books: &Books,
    references: &HashMap<&str, Option<EntryId>>,
) -> Option<EntryId> {
    let name = line.payment.as_deref()?;
    let is_there = |id: &EntryId| books.payments.contains_key(id);
    let by_key = books.keys.get(name).copied().filter(is_there);
    let by_id = || name.parse().ok().filter(is_there);
    by_key.or_else(by_id).or_else(|| references.get(name).copied().flatten())
}

/// Which of its receipt's returns each line is about, by line.
fn pair_returns<'r>(
    record: impl Iterator<Item = &'r Named>,
    books: &Books,
    period: Period,
) -> HashMap<i32, ReturnId> {
    let mut lines: BTreeMap<PurchaseId, Vec<&Line>> = BTreeMap::new();
    for own in record.filter(|own| own.line.kind == Kind::Return) {
        let receipt = own.receipt.as_ref().and_then(|name| books.receipts.get(name));
        if let Some(receipt) = receipt {
            lines.entry(*receipt).or_default().push(&own.line);
        }
    }
    let mut returns: BTreeMap<PurchaseId, Vec<(ReturnId, &Here)>> = BTreeMap::new();
    for (id, here) in &books.returns {
        if let Some(receipt) = here.purchase {
            returns.entry(receipt).or_default().push((*id, here));
        }
    }
    let mut pairs = HashMap::new();
    for (receipt, mut lines) in lines {
        lines.sort_by_key(|line| line.occurred_at);
        let mut free = returns.remove(&receipt).unwrap_or_default();
        free.sort_by_key(|(_, here)| (!period.contains(here.occurred_at), here.occurred_at));
        pair(lines, free, period, &mut pairs);
    }
    pairs
}

/// Whether a line may be about that return.
type Fits<'f> = &'f dyn Fn(&Line, &Here) -> bool;

/// Pairs the lines and the returns of one receipt, those that agree best first.
fn pair(
    mut lines: Vec<&Line>,
    mut free: Vec<(ReturnId, &Here)>,
    period: Period,
    pairs: &mut HashMap<i32, ReturnId>,
) {
    let is_same = |line: &Line, here: &Here| line.amount_minor == here.amount_minor;
    let rounds: [Fits<'_>; 3] = [
        &|line, here| is_same(line, here) && line.occurred_at == here.occurred_at,
        &is_same,
        &|_, here| period.contains(here.occurred_at),
    ];
    for fits in rounds {
        lines.retain(|line| {
            let place = free.iter().position(|(_, here)| fits(line, here));
            if let Some(place) = place {
                pairs.insert(line.number, free.remove(place).0);
            }
            place.is_none()
        });
    }
}

/// What the books have in the period and no line is about. A payment of 0 points was undone.
fn missing_there(found: &[Option<&Here>], books: &Books, period: Period) -> Vec<Item> {
    let of_kind = |kind: Kind| found.iter().flatten().filter(move |here| here.kind() == kind);
    let sales: HashSet<_> = of_kind(Kind::Sale).filter_map(|here| here.purchase).collect();
    let returns: HashSet<_> =
        of_kind(Kind::Return).filter_map(|here| here.purchase_return).collect();
    let payments: HashSet<_> = of_kind(Kind::Payment).filter_map(|here| here.entry).collect();
    let sales = books.sales.iter().filter(|(id, _)| !sales.contains(id)).map(|(_, here)| here);
    let returns = books.returns.iter().filter(|(id, _)| !returns.contains(id));
    let payments = books.payments.iter().filter(|(id, _)| !payments.contains(id));
    let payments = payments.filter(|(_, here)| !here.points.is_zero());
    let others = returns.map(|(_, here)| here).chain(payments.map(|(_, here)| here));
    let missing = sales.chain(others).filter(|here| period.contains(here.occurred_at));
    let mut missing: Vec<&Here> = missing.collect();
    missing.sort_by_key(|here| here.occurred_at);
    let item = |here: &Here| Item {
        kind: here.kind(),
        outcome: Outcome::MissingThere,
        line: None,
        repeats: None,
        here: Some(here.clone()),
    };
    missing.into_iter().map(item).collect()
}

//! What items come to, by kind and outcome.

use std::collections::BTreeMap;

use entity::amount::Points;
use entity::reconciliation::reconciliation::{Total, Totals};

use super::Item;
use crate::refusal::{Code, Refusal};

/// The sums, in the order of kinds and outcomes; of those that there are.
pub(in crate::reconciliation) fn totals(items: &[Item]) -> Result<Totals, Refusal> {
    let mut totals = BTreeMap::new();
    for Item { kind, outcome, line, here, .. } in items {
        let total = totals.entry((*kind, *outcome)).or_insert_with(|| Total {
            kind: *kind,
            outcome: *outcome,
            count: 0,
            amount_there_minor: 0,
            amount_here_minor: 0,
            points_there: Points::ZERO,
            points_here: Points::ZERO,
        });
        total.count += 1;
        let (there, points) = line.as_ref().map_or((None, None), |l| (l.amount_minor, l.points));
        add(&mut total.amount_there_minor, there)?;
        add(&mut total.amount_here_minor, here.as_ref().and_then(|here| here.amount_minor))?;
        add_points(&mut total.points_there, points)?;
        add_points(&mut total.points_here, here.as_ref().map(|here| here.points))?;
    }
    Ok(Totals(totals.into_values().collect()))
}

fn add(sum: &mut i64, amount: Option<i64>) -> Result<(), Refusal> {
    *sum = sum.checked_add(amount.unwrap_or(0)).ok_or(Refusal::new(Code::Overflow).at("csv"))?;
    Ok(())
}

fn add_points(sum: &mut Points, points: Option<Points>) -> Result<(), Refusal> {
    let more = sum.plus(points.unwrap_or(Points::ZERO));
    *sum = more.map_err(|_| Refusal::new(Code::Overflow).at("csv"))?;
    Ok(())
}

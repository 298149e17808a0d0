//! What a cycle would have come to if points weren't somebody's when they are burned: each is charged to all
//! who fund points, as if it had been drawn from a pool. For who wants to know what attribution to lots is
//! worth to it; nothing is ever settled by this.
//!
//! In the pool is what was burned in the cycle, and what is out at its end: all that could have been burned.
//! A funder pays its share of what is due for the whole pool, and as much of it as was burned.

use std::collections::BTreeMap;

use entity::ids::{PartnerId, ProgrammeId};
use entity::settlement::contract_simulation::Comparison;
use entity::settlement::settlement_cycle;

use super::cohorts;
use super::core::{Book, Exact, LineKind};
use crate::error::Result;
use crate::refusal::{Code, Refusal};
use crate::tx::Tx;

/// Changes what was compared: each partner's funding is what the pool comes to. So many points were burned.
pub(super) async fn pooled(
    tx: &Tx,
    programme: ProgrammeId,
    cycle: &settlement_cycle::Model,
    (book, burned): (&Book, i64),
    per_unit: i64,
    compared: &mut Comparison,
) -> Result<()> {
    let last = cycle.end_day.plus(-1);
    let flows = cohorts::until(tx.connection(), programme, last).await?;
    let out: i64 = flows.values().map(|flow| flow.out()).sum();
    let whole = out.checked_add(burned).ok_or(Refusal::new(Code::Overflow))?;
    let billed = billed(book)?;
    let mut due = cohorts::due_by_funder(tx.connection(), programme, last).await?;
    for (funder, money) in &billed {
        let sum = due.entry(*funder).or_default();
        *sum = sum.plus(*money);
    }
    for (funder, money) in due {
        let paid = billed.get(&funder).copied().unwrap_or_default();
        let more = money.share(burned, whole).less(paid).minor(per_unit)?;
        if let Some(partner) = funder {
            let sides = of(compared, partner);
            sides[1] = added(sides[1], more)?;
        }
        compared.programme[1] = added(compared.programme[1], more)?;
    }
    Ok(())
}

/// What was billed for what was burned, by who funded it.
fn billed(book: &Book) -> Result<BTreeMap<Option<PartnerId>, Exact>> {
    let mut billed: BTreeMap<Option<PartnerId>, Exact> = BTreeMap::new();
    for (key, points) in &book.0 {
        let money = key.price.of(*points)?;
        let sum = billed.entry(key.partner).or_default();
        *sum = match key.kind {
            LineKind::Funding => sum.plus(money),
            LineKind::FundingReversal => sum.less(money),
            _ => *sum,
        };
    }
    Ok(billed)
}

fn of(compared: &mut Comparison, partner: PartnerId) -> &mut [i64; 2] {
    let place = compared.partners.iter().position(|(own, _)| *own == partner);
    let place = place.unwrap_or_else(|| {
        compared.partners.push((partner, [0, 0]));
        compared.partners.len() - 1
    });
    &mut compared.partners[place].1
}

fn added(minor: i64, more: i64) -> Result<i64> {
    Ok(minor.checked_add(more).ok_or(Refusal::new(Code::Overflow))?)
}

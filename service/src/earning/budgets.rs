//! A budget's slices: made with the rule or campaign, grown and shrunk with its versions.
//!
//! A bound is about all that its owner gave while it had a budget, less what came back: whether it was
//! bounded so at the time or not, and however often the bound was lifted and set again. What was given
//! before there was any budget doesn't count. Cost alone counts only as far as something bounded it: what
//! points cost in a currency of large numbers is soon more than a number holds.

use std::collections::{BTreeSet, HashMap};

use entity::amount::cost_of_minor;
use entity::earning::budget_slice;
use entity::earning::definition::Budget;
use entity::ids::ProgrammeId;
use uuid::Uuid;

use super::Earning;
use super::books;
use super::slices::{self, SLICES};
use super::state::Left;
use crate::actor::{Actor, Scope};
use crate::error::Result;
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::rows::{find_among, insert_all, update_all};
use crate::tx::Tx;

/// Of points, and of cost; none is without bound. The table keeps cost in ten-thousandths of micro-units.
pub type Bounds = [Option<i64>; 2];

impl Earning {
    /// What the budgets of rules and campaigns have left: points, and minor units of cost rounded down. For
    /// operators.
    pub async fn budgets_left(
        &self,
        actor: &Actor,
        owners: BTreeSet<Uuid>,
    ) -> Result<HashMap<Uuid, Bounds>> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let rules = self.ask.programmes.rules(programme).await?;
        let left = books::left(self.ask.db.reader_for(actor), programme, owners).await?;
        let rest = |left: Left| [left.points, left.cost.map(|cost| cost / minor(&rules))];
        Ok(left.into_iter().map(|(owner, left)| (owner, rest(left))).collect())
    }
}

fn minor(programme: &Rules) -> i64 {
    cost_of_minor(programme.programme.currency.minor_per_unit())
}

fn bounds(minor: i64, budget: &Budget) -> Result<Bounds, Refusal> {
    let cost = |cost: i64| {
        let message = format!("It must be at most {}, not {cost}.", i64::MAX / minor);
        let refusal = Refusal::new(Code::ValueOutOfRange).because(message).at("budget.cost");
        cost.checked_mul(minor).ok_or(refusal)
    };
    Ok([budget.points, budget.cost_minor.map(cost).transpose()?])
}

/// Sets what the owner may give in all. It can't fall below what was given.
pub(super) async fn set(
    tx: &Tx,
    programme: &Rules,
    owner: Uuid,
    (before, after): (&Budget, &Budget),
) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let column = budget_slice::Column::OwnerId;
    let lock = match tx.backend() {
        sea_orm::DbBackend::Postgres => "order by slice for update",
        _ => "order by slice",
    };
    let mut slices = find_among::<budget_slice::Entity, _>(
        tx.connection(),
        programme.id(),
        column,
        [owner],
        lock,
    )
    .await?;
    let given = |of: fn(&budget_slice::Model) -> i64| slices.iter().map(of).map(i128::from).sum();
    let given = [given(|row| row.given_points), given(|row| row.given_cost)];
    let bounds = bounds(minor(programme), after)?;
    let mut rest = [None, None];
    for (at, field) in [(0, "budget.points"), (1, "budget.cost")] {
        rest[at] = left(bounds[at], given[at]).map_err(|refusal| refusal.at(field))?;
    }
    let shares = shared(programme.id(), owner, rest);
    if slices.is_empty() {
        return insert_all::<budget_slice::Entity>(tx, &shares).await;
    }
    for (row, share) in slices.iter_mut().zip(shares) {
        (row.left_points, row.left_cost) = (share.left_points, share.left_cost);
    }
    use budget_slice::Column::{LeftCost, LeftPoints};
    update_all::<budget_slice::Entity>(tx, &slices, &[LeftPoints, LeftCost]).await?;
    Ok(())
}

/// What a bound leaves.
fn left(bound: Option<i64>, given: i128) -> Result<Option<i64>, Refusal> {
    let Some(bound) = bound else { return Ok(None) };
    let message = "More than that was given already.";
    let below_given = || Refusal::new(Code::BudgetBelowGiven).because(message);
    let left = i64::try_from(i128::from(bound) - given).ok().filter(|left| *left >= 0);
    left.map(Some).ok_or_else(below_given)
}

/// A rest in even slices.
fn shared(programme: ProgrammeId, owner: Uuid, rest: Bounds) -> Vec<budget_slice::Model> {
    let share = |rest: Option<i64>, slice: i32| rest.map(|rest| slices::shared(rest)(slice));
    let slice = |slice: i32| budget_slice::Model {
        programme_id: programme,
        owner_id: owner,
        slice,
        left_points: share(rest[0], slice),
        left_cost: share(rest[1], slice),
        given_points: 0,
        given_cost: 0,
    };
    (0..SLICES).map(slice).collect()
}

#[cfg(test)]
mod tests {
    //! What a budget's cost can be.

    use super::*;

    #[test]
    fn a_cost_that_is_too_large_for_its_currency_is_refused() {
        let of = |minor_per_unit, cost_minor| {
            let budget = Budget { points: None, cost_minor: Some(cost_minor) };
            bounds(cost_of_minor(minor_per_unit), &budget).map_err(|refusal| refusal.message)
        };
        assert_eq!(of(100, 50_000_000_000), Ok([None, Some(5_000_000_000_000_000_000)]));
        assert_eq!(of(1, 900_000_000), Ok([None, Some(9_000_000_000_000_000_000)]));
        let said = of(1, 1_000_000_000).unwrap_err();
        assert_eq!(said, "It must be at most 922337203, not 1000000000.");
    }
}

//! What travels in a simulation's row from step to step.

use std::collections::BTreeMap;

use entity::ids::{MemberId, RuleId, WalletId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::earning::decide::By;
use crate::earning::state::{Counter, Left, State, Use};

/// What one step leaves for the next.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Memory {
    uses: Vec<(WalletId, RuleId, String, [i64; 3])>,
    left: Vec<(Uuid, Option<i64>, Option<i64>)>,
    /// Points that members would have had more, or fewer.
    pub(super) members: BTreeMap<MemberId, i64>,
}

impl Memory {
    /// Counters and budgets to go on with.
    pub(super) fn state(&self, by: By<'_>) -> State {
        let uses = self.uses.iter().map(|(wallet, rule, period, [count, points, stamps])| {
            let used = Use { count: *count, points: *points, stamps: *stamps };
            ((*wallet, *rule, period.clone()), used)
        });
        let mut left = by.rules.budgets(by.programme.programme.currency.minor_per_unit());
        left.extend(
            self.left
                .iter()
                .map(|(owner, points, cost)| (*owner, Left { points: *points, cost: *cost })),
        );
        State::new(uses.collect(), left)
    }

    /// Keeps them for the next step.
    pub(super) fn keep(&mut self, state: &State) {
        let used = |((wallet, rule, period), used): (&Counter, &Use)| {
            (*wallet, *rule, period.clone(), [used.count, used.points, used.stamps])
        };
        self.uses = state.uses().map(used).collect();
        self.left = state.budgets().map(|(own, left)| (*own, left.points, left.cost)).collect();
    }
}

//! An outcome being added up, receipt by receipt.

use std::collections::BTreeMap;

use entity::earning::simulation::Outcome;
use entity::ids::PartnerId;
use entity::ledger::lot::Terms;

use super::came::Came;

/// What would have been, and what was, so far. By funder and by code.
pub(super) struct Tally {
    outcome: Outcome,
    costs: BTreeMap<Option<PartnerId>, [i128; 2]>,
    rules: BTreeMap<String, [i64; 4]>,
}

impl Tally {
    /// Goes on from there.
    pub(super) fn of(outcome: &Outcome) -> Self {
        let cost = |(partner, now, then): &(Option<PartnerId>, String, String)| {
            (*partner, [now, then].map(|text| text.parse().unwrap_or(0)))
        };
        Self {
            costs: outcome.costs.iter().map(cost).collect(),
            rules: outcome.rules.iter().cloned().collect(),
            outcome: outcome.clone(),
        }
    }

    /// Adds a receipt: what it would have come to, and what it did.
    pub(super) fn add(&mut self, now: Came, then: Came) {
        let outcome = &mut self.outcome;
        outcome.points += now.points;
        outcome.points_then += then.points;
        outcome.cashback_minor += now.cashback_minor;
        outcome.cashback_minor_then += then.cashback_minor;
        for (side, came) in [now, then].into_iter().enumerate() {
            for (terms, points) in &came.lots {
                self.cost(terms, *points, side);
            }
            for (code, times, points) in came.rules {
                let sums = self.rules.entry(code).or_default();
                sums[2 * side] += times;
                sums[2 * side + 1] += points;
            }
        }
    }

    fn cost(&mut self, terms: &Terms, points: i64, side: usize) {
        for share in &terms.shares {
            let cost = i128::from(points)
                * i128::from(share.issue_price_micros)
                * i128::from(share.share_bp.get());
            self.costs.entry(share.partner).or_default()[side] += cost;
        }
    }

    /// The outcome so far, which so many members would notice.
    pub(super) fn done(self, members: i64) -> Outcome {
        let costs = self.costs.into_iter();
        Outcome {
            costs: costs
                .map(|(own, [now, then])| (own, now.to_string(), then.to_string()))
                .collect(),
            rules: self.rules.into_iter().collect(),
            members,
            ..self.outcome
        }
    }
}

//! What limits and budgets leave of what a rule comes to. Pure.

use chrono::NaiveDate;
use entity::amount::Points;
use entity::earning::definition::CapKind;
use entity::ids::WalletId;

use super::award::Cap;
use super::effects::Worth;
use super::facts::period_of;
use super::ruleset::Rule;
use super::state::{Left, State};

/// What limits leave of a worth.
pub(super) struct Cut {
    pub(super) points: i64,
    pub(super) cashback_minor: i64,
    pub(super) caps: Vec<Cap>,
    /// Whether the wallet has had it as often as it may.
    pub(super) is_stopped: bool,
}

impl Cut {
    pub(super) fn new(worth: &Worth) -> Self {
        let (points, cashback_minor) = (worth.points.get(), worth.cashback_minor);
        Self { points, cashback_minor, caps: Vec::new(), is_stopped: false }
    }

    /// Cuts the points to so many.
    pub(super) fn to(&mut self, most: i64, kind: CapKind) {
        let most = most.max(0);
        if self.points > most {
            let cut = Points::new(self.points - most).unwrap_or_default();
            self.caps.push(Cap { kind, cut });
            self.points = most;
        }
    }

    pub(super) fn by_limits(
        &mut self,
        wallet: WalletId,
        rule: &Rule,
        day: NaiveDate,
        state: &State,
    ) {
        for limit in &rule.definition.limits {
            let used = state.used(&(wallet, rule.id, period_of(limit.period, day)));
            if limit.count.is_some_and(|most| used.count >= most) {
                self.to(0, CapKind::WalletCount);
                self.cashback_minor = 0;
                self.is_stopped = true;
            }
            if let Some(most) = limit.points {
                self.to(most - used.points, CapKind::WalletPoints);
            }
        }
    }

    pub(super) fn by_budget(&mut self, kind: CapKind, left: Left, unit_cost: i64, money: i64) {
        if let Some(points) = left.points {
            self.to(points, kind);
        }
        if let Some(cost) = left.cost {
            if unit_cost > 0 {
                self.to(cost / unit_cost, kind);
            }
            if money > 0 {
                self.cashback_minor = self.cashback_minor.min(cost / money);
            }
        }
    }
}

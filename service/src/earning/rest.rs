//! What is left of a sale's earning once goods have come back. Pure.
//!
//! Only the rules that gave something are asked again, by the same version, about what is left of the
//! receipt, with what was known of the member then. What one gave shrinks or stays, it never grows: so
//! that a receipt that comes back in parts gives back exactly what it gives back whole, and no rule can be
//! had by sending goods back. A limit's or budget's cut isn't asked for again: what the limit left stands
//! as long as the rest of the receipt would come to as much.

use std::sync::Arc;

use entity::amount::Points;
use entity::ids::{RuleId, WalletId};
use entity::purchases::purchase::{Granted, Line};
use entity::purchases::purchase_return::{TakenBack, TakenGrant};

use super::award::{Award, Dates};
use super::base::{self, Explanation};
use super::cel::Asks;
use super::decide::Bound;
use super::effects::{Position, worth};
use super::facts::{Basket, MemberFacts, period_of};
use super::making::periods;
use super::ruleset::Rule;
use super::state::{Changes, Taken, Use};
use crate::error::{Error, Result};
use crate::ledger::core::ReturnedPart;
use crate::refusal::{Code, Refusal};

/// What a return comes to.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    /// How what is left earns.
    pub(crate) explanation: Explanation,
    pub(crate) taken: TakenBack,
    /// What comes back, part by part, for the ledger.
    pub(crate) parts: Vec<ReturnedPart>,
    pub(crate) points: Points,
    /// What goes back to counters and budgets.
    pub(crate) changes: Changes,
}

/// Decides what is taken back when only the basket's lines are left. `earned` is what the receipt earned
/// in all, `earlier` what returns before this one took.
pub(crate) fn rest(
    basket: &Basket<'_>,
    (wallet, earned): (Option<WalletId>, Points),
    earlier: &[&TakenBack],
    rule: impl Fn(RuleId, i32) -> Option<Arc<Rule>>,
) -> Result<Rest> {
    let granted = &basket.terms.granted;
    let explanation = base::decide(basket.terms, basket.lines)?;
    let base_left = granted.iter().fold(earned, |left, one| left.less(one.points));
    let base_left = earlier.iter().fold(base_left, |left, taken| left.less(taken.base));
    let mut resting = Resting {
        wallet,
        explanation,
        taken: TakenBack::default(),
        parts: Vec::new(),
        changes: Changes::default(),
        bound: None,
    };
    resting.taken.base = base_left.less(resting.explanation.points);
    resting.part(0, resting.taken.base, base_left)?;
    for (place, one) in granted.iter().enumerate() {
        let before = earlier.iter().filter_map(|taken| taken.granted.get(place));
        let left = Left::of(one, before);
        let rule = rule(one.rule, one.version);
        let rule =
            rule.ok_or_else(|| Error::internal("a receipt names a rule that isn't there"))?;
        resting.ask(basket, one, &left, &rule)?;
    }
    resting.done()
}

/// What of a grant hasn't come back.
#[derive(Clone, Copy)]
struct Left {
    points: Points,
    stamps: i64,
    cashback_minor: i64,
    cost: i64,
    is_counted: bool,
}

impl Left {
    fn of<'a>(granted: &Granted, earlier: impl Iterator<Item = &'a TakenGrant>) -> Self {
        let whole = Self {
            points: granted.points,
            stamps: granted.stamps,
            cashback_minor: granted.cashback_minor,
            cost: granted.cost,
            is_counted: true,
        };
        earlier.fold(whole, |left, taken| Self {
            points: left.points.less(taken.points),
            stamps: left.stamps - taken.stamps,
            cashback_minor: left.cashback_minor - taken.cashback_minor,
            cost: left.cost - taken.cost,
            is_counted: left.is_counted && !taken.is_uncounted,
        })
    }
}

struct Resting {
    wallet: Option<WalletId>,
    explanation: Explanation,
    taken: TakenBack,
    parts: Vec<ReturnedPart>,
    changes: Changes,
    bound: Option<Bound>,
}

impl Resting {
    /// Asks a rule again about what is left.
    fn ask(
        &mut self,
        basket: &Basket<'_>,
        granted: &Granted,
        left: &Left,
        rule: &Rule,
    ) -> Result<()> {
        let bound = self.bound.get_or_insert_with(|| {
            let facts = basket.terms.member.clone();
            let facts: Option<MemberFacts> =
                facts.and_then(|facts| serde_json::from_value(facts).ok());
            Bound::of_sale(basket, &facts.unwrap_or_default(), Asks::ALL)
        });
        let lines = bound.lines_of(rule, basket);
        let holds = !lines.is_empty()
            && rule.condition.as_ref().is_none_or(|condition| condition.holds(&bound.context));
        let mut taken = TakenGrant {
            points: left.points,
            stamps: left.stamps,
            cashback_minor: left.cashback_minor,
            cost: left.cost,
            is_uncounted: left.is_counted && !holds,
        };
        if holds {
            let about: Vec<&Line> =
                lines.iter().filter_map(|place| basket.lines.get(*place)).collect();
            let position = Position { count: granted.count, stamps: granted.stamps_before };
            let worth = worth(&rule.definition.effect, basket.terms, &about, position)?;
            taken.points = left.points.less(worth.points);
            taken.stamps = (left.stamps - worth.stamps).max(0);
            taken.cashback_minor = (left.cashback_minor - worth.cashback_minor).max(0);
            taken.cost = proportional(left, &taken);
        }
        self.part(granted.part, taken.points, left.points)?;
        self.give_back(basket, granted, &taken, rule);
        self.explain(granted, left, &taken, rule, lines);
        self.taken.granted.push(taken);
        Ok(())
    }

    /// What counters and budgets get back.
    fn give_back(
        &mut self,
        basket: &Basket<'_>,
        granted: &Granted,
        taken: &TakenGrant,
        rule: &Rule,
    ) {
        for owner in &granted.budgets {
            let back = Taken { points: -taken.points.get(), cost: -taken.cost };
            self.changes.taken(*owner, back);
        }
        let Some(wallet) = self.wallet else { return };
        let back = Use {
            count: -i64::from(taken.is_uncounted),
            points: -taken.points.get(),
            stamps: -taken.stamps,
        };
        for period in periods(rule) {
            let period = period_of(period, basket.at.date_naive());
            self.changes.used((wallet, rule.id, period), back);
        }
    }

    /// Adds to what comes back of a part.
    fn part(&mut self, part: i32, points: Points, outstanding: Points) -> Result<(), Refusal> {
        let overflow = |_| Refusal::new(Code::Overflow);
        let found = self.parts.iter_mut().find(|own| own.part == part);
        let Some(found) = found else {
            self.parts.push(ReturnedPart { part, points, outstanding });
            return Ok(());
        };
        found.points = found.points.plus(points).map_err(overflow)?;
        found.outstanding = found.outstanding.plus(outstanding).map_err(overflow)?;
        Ok(())
    }

    fn explain(
        &mut self,
        granted: &Granted,
        left: &Left,
        taken: &TakenGrant,
        rule: &Rule,
        lines: Vec<usize>,
    ) {
        let points = left.points.less(taken.points);
        self.explanation.awards.push(Award {
            rule: granted.rule,
            code: rule.code.clone(),
            name: rule.definition.name.clone(),
            version: granted.version,
            campaign: None,
            lines,
            exact: String::new(),
            wanted: points,
            caps: Vec::new(),
            points,
            cashback_minor: left.cashback_minor - taken.cashback_minor,
            grant: i32::try_from(self.taken.granted.len()).ok(),
            cashback_before_minor: left.cashback_minor,
            stamps: left.stamps - taken.stamps,
            dates: Dates::default(),
            funding: Vec::new(),
        });
    }

    fn done(mut self) -> Result<Rest> {
        let overflow = |_| Refusal::new(Code::Overflow);
        let points = self.parts.iter().map(|part| part.points);
        let points = points.into_iter().try_fold(Points::ZERO, Points::plus).map_err(overflow)?;
        let rest = self.explanation.awards.iter().map(|award| award.points);
        let base = self.explanation.points;
        self.explanation.points =
            rest.into_iter().try_fold(base, Points::plus).map_err(overflow)?;
        self.parts.retain(|part| !part.points.is_zero());
        let Self { explanation, taken, parts, changes, .. } = self;
        Ok(Rest { explanation, taken, parts, points, changes })
    }
}

/// What goes back to budgets, in proportion to the points or the money; the last of it goes whole.
fn proportional(left: &Left, taken: &TakenGrant) -> i64 {
    let (part, whole) = if left.points.is_zero() {
        (taken.cashback_minor, left.cashback_minor)
    } else {
        (taken.points.get(), left.points.get())
    };
    if whole == 0 || part == whole {
        return if part == whole && whole > 0 { left.cost } else { 0 };
    }
    let cost = i128::from(left.cost) * i128::from(part) / i128::from(whole);
    i64::try_from(cost).unwrap_or(left.cost)
}

//! What is missing to more: "4.20 more for 200 points". Pure.

use entity::amount::Points;
use entity::earning::definition::Effect;
use entity::ids::RuleId;
use entity::purchases::purchase::Line;

use super::decide::{Bound, By, Found};
use super::facts::{Basket, MemberFacts};
use crate::refusal::Refusal;

/// A threshold that the sale doesn't reach yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// Of which rule.
    pub rule: RuleId,
    /// What people call it.
    pub name: String,
    /// How much more has to be paid for the lines that it is about, in minor units.
    pub missing_minor: i64,
    /// For how many points.
    pub points: Points,
}

/// The thresholds that the sale doesn't reach, the least missing first. A rule that repeats names its
/// next step.
pub(crate) fn near(
    by: By<'_>,
    basket: &Basket<'_>,
    member: &MemberFacts,
) -> Result<Vec<Near>, Refusal> {
    let is_threshold =
        |(rule, _): &Found<'_>| matches!(rule.definition.effect, Effect::Threshold { .. });
    let rules: Vec<Found<'_>> = by.rules.for_sale(basket).filter(is_threshold).collect();
    let bound = Bound::of_rules(basket, member, &rules);
    let mut found = Vec::new();
    for (rule, campaign) in rules {
        let Effect::Threshold { minimum_minor, points, repeats } = rule.definition.effect else {
            continue;
        };
        if !bound.is_for(rule, campaign) {
            continue;
        }
        let lines = bound.lines_of(rule, basket);
        let lines = lines.iter().filter_map(|place| basket.lines.get(*place));
        let paid: i64 = lines.map(|line: &Line| line.amount_minor).sum();
        if paid >= minimum_minor && !repeats {
            continue;
        }
        found.push(Near {
            rule: rule.id,
            name: rule.definition.name.clone(),
            missing_minor: minimum_minor - paid % minimum_minor.max(1),
            points: Points::new(points).unwrap_or_default(),
        });
    }
    found.sort_by_key(|near| near.missing_minor);
    Ok(found)
}

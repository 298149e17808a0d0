//! The base rate of a partner. Pure: the same receipt under the same terms earns the same, today or when a
//! return prices what is left of it.
//!
//! A base rate per partner on the net amount, some categories left out, multiplied by the member's tier.
//! Rounded once.

use entity::amount::{BasisPoints, Points};
use entity::earning::definition::CapKind;
use entity::programmes::programme::Rounding;
use entity::purchases::purchase::{EarningTerms, Line, Withheld};
use serde::{Deserialize, Serialize};

use super::award::{Award, Cap};
use super::effects::whole;
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};

/// How a purchase's points came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What counted, in minor units.
    pub eligible_minor: i64,
    /// What didn't, in minor units.
    pub excluded_minor: i64,
    /// The places on the receipt of the lines that didn't count, from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_lines: Vec<usize>,
    /// Thousandths of a point for each unit of settlement currency.
    pub rate_millipoints: i64,
    /// The exact result before rounding, in decimal.
    pub exact: String,
    /// How it became whole.
    pub rounding: Rounding,
    /// What the member's tier multiplies by; 10,000 is once, and left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier_bp: Option<i64>,
    /// What coupons multiply by besides; left out where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon_bp: Option<i64>,
    /// How much of what counted comes back as money.
    #[serde(default, skip_serializing_if = "is_none")]
    pub cashback_bp: BasisPoints,
    /// What cut the base off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    /// What rules gave besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awards: Vec<Award>,
    /// The result: the base and what rules gave.
    pub points: Points,
}

impl Explanation {
    /// What of the points the base rate gave.
    pub fn base_points(&self) -> Points {
        self.awards.iter().fold(self.points, |rest, award| rest.less(award.points))
    }

    /// The base isn't given: its partner has no credit left. Said before any rule is asked.
    pub(super) fn withhold(&mut self) {
        let cut = std::mem::take(&mut self.points);
        if !cut.is_zero() {
            self.caps.push(Cap { kind: CapKind::PartnerCreditExceeded, cut });
        }
    }
}

/// Prices a basket: eligible amount × rate, rounded once.
pub(crate) fn decide(terms: &EarningTerms, lines: &[Line]) -> Result<Explanation, Refusal> {
    let is_excluded = |line: &Line| is_excluded(terms, line);
    let excluded_lines: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| is_excluded(line))
        .map(|(place, _)| place)
        .collect();
    let eligible_minor = sum(lines.iter().filter(|line| !is_excluded(line)))?;
    let excluded_minor = sum(lines.iter().filter(|line| is_excluded(line)))?;
    let (factor, whole_factor) = factor(terms);
    let numerator = i128::from(eligible_minor) * i128::from(terms.rate_millipoints);
    let numerator = numerator.checked_mul(factor);
    // Rounding takes twice that.
    let numerator = numerator.filter(|product| *product < i128::MAX / 4);
    let numerator = numerator.ok_or(Refusal::new(Code::Overflow).at("lines"))?;
    let denominator = whole_factor * 1000 * i128::from(terms.minor_per_unit);
    let mut explanation = Explanation {
        eligible_minor,
        excluded_minor,
        excluded_lines,
        rate_millipoints: terms.rate_millipoints,
        exact: decimal(numerator, denominator),
        rounding: terms.rounding,
        multiplier_bp: terms.multiplier_bp,
        coupon_bp: terms.coupon_bp,
        cashback_bp: terms.cashback_bp,
        caps: Vec::new(),
        awards: Vec::new(),
        points: whole(terms.rounding, numerator, denominator)?,
    };
    if terms.withheld.is_all {
        explanation.withhold();
    }
    Ok(explanation)
}

/// What the member's tier and the receipt's coupons multiply by, as a fraction.
fn factor(terms: &EarningTerms) -> (i128, i128) {
    let factors = [terms.multiplier_bp, terms.coupon_bp].into_iter().flatten();
    factors.fold((1, 1), |(product, whole), own| (product * i128::from(own), whole * 10_000))
}

/// The terms of what has no base: an event.
pub(super) fn nothing(programme: &Rules) -> EarningTerms {
    EarningTerms {
        rate_millipoints: 0,
        minor_per_unit: programme.programme.currency.minor_per_unit(),
        rounding: programme.programme.rounding,
        excluded_categories: Vec::new(),
        cashback_bp: BasisPoints::default(),
        multiplier_bp: None,
        coupon_bp: None,
        granted: Vec::new(),
        member: None,
        withheld: Withheld::default(),
    }
}

/// Whether the line earns nothing at its partner.
pub(super) fn is_excluded(terms: &EarningTerms, line: &Line) -> bool {
    line.category.as_ref().is_some_and(|category| terms.excluded_categories.contains(category))
}

fn is_none(share: &BasisPoints) -> bool {
    share.get() == 0
}

fn sum<'a>(lines: impl Iterator<Item = &'a Line>) -> Result<i64, Refusal> {
    let mut amounts = lines.map(|line| line.amount_minor);
    amounts.try_fold(0_i64, i64::checked_add).ok_or(Refusal::new(Code::Overflow).at("lines"))
}

/// The quotient in decimal, exactly: the denominator is a power of ten.
pub(super) fn decimal(numerator: i128, denominator: i128) -> String {
    let digits = usize::try_from(denominator.ilog10()).unwrap_or(0);
    let text = format!("{}.{:0digits$}", numerator / denominator, numerator % denominator);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;

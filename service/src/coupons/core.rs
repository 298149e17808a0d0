//! What coupons take off a basket. Pure: no database, no clock; the same coupons on the same basket give the
//! same, in whatever order they were named.
//!
//! Coupons are applied one after the other: free articles first, then amounts, then shares, then multipliers of
//! points, those of one kind by the code of their definition. Each sees what those before it left, so that
//! together they never take more than there is. Of two that can't be used together the earlier in that order
//! stays. A minimum is asked of the amounts before any coupon.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use entity::coupons::coupon_redemption::{CouponRefusal, LineDiscount};
use entity::coupons::definition::{Benefit, Definition, Scope, Stacking};
use entity::purchases::purchase::Line;

/// A whole in basis points.
const WHOLE_BP: i64 = 10_000;

/// A coupon that may be used as far as itself and the buyer go.
#[derive(Clone, Debug)]
pub(crate) struct Offer<'a> {
    /// The code of its definition.
    pub(crate) code: &'a str,
    /// What it says.
    pub(crate) says: &'a Definition,
}

/// What a coupon gives for a basket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// By line, above zero each, in their order.
    pub(crate) discounts: Vec<LineDiscount>,
    /// What it multiplies base points by.
    pub(crate) factor_bp: Option<i64>,
}

/// Why it gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct No {
    pub(crate) why: CouponRefusal,
    /// How much more must be paid, in minor units, where that is why.
    pub(crate) missing_minor: i64,
}

impl No {
    /// Without a figure.
    pub(crate) fn because(why: CouponRefusal) -> Self {
        Self { why, missing_minor: 0 }
    }
}

impl Given {
    /// All that it takes off.
    pub(crate) fn minor(&self) -> i64 {
        self.discounts.iter().fold(0, |sum, own| sum.saturating_add(own.minor))
    }
}

/// What each of the offers gives for these lines, whose amounts are those before coupons; in the offers' order.
pub(crate) fn apply(lines: &[Line], offers: &[Offer<'_>]) -> Vec<Result<Given, No>> {
    let mut order: Vec<usize> = (0..offers.len()).collect();
    order.sort_by_key(|place| (rank(&offers[*place].says.benefit), offers[*place].code, *place));
    let mut left: Vec<i64> = lines.iter().map(|line| line.amount_minor).collect();
    let mut stack = Stack::default();
    let mut answers = vec![Err(No::because(CouponRefusal::StackingConflict)); offers.len()];
    for place in order {
        let says = offers[place].says;
        let answer = give(lines, &left, says).and_then(|given| stack.take(&says.stacking, given));
        for own in answer.iter().flat_map(|given| &given.discounts) {
            left[own.line] -= own.minor;
        }
        answers[place] = answer;
    }
    answers
}

/// In which turn a kind of benefit comes.
fn rank(benefit: &Benefit) -> u8 {
    match benefit {
        Benefit::FreeProduct { .. } => 0,
        Benefit::AmountOff { .. } => 1,
        Benefit::PercentOff { .. } => 2,
        Benefit::PointsMultiplier { .. } => 3,
    }
}

/// The coupons that a basket uses so far.
#[derive(Default)]
struct Stack<'a> {
    used: usize,
    is_exclusive: bool,
    groups: BTreeSet<&'a str>,
}

impl<'a> Stack<'a> {
    /// Uses one more, if it goes with those before.
    fn take(&mut self, stacking: &'a Stacking, given: Given) -> Result<Given, No> {
        let goes = match stacking {
            Stacking::Exclusive => self.used == 0,
            Stacking::Stackable { group } => {
                let is_free = group.as_deref().is_none_or(|own| !self.groups.contains(own));
                !self.is_exclusive && is_free
            }
        };
        if !goes {
            return Err(No::because(CouponRefusal::StackingConflict));
        }
        self.used += 1;
        match stacking {
            Stacking::Exclusive => self.is_exclusive = true,
            Stacking::Stackable { group } => self.groups.extend(group.as_deref()),
        }
        Ok(given)
    }
}

/// What one coupon gives, of what those before it left.
fn give(lines: &[Line], left: &[i64], says: &Definition) -> Result<Given, No> {
    let about: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| is_about(&says.scope, line))
        .map(|(place, _)| place)
        .collect();
    let paid = total(about.iter().map(|place| lines[*place].amount_minor));
    if about.is_empty() || paid == 0 {
        return Err(No::because(CouponRefusal::NothingInScope));
    }
    let missing = i128::from(says.minimum_minor) - paid;
    if missing > 0 {
        let missing_minor = i64::try_from(missing).unwrap_or(i64::MAX);
        return Err(No { why: CouponRefusal::MinimumNotMet, missing_minor });
    }
    let there = |place: &usize| (*place, left[*place]);
    let all: Vec<(usize, i64)> = about.iter().map(there).collect();
    let rest = total(all.iter().map(|(_, minor)| *minor));
    let discounts = match &says.benefit {
        Benefit::PercentOff { share_bp } => {
            let off = rest * i128::from(*share_bp.min(&WHOLE_BP)) / i128::from(WHOLE_BP);
            spread(off, &all)
        }
        Benefit::AmountOff { amount_minor } => spread(rest.min(i128::from(*amount_minor)), &all),
        Benefit::FreeProduct { sku } => vec![free_piece(lines, left, sku)?],
        Benefit::PointsMultiplier { factor_bp } => {
            return Ok(Given { discounts: Vec::new(), factor_bp: Some(*factor_bp) });
        }
    };
    let discounts: Vec<_> = discounts.into_iter().filter(|own| own.minor > 0).collect();
    if discounts.is_empty() {
        return Err(No::because(CouponRefusal::NothingInScope));
    }
    Ok(Given { discounts, factor_bp: None })
}

/// Whether a line is what a coupon is about.
pub(crate) fn is_about(scope: &Scope, line: &Line) -> bool {
    let is_whole = scope.skus.is_empty() && scope.categories.is_empty();
    let by_category = || line.category.as_ref().is_some_and(|own| scope.categories.contains(own));
    is_whole || scope.skus.contains(&line.sku) || by_category()
}

/// One piece of the dearest line of the article; all of it, where it isn't sold by the piece.
fn free_piece(lines: &[Line], left: &[i64], sku: &str) -> Result<LineDiscount, No> {
    let price = |place: usize| left[place] / lines[place].quantity.max(1);
    let places = (0..lines.len()).filter(|place| lines[*place].sku == sku);
    let dearest = places.max_by_key(|place| (price(*place), Reverse(*place)));
    let dearest = dearest.filter(|place| price(*place) > 0);
    let line = dearest.ok_or(No::because(CouponRefusal::NothingInScope))?;
    Ok(LineDiscount { line, minor: price(line) })
}

/// An amount over lines in proportion to what they have, by largest remainder; of equal ones the earlier gets
/// the minor unit that is left over.
fn spread(amount: i128, lines: &[(usize, i64)]) -> Vec<LineDiscount> {
    let all = total(lines.iter().map(|(_, minor)| *minor));
    if all == 0 {
        return Vec::new();
    }
    let share = |minor: i64| amount * i128::from(minor);
    let mut parts: Vec<(usize, i128, i128)> = lines
        .iter()
        .map(|(line, minor)| (*line, share(*minor) / all, share(*minor) % all))
        .collect();
    let over = amount - parts.iter().map(|(_, whole, _)| whole).sum::<i128>();
    parts.sort_by_key(|(line, _, remainder)| (Reverse(*remainder), *line));
    let more = usize::try_from(over).unwrap_or(0);
    parts.iter_mut().take(more).for_each(|(_, whole, _)| *whole += 1);
    parts.sort_by_key(|(line, ..)| *line);
    let of = |(line, whole, _): (usize, i128, i128)| LineDiscount {
        line,
        minor: i64::try_from(whole).unwrap_or(i64::MAX),
    };
    parts.into_iter().map(of).collect()
}

fn total(amounts: impl Iterator<Item = i64>) -> i128 {
    amounts.map(i128::from).sum()
}

/// How much of a coupon's discount belongs to what has come back, and whether all that it covered has.
///
/// A line's discount goes with its amount, rounded down, and with its pieces where nothing was paid for it;
/// the last part takes the rest. What covers no line by an amount, a multiplier, covers the receipt.
pub(crate) fn came_back(bought: &[Line], left: &[Line], discounts: &[LineDiscount]) -> (i64, bool) {
    let is_gone = |line: &Line| line.quantity == 0 && line.amount_minor == 0;
    if discounts.is_empty() {
        return (0, left.iter().all(is_gone));
    }
    let mut is_all = true;
    let mut back = 0_i64;
    for own in discounts {
        let (Some(was), Some(is)) = (bought.get(own.line), left.get(own.line)) else { continue };
        if is_gone(is) {
            back = back.saturating_add(own.minor);
            continue;
        }
        is_all = false;
        let (part, whole) = if was.amount_minor > 0 {
            (was.amount_minor - is.amount_minor, was.amount_minor)
        } else {
            (was.quantity - is.quantity, was.quantity.max(1))
        };
        let share = i128::from(own.minor) * i128::from(part) / i128::from(whole);
        back = back.saturating_add(i64::try_from(share).unwrap_or(own.minor).min(own.minor));
    }
    (back, is_all)
}

#[cfg(test)]
#[path = "core_tests.rs"]
mod tests;

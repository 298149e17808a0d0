//! What a basket earns. Pure: the same receipt under the same terms earns the same, today or when
//! a return prices what is left of it.
//!
//! A base rate per partner on the net amount, some categories left out. Rounded once, for the
//! whole purchase.

use entity::amount::Points;
use entity::programmes::programme::Rounding;
use entity::purchases::purchase::{EarningTerms, Line};
use serde::{Deserialize, Serialize};

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
    /// The result.
    pub points: Points,
}

/// Prices a basket: eligible amount × rate, rounded once.
pub fn decide(terms: &EarningTerms, lines: &[Line]) -> Result<Explanation, Refusal> {
    let is_excluded = |line: &Line| {
        line.category.as_ref().is_some_and(|category| terms.excluded_categories.contains(category))
    };
    let excluded_lines: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| is_excluded(line))
        .map(|(place, _)| place)
        .collect();
    let eligible_minor = sum(lines.iter().filter(|line| !is_excluded(line)))?;
    let excluded_minor = sum(lines.iter().filter(|line| is_excluded(line)))?;
    let numerator = i128::from(eligible_minor) * i128::from(terms.rate_millipoints);
    let denominator = 1000 * i128::from(terms.minor_per_unit);
    let whole = match terms.rounding {
        Rounding::Down => numerator / denominator,
        Rounding::HalfUp => (2 * numerator + denominator) / (2 * denominator),
    };
    let points = i64::try_from(whole).ok().and_then(|whole| Points::new(whole).ok());
    Ok(Explanation {
        eligible_minor,
        excluded_minor,
        excluded_lines,
        rate_millipoints: terms.rate_millipoints,
        exact: decimal(numerator, denominator),
        rounding: terms.rounding,
        points: points.ok_or(Refusal::new(Code::Overflow).at("lines"))?,
    })
}

fn sum<'a>(lines: impl Iterator<Item = &'a Line>) -> Result<i64, Refusal> {
    let mut amounts = lines.map(|line| line.amount_minor);
    amounts.try_fold(0_i64, i64::checked_add).ok_or(Refusal::new(Code::Overflow).at("lines"))
}

/// The quotient in decimal, exactly: the denominator is a power of ten.
fn decimal(numerator: i128, denominator: i128) -> String {
    let digits = usize::try_from(denominator.ilog10()).unwrap_or(0);
    let text = format!("{}.{:0digits$}", numerator / denominator, numerator % denominator);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;

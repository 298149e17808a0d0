//! What an effect comes to: exact integer arithmetic, rounded once. Pure.
//!
//! Lines that count are those the rule is about, less categories that earn nothing at the partner, less
//! those of which nothing is left.

use entity::amount::Points;
use entity::earning::definition::Effect;
use entity::programmes::programme::Rounding;
use entity::purchases::purchase::{EarningTerms, Line};

use super::base::decimal;
use crate::refusal::{Code, Refusal};

/// What a rule's effect comes to before any limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Worth {
    pub(super) points: Points,
    /// The arithmetic, for people: `1,250 × 2 / 100 = 25`.
    pub(super) exact: String,
    pub(super) stamps: i64,
    pub(super) cashback_minor: i64,
}

/// Where a wallet stands with a rule before this purchase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// How many times it had something of it.
    pub(super) count: i64,
    /// How many stamps it has collected.
    pub(super) stamps: i64,
}

/// What the effect gives for these lines.
pub(super) fn worth(
    effect: &Effect,
    terms: &EarningTerms,
    lines: &[&Line],
    position: Position,
) -> Result<Worth, Refusal> {
    let paid = || lines.iter().map(|line| i128::from(line.amount_minor)).sum::<i128>();
    let units = i128::from(terms.minor_per_unit);
    let of = |numerator: i128, denominator: i128| {
        let points = whole(terms.rounding, numerator, denominator)?;
        Ok(Worth { points, exact: decimal(numerator, denominator), ..Worth::default() })
    };
    match effect {
        Effect::PerAmount { millipoints } => of(paid() * i128::from(*millipoints), 1000 * units),
        Effect::Multiplier { factor_bp } => {
            let more = i128::from(*factor_bp) - 10_000;
            of(paid() * i128::from(terms.rate_millipoints) * more, 10_000 * 1000 * units)
        }
        Effect::Fixed { points } => times(*points, 1),
        Effect::PerLine { points, each_piece: false } => times(*points, count(lines)),
        Effect::PerLine { points, each_piece: true } => times(*points, pieces(lines)),
        Effect::Threshold { minimum_minor, points, repeats } => {
            let reached = paid() / i128::from(*minimum_minor).max(1);
            times(*points, if *repeats { reached } else { reached.min(1) })
        }
        Effect::EveryNth { every, points } => {
            let is_due = (position.count + 1) % (*every).max(1) == 0;
            times(*points, i128::from(is_due))
        }
        Effect::Stamps { card, points, each_piece } => {
            let stamps = if *each_piece { pieces(lines) } else { 1 };
            let (card, before) = (i128::from(*card).max(1), i128::from(position.stamps));
            let full = (before + stamps) / card - before / card;
            let stamps = i64::try_from(stamps).map_err(|_| Refusal::new(Code::Overflow))?;
            Ok(Worth { stamps, ..times(*points, full)? })
        }
        Effect::Cashback { share_bp } => {
            let minor = paid() * i128::from(*share_bp) / 10_000;
            let cashback_minor = i64::try_from(minor).map_err(|_| Refusal::new(Code::Overflow))?;
            let exact = decimal(paid() * i128::from(*share_bp), 10_000);
            Ok(Worth { cashback_minor, exact, ..Worth::default() })
        }
        Effect::Dates { .. } => Ok(Worth::default()),
    }
}

fn count(lines: &[&Line]) -> i128 {
    i128::try_from(lines.len()).unwrap_or(i128::MAX)
}

/// Goods sold by weight have no pieces: such a line is one.
fn pieces(lines: &[&Line]) -> i128 {
    lines.iter().map(|line| i128::from(line.quantity.max(1))).sum()
}

fn times(points: i64, times: i128) -> Result<Worth, Refusal> {
    let exact = if times == 1 { points.to_string() } else { format!("{times} × {points}") };
    Ok(Worth { points: fitting(i128::from(points) * times)?, exact, ..Worth::default() })
}

/// A quotient as whole points.
pub(super) fn whole(
    rounding: Rounding,
    numerator: i128,
    denominator: i128,
) -> Result<Points, Refusal> {
    fitting(match rounding {
        Rounding::Down => numerator / denominator,
        Rounding::HalfUp => (2 * numerator + denominator) / (2 * denominator),
    })
}

fn fitting(points: i128) -> Result<Points, Refusal> {
    let points = i64::try_from(points).ok().and_then(|points| Points::new(points).ok());
    points.ok_or(Refusal::new(Code::Overflow).at("lines"))
}

//! Shares of money: rounded down once, split by largest remainder.

use entity::amount::BasisPoints;
use entity::cashback::accrual::Shares;

use crate::refusal::{Code, Refusal};

const WHOLE: i128 = 10_000;

/// What a basis gives back at a rate, rounded down.
pub fn cashback_of(basis_minor: i64, bp: BasisPoints) -> Result<i64, Refusal> {
    let exact = i128::from(basis_minor.max(0)) * i128::from(bp.get());
    i64::try_from(exact / WHOLE).map_err(|_| Refusal::new(Code::Overflow))
}

/// Whether the parts make a whole.
pub(super) fn are_whole(shares: &Shares) -> bool {
    shares.0.iter().map(|share| i128::from(share.share_bp.get())).sum::<i128>() == WHOLE
}

/// Each funder's part of an amount, in the order of the shares. What rounding leaves goes a unit each
/// to the largest remainders, the earlier share first where they are alike.
pub fn split(amount_minor: i64, shares: &Shares) -> Result<Vec<i64>, Refusal> {
    let overflow = || Refusal::new(Code::Overflow);
    let exact = |bp: BasisPoints| i128::from(amount_minor) * i128::from(bp.get());
    let exact: Vec<i128> = shares.0.iter().map(|share| exact(share.share_bp)).collect();
    let mut parts: Vec<i128> = exact.iter().map(|part| part / WHOLE).collect();
    let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
    by_remainder.sort_by_key(|place| std::cmp::Reverse(exact[*place] % WHOLE));
    let left = i128::from(amount_minor) - parts.iter().sum::<i128>();
    let left = usize::try_from(left).map_err(|_| overflow())?;
    for place in by_remainder.into_iter().take(left) {
        parts[place] += 1;
    }
    parts.into_iter().map(|part| i64::try_from(part).map_err(|_| overflow())).collect()
}

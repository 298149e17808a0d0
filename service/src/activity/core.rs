//! What a receipt adds to its day, and what a return takes off again. Pure.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use entity::activity::activity_day;
use entity::day::Day;
use entity::ids::{ProgrammeId, WalletId};
use entity::purchases::{purchase, purchase_return};

use crate::error::Result;
use crate::refusal::{Code, Refusal};

/// What came back of a receipt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// In how many returns.
    pub(crate) times: usize,
    /// Of its money.
    pub(crate) minor: i64,
    /// Of its points.
    pub(crate) points: i64,
}

impl Taken {
    /// By all of these returns.
    pub(crate) fn of<'a>(returns: impl IntoIterator<Item = &'a purchase_return::Model>) -> Self {
        returns.into_iter().fold(Self::default(), |taken, row| Self {
            times: taken.times + 1,
            minor: taken.minor.saturating_add(row.amount_minor),
            points: taken.points.saturating_add(row.points.get()),
        })
    }

    pub(super) fn and(self, more: Self) -> Self {
        Self {
            times: self.times + more.times,
            minor: self.minor.saturating_add(more.minor),
            points: self.points.saturating_add(more.points),
        }
    }
}

/// Purchases, spend, points: wide enough for any batch.
type Part = [i128; 3];

/// What a receipt comes to after that came back of it. It counts as a purchase for as long as some of its
/// money is left; one that cost nothing, until something comes back.
fn part(purchase: &purchase::Model, taken: Taken) -> Part {
    let is_all_back = taken.times > 0 && taken.minor >= purchase.total_minor;
    [
        i128::from(!is_all_back),
        i128::from(purchase.total_minor) - i128::from(taken.minor),
        i128::from(purchase.points.get()) - i128::from(taken.points),
    ]
}

/// What a batch adds to the days of its wallets.
#[derive(Debug)]
pub(crate) struct Rows {
    programme: ProgrammeId,
    zone: Tz,
    parts: BTreeMap<(WalletId, Day), Part>,
}

impl Rows {
    /// Nothing yet.
    pub(crate) fn new(programme: ProgrammeId, zone: Tz) -> Self {
        Self { programme, zone, parts: BTreeMap::new() }
    }

    /// The wallet has a receipt, of which that came back before.
    pub(crate) fn bought(&mut self, wallet: WalletId, purchase: &purchase::Model, before: Taken) {
        self.add(wallet, purchase, part(purchase, before));
    }

    /// More came back of a receipt that the wallet has, `before` of it earlier.
    pub(crate) fn returned(
        &mut self,
        wallet: WalletId,
        purchase: &purchase::Model,
        before: Taken,
        back: Taken,
    ) {
        let (was, is) = (part(purchase, before), part(purchase, before.and(back)));
        self.add(wallet, purchase, [is[0] - was[0], is[1] - was[1], is[2] - was[2]]);
    }

    fn add(&mut self, wallet: WalletId, purchase: &purchase::Model, part: Part) {
        let day = Day::of(purchase.occurred_at, &self.zone);
        let sums = self.parts.entry((wallet, day)).or_default();
        for (sum, more) in sums.iter_mut().zip(part) {
            *sum += more;
        }
    }

    /// One row for each wallet and day, in their order.
    pub(super) fn rows(self) -> Result<Vec<activity_day::Model>> {
        let number = |sum: i128| i64::try_from(sum).map_err(|_| Refusal::new(Code::Overflow));
        let row = |((wallet_id, day), [purchases, spend, points]): ((WalletId, Day), Part)| {
            Ok(activity_day::Model {
                programme_id: self.programme,
                wallet_id,
                day,
                purchases: number(purchases)?,
                spend_minor: number(spend)?,
                points: number(points)?,
            })
        };
        self.parts.into_iter().filter(|(_, part)| *part != Part::default()).map(row).collect()
    }
}

//! What takes something off a sale: coupons, the programme's own and its partners'.
//!
//! Operators write all of it, a partner what is its own. Each change of a coupon is a new version. A till names
//! coupons in a quote and again when it records the sale: by a code that is typed, or, for what is the
//! member's own, by the coupon's id. Amounts of a receipt are what was paid; what coupons took off a line is told
//! beside its amount, and the two together are the price that coupons look at, so that the quote and the sale see
//! the same. What a coupon gives is worked out here, by the version in force, never taken from the till.
//!
//! A sale has happened: it is never lost for a coupon. One that can't be used is kept with the receipt as refused,
//! with the reason, and whoever gave something for it bears it. What is used is used in the receipt's own
//! transaction, under the lock of the coupon's row, so that no race uses it oftener than it can be: sales with
//! the same coupon come one after the other, others don't notice.
//!
//! A use is given back when all that the coupon covered has come back, and its code is good again: the customer
//! has nothing of it any more. If a part comes back it stays used, and its share of the discount is told.
//!
//! Nothing here moves points: a multiplier changes what the receipt earns, in the receipt's own terms.

mod codes;
mod core;
mod held;
mod issue;
mod read;
mod redeem;
mod rules;
mod write;

pub use self::issue::Codes;
pub use self::read::Filter;
pub use self::redeem::{Tried, Used, Why};
pub use self::write::{Draft, Turn};

pub(crate) use self::held::{Known, Wanted};
pub(crate) use self::redeem::{Rows, Sale, back_of, factor_bp, redemptions};

use entity::coupons::{coupon, coupon_version};
use entity::ids::CouponId;

use crate::clock::Clock;
use crate::earning::ask::Ask;

/// The most coupons that a receipt names.
pub const NAMED_MAX: usize = 10;

/// The use cases.
pub struct Coupons {
    clock: Clock,
    ask: Ask,
}

/// A coupon with its latest version.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// As it stands.
    pub row: coupon::Model,
    /// What it says.
    pub version: coupon_version::Model,
}

/// How a receipt names a coupon.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum CouponRef {
    /// By what was typed.
    Code(String),
    /// By its id.
    Id(CouponId),
}

impl Coupons {
    /// The use cases over this database.
    pub(crate) fn new(clock: Clock, ask: Ask) -> Self {
        Self { clock, ask }
    }
}

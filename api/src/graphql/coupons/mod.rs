//! What takes something off a sale, as clients see it: coupons, what a quote says of them, and what they were
//! used for.

pub mod inputs;
mod loads;
pub mod mutation;
pub mod query;
pub mod types;
pub mod uses;

pub use self::inputs::CouponUseInput;
pub use self::mutation::CouponsMutation;
pub use self::query::CouponsQuery;
pub use self::types::Coupon;
pub use self::uses::{CouponRedemption, QuotedCoupon};

pub(super) use self::loads::redemptions_of;

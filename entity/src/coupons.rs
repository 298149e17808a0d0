//! What takes something off a sale: coupons, their codes, whom they are for, and what they were used for.

pub mod coupon;
pub mod coupon_code;
pub mod coupon_member;
pub mod coupon_redemption;
pub mod coupon_version;
pub mod definition;

//! Ranks that wallets reach by what they do.

pub mod tier_change;
pub mod tier_cursor;
pub mod tier_grant;
pub mod tier_set;
pub mod tier_standing;
pub mod tier_terms;

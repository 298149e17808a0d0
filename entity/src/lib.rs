//! Tables and value types: what a row is, never what to do with it.
//!
//! A context is a folder with one file a table. Nothing here decides, reads a clock or opens a
//! connection; decisions live in `service`.

pub mod activity;
pub mod amount;
pub mod auth;
pub mod cashback;
pub mod coupons;
pub mod day;
pub mod earning;
pub mod ids;
pub mod ledger;
pub mod members;
pub mod memberships;
pub mod partners;
pub mod programmes;
pub mod proposals;
pub mod purchases;
pub mod reconciliation;
pub mod rewards;
pub mod secret;
pub mod settlement;
pub mod text_enum;
pub mod tiers;
mod typeid;

//! The one test binary: what Florin does, asked from outside.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

mod activity;
mod auth;
mod cashback;
mod checkpoints;
mod cli;
mod coupons;
mod doors;
mod earning;
mod faults;
mod hammer;
mod http;
mod lanes;
mod ledger;
mod live;
mod members;
mod memberships;
mod migrations;
mod nodes;
mod overload;
mod partners;
mod programmes;
mod proposals;
mod purchases;
mod quotes;
mod readme;
mod reconciliation;
mod refusals;
mod replica;
mod rewards;
mod schema;
mod settlement;
mod support;
mod tables;
mod tidy;
mod tiers;

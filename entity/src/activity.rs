//! What wallets were up to, day by day.

pub mod activity_day;

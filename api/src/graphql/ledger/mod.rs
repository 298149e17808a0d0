//! Wallets as clients see them: balances, history with the reason for every point, what expires
//! when; transfers and adjustments.

pub mod adjustment;
pub mod award;
pub mod entry;
pub(super) mod loads;
pub mod mutation;
pub mod query;
pub mod reason;
pub mod wallet;

pub use adjustment::Adjustment;
pub use award::{EarningAward, EarningReason};
pub use entry::{Entry, Lot};
pub use mutation::LedgerMutation;
pub(super) use mutation::above_zero;
pub use query::LedgerQuery;
pub(crate) use reason::reason_of;
pub use wallet::{HistoryFilterInput, Wallet};

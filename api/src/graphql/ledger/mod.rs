//! Wallets as clients see them: balances, history with the reason for every point, what expires
//! when; transfers and adjustments.

mod adjustment;
mod entry;
pub(super) mod loads;
mod mutation;
mod query;
mod reason;
mod wallet;

pub use adjustment::Adjustment;
pub use entry::{Entry, Lot};
pub(super) use reason::Earning;
pub use mutation::LedgerMutation;
pub(super) use mutation::above_zero;
pub use query::LedgerQuery;
pub use wallet::{HistoryFilterInput, Wallet};

//! Cashback as clients see it: wallets, what purchases gave back, bank accounts, payouts and their runs.

pub mod inputs;
pub mod loads;
pub mod mutation;
pub mod query;
pub mod runs;
pub mod types;

pub use self::mutation::CashbackMutation;
pub use self::query::CashbackQuery;
pub use self::runs::{PayoutRun, PayoutRunsMutation};
pub use self::types::{BankAccount, CashbackEntry, CashbackWallet, Payout};

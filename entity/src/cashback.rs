//! Tables of cashback: what partners give back in money, its books, and how it is paid out.

pub mod accrual;
pub mod bank_account;
pub mod cashback_entry;
pub mod cashback_posting;
pub mod cashback_wallet;
pub mod payout;
pub mod payout_run;

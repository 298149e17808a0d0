//! What entries come to in money: pure, and replayable from the first entry to the same figures.
//!
//! [`Accrual`] takes entries one by one in the order of the sequence and moves money between the accounts of
//! a [`Book`]. It never asks what an entry was for a second time: prices, shares and issuers are the lots',
//! which keep those of the day on which they were earned.

mod accrual;
mod book;
mod debts;
mod money;
mod statement;
#[cfg(test)]
mod tests;

pub(crate) use self::accrual::{Accrual, Contracts, Happened, Part, Returned};
pub use self::book::{Account, Book, Key, LineKind, Sum};
pub use self::money::Exact;
pub use self::statement::{Cell, Line, Matrix, Position, matrix, positions};

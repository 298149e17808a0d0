//! What entries come to in money: pure, and replayable from the first entry to the same figures.
//!
//! [`Accrual`] takes entries one by one in the order of the sequence and tells what money each moves from one
//! account to another; a [`Book`] adds that up. It never asks what an entry was for a second time: prices,
//! shares and issuers are the lots', which keep those of the day on which they were earned. [`statement`] says
//! what a partner is told of it.

mod accrual;
mod book;
mod calendar;
#[cfg(test)]
mod cohort_tests;
pub mod cohorts;
mod contracts;
mod debts;
pub mod estimate;
mod fates;
mod happened;
pub(crate) mod journal;
mod money;
mod order;
mod positions;
mod sides;
pub mod statement;
#[cfg(test)]
mod tests;

pub(crate) use self::accrual::Accrual;
pub use self::book::{Account, Book, Key, LineKind, MoneyAccount, Move, sum};
pub(crate) use self::calendar::{Calendar, Span, name};
pub(crate) use self::contracts::Contracts;
pub(crate) use self::debts::{Debts, Owed, Place};
pub(crate) use self::fates::{Earned, Fate, Fates};
pub(crate) use self::happened::{Happened, Part, Returned};
pub use self::money::{Exact, Price};
pub(crate) use self::order::{Ordered, Turn};
pub use self::positions::{Cell, Matrix, Position, PositionLine, matrix, positions};
pub(crate) use self::sides::{at_issue, due_for, held_for};

//! Clearing and settlement: the money books, cycles, and what partners owe and are owed, and the bank.

pub(crate) mod banking;
mod books;
mod credit;
pub(crate) mod cycles;
mod disputes;
mod files;
mod finance;
mod killed;
mod what_if;

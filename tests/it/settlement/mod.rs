//! Clearing and settlement: the money books, cycles, and what partners owe and are owed.

mod books;
mod cycles;
mod disputes;
mod finance;

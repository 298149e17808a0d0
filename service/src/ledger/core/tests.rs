//! What the ledger does, told as stories in the domain's words: one a behaviour.

mod books;
mod debts;
mod earning;
mod examples;
mod holds;
mod inactivity;
mod moves;
mod payments;
mod returns;
pub(crate) mod story;
mod told;

pub(super) use books::{burn_of, holds, sum};

//! What a sale or event earns: a partner's base rate, and the rules that operators write.
//!
//! The decision is pure, and in one place: quotes, sales, claims, returns, tests of a rule and replays of
//! a past period all ask it. What limits and budgets need is loaded before and stored after
//! ([`books`]), in the transaction of whatever earns.
//!
//! Everything counts by wallet, not by person: a household that pools is one customer to every limit,
//! however many cards it has.

pub(crate) mod ask;
pub mod audience;
mod award;
mod base;
pub(crate) mod books;
pub mod budgets;
pub mod campaigns;
pub(crate) mod catalogue;
mod cel;
mod credit;
mod cut;
pub(crate) mod decide;
mod effects;
pub(crate) mod eligibility;
pub mod events;
pub mod facts;
pub(crate) mod funding;
mod history;
pub mod kinds;
mod making;
#[doc(hidden)]
pub mod measure;
pub mod near;
pub(crate) mod pool;
#[cfg(test)]
mod properties;
pub(crate) mod rest;
pub mod rules;
pub(crate) mod ruleset;
pub mod simulate;
pub(crate) mod slices;
pub(crate) mod state;
pub mod totals;
pub mod trial;
mod validate;

pub use self::award::{Award, Cap, Dates};
pub use self::base::Explanation;
pub(crate) use self::base::decide as base;

use std::sync::Arc;

use self::ask::Ask;
use crate::clock::Clock;
use crate::writes::Writes;

/// The use cases.
pub struct Earning {
    clock: Clock,
    ask: Ask,
    writes: Arc<Writes>,
}

impl Earning {
    /// The use cases over this database.
    pub(crate) fn new(clock: Clock, ask: Ask, writes: Arc<Writes>) -> Self {
        Self { clock, ask, writes }
    }
}

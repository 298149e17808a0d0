//! What points are spent on: the catalogue of rewards, the programme's own and its partners'.
//!
//! Operators write all of it, a partner what is its own. Each change of a reward is a new version, so that
//! what somebody saw, and at which price, can always be told. Members see what is live and has its time;
//! whether they can afford it, and when they could, is told by what their wallet holds and waits for.
//!
//! Nothing here moves points: a price is what a claim would cost. The money of a price is paid at the partner,
//! and is no business of Florin's.

pub(crate) mod language;
mod read;
mod rules;
#[cfg(test)]
mod tests;
mod viewer;
mod write;

pub use self::read::Filter;
pub use self::rules::{Affordability, wording};
pub use self::viewer::ForMember;
pub use self::write::{Draft, Turn};

use entity::rewards::{reward, reward_version};

use crate::clock::Clock;
use crate::earning::ask::Ask;

/// The use cases.
pub struct Rewards {
    clock: Clock,
    ask: Ask,
}

/// A reward with its latest version.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// As it stands.
    pub row: reward::Model,
    /// What it says.
    pub version: reward_version::Model,
}

impl Rewards {
    /// The use cases over this database.
    pub(crate) fn new(clock: Clock, ask: Ask) -> Self {
        Self { clock, ask }
    }
}

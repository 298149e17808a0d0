//! What points are spent on: the catalogue of rewards, the programme's own and its partners'.
//!
//! Operators write all of it, a partner what is its own. Each change of a reward is a new version, so that
//! what somebody saw, and at which price, can always be told. Members see what is live and has its time;
//! whether they can afford it, and when they could, is told by what their wallet holds and waits for.
//!
//! What is claimed is in `claims`, and what is shown for it in `vouchers`. The money of a price is paid at the
//! partner, and is no business of Florin's.

pub mod claims;
pub(crate) mod language;
pub mod pools;
mod read;
mod rules;
#[cfg(test)]
mod tests;
mod viewer;
pub mod vouchers;
mod write;

pub use self::read::Filter;
pub use self::rules::{Affordability, wording};
pub use self::viewer::ForMember;
pub use self::write::{Draft, Turn};

use std::sync::Arc;

use entity::ids::ProgrammeId;
use entity::rewards::{reward, reward_version};

use crate::auth::MasterKey;
use crate::clock::Clock;
use crate::earning::ask::Ask;
use crate::error::Result;
use crate::hot::HotStore;
use crate::writes::Writes;

/// The use cases.
pub struct Rewards {
    clock: Clock,
    ask: Ask,
    writes: Arc<Writes>,
    hot: Arc<dyn HotStore>,
    master_key: MasterKey,
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
    pub(crate) fn new(
        clock: Clock,
        ask: Ask,
        writes: Arc<Writes>,
        hot: Arc<dyn HotStore>,
        master_key: MasterKey,
    ) -> Self {
        Self { clock, ask, writes, hot, master_key }
    }

    /// Ends what is over: claims, and vouchers that tills have set aside and forgotten. Says how many.
    pub(crate) async fn settle_due(&self, programme: ProgrammeId) -> Result<u64> {
        Ok(self.lapse_uses(programme).await? + self.expire_claims(programme).await?)
    }
}

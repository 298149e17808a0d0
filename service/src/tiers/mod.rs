//! Tiers: ladders that operators define and wallets climb by what they do. What a tier is worth at a till is
//! the earning decision's business; what a wallet did is `activity`'s.
//!
//! [`core`](self::core) says how a standing follows from a wallet's days; `refresh` keeps it in a row, so that a
//! till needn't add them up; `follow` says when.

mod check;
mod core;
mod define;
mod follow;
mod grants;
mod paid;
mod read;
mod refresh;
mod sets;
mod standing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use entity::ids::ProgrammeId;

pub(crate) use self::check::unlike_their_days;
pub use self::define::{Amend, Create, Shape};
pub(crate) use self::define::{multiplies, perks};
pub(crate) use self::grants::pool;
pub use self::grants::{Grant, Revoke};
pub(crate) use self::paid::{has_tier, leave, membership_ended, membership_runs};
pub use self::read::{HISTORY_MAX, Progress};
pub(crate) use self::sets::begins;
pub use self::sets::{SETS_MAX, Set};
pub use self::standing::Standing;
pub(crate) use self::standing::standings_on;

use crate::clock::Clock;
use crate::db::Db;
use crate::fresh::Fresh;
use crate::programmes::Programmes;

/// The use cases.
pub struct Tiers {
    db: Db,
    clock: Clock,
    programmes: Arc<Programmes>,
    sets: Fresh<ProgrammeId, Vec<Set>>,
}

impl Tiers {
    /// The use cases over this database.
    pub(crate) fn new(db: Db, clock: Clock, programmes: Arc<Programmes>) -> Self {
        Self { db, clock, programmes, sets: Fresh::default() }
    }
}

//! What operators write into rules and campaigns, and partners into events.

pub mod campaigns;
mod convert;
pub mod events;
pub mod rules;

pub(super) use self::campaigns::*;
pub(super) use self::events::*;
pub(super) use self::rules::*;

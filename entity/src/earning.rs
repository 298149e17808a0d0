//! Rules that give points, campaigns, what members do besides buying, and what limits count.

pub mod budget_slice;
pub mod campaign;
pub mod campaign_version;
pub mod definition;
pub mod earning_rule;
pub mod earning_rule_version;
pub mod event;
pub mod event_type;
pub mod member_profile;
pub mod rule_use;
pub mod segment;
pub mod segment_member;
pub mod simulation;

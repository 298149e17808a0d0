//! What members can spend points on: the catalogue.

pub mod definition;
pub mod reward;
pub mod reward_price;
pub mod reward_version;

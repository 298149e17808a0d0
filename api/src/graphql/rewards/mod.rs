//! What points are spent on, as clients see it: the catalogue, and what a reward is to who looks at it.

pub mod inputs;
mod loads;
pub mod mutation;
pub mod parts;
pub mod query;
pub mod types;

pub use self::mutation::RewardsMutation;
pub use self::query::RewardsQuery;
pub use self::types::Reward;

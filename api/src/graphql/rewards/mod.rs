//! What points are spent on, as clients see it: the catalogue, what a reward is to who looks at it, what was
//! claimed of it, and what is shown for that.

pub mod claim_inputs;
pub mod claim_query;
pub mod claiming;
pub mod claims;
pub mod inputs;
mod loads;
pub mod mutation;
pub mod parts;
pub mod pools;
mod qr;
pub mod query;
pub mod types;

pub use self::claim_query::ClaimsQuery;
pub use self::claiming::ClaimsMutation;
pub use self::claims::{RewardClaim, Voucher, VoucherUse};
pub use self::mutation::RewardsMutation;
pub use self::pools::{CodePool, PoolsMutation, PoolsQuery};
pub use self::query::RewardsQuery;
pub use self::types::Reward;

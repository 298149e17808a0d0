//! What members can spend points on: the catalogue, what was claimed of it, and what is shown for that.

pub mod code_pool;
pub mod definition;
pub mod pool_code;
pub mod reward;
pub mod reward_claim;
pub mod reward_claim_step;
pub mod reward_price;
pub mod reward_stock;
pub mod reward_version;
pub mod voucher;
pub mod voucher_use;

//! What takes two operators.

pub mod allowance_use;
pub mod proposal;

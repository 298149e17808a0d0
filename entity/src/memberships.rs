//! What members pay for, and who has paid.

pub mod membership;
pub mod membership_change;
pub mod membership_payment;
pub mod membership_plan;

//! Members, the ways to name them, and the households that pool.

pub mod card;
pub mod former_wallet;
pub mod household;
pub mod member;
pub mod partner_reference;

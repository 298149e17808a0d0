//! Keys that sign tokens, and accounts elsewhere that members sign in with.

pub mod identity;
pub mod identity_provider;
pub mod signing_key;

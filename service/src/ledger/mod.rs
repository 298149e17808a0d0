//! The points ledger. Everything that moves points goes through one gate here.
pub mod core;
pub mod expiry;
pub mod reason;
pub use reason::Reason;

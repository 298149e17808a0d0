//! Use cases. Knows the tables; knows nothing of GraphQL or HTTP.
//!
//! Every public use case takes the actor first and checks it in its first line.

pub mod actor;
mod audit;
pub mod auth;
pub mod clock;
pub mod db;
pub mod earning;
pub mod error;
mod fresh;
pub mod hot;
mod keys;
pub mod ledger;
pub mod members;
pub mod migrate;
pub mod page;
pub mod partners;
pub mod payments;
pub mod programmes;
pub mod purchases;
pub mod refusal;
mod rows;
pub mod text;
mod tx;

pub use actor::{Actor, Scope, Who};
pub use clock::Clock;
pub use db::{Db, Location};
pub use error::{Error, Result};
pub use refusal::{Code, Refusal};

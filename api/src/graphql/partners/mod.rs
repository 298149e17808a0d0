//! Partners as clients see them: who they are, their stores, contracts and API clients.

pub mod inputs;
pub mod mutation;
pub mod query;
pub mod types;

pub use mutation::PartnersMutation;
pub use query::PartnersQuery;
pub use types::{ApiClient, Contract, Partner, Store};

//! Partners as clients see them: who they are, their stores, contracts, bank accounts and API clients.

pub mod accounts;
pub mod inputs;
pub mod mutation;
pub mod query;
pub mod types;

pub use accounts::PartnerBankAccount;
pub use mutation::PartnersMutation;
pub use query::PartnersQuery;
pub use types::{ApiClient, Contract, Partner, Store};

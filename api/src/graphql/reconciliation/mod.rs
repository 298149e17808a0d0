//! A partner's own record, compared with the books.

pub mod inputs;
pub mod mutation;
pub mod query;
pub mod types;

pub use self::mutation::ReconciliationMutation;
pub use self::query::ReconciliationQuery;
pub use self::types::{Reconciliation, ReconciliationItem};

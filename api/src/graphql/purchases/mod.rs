//! Receipts as clients see them: recorded, quoted, returned, claimed, read.

pub mod inputs;
pub mod mutation;
pub mod query;
pub mod types;

pub(super) use inputs::micros;
pub use mutation::PurchasesMutation;
pub use query::PurchasesQuery;
pub(super) use types::currency;
pub use types::{Purchase, PurchaseReturn};

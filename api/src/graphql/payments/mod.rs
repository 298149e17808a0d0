//! Paying with points as clients see it.

pub mod inputs;
pub mod mutation;
pub mod types;

pub use mutation::{PaymentsMutation, PaymentsQuery};
pub use types::Hold;

//! Settlement: cycles, statements and what is behind their lines, payments, disputes, and what is owed in points.

pub mod disputes;
pub mod estimate;
pub mod general_ledger;
pub mod inputs;
pub mod liability;
pub mod movements;
pub mod mutation;
pub mod payments;
pub mod query;
pub mod statements;
pub mod types;

pub use self::disputes::Dispute;
pub use self::mutation::SettlementMutation;
pub use self::query::SettlementQuery;
pub use self::statements::SettlementStatement;
pub use self::types::SettlementCycle;

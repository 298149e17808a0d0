//! Settlement: cycles, statements and what is behind their lines, payments, disputes, exposure.

pub mod disputes;
pub mod exposure;
pub mod inputs;
pub mod movements;
pub mod mutation;
pub mod payments;
pub mod query;
pub mod simulation;
pub mod statements;
pub mod types;

pub use self::disputes::Dispute;
pub use self::mutation::SettlementMutation;
pub use self::query::SettlementQuery;
pub use self::simulation::{ContractSimulation, ContractSimulationMutation};
pub use self::statements::SettlementStatement;
pub use self::types::SettlementCycle;

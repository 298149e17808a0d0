//! Settlement: cycles, statements and what is behind their lines, payments, files for the bank and its
//! statements, disputes, corrections, exposure, and
//! what is owed in points.

pub mod ageing;
pub mod bank_transactions;
pub mod banking;
pub mod disputes;
pub mod estimate;
pub mod exposure;
pub mod files;
pub mod general_ledger;
pub mod inputs;
pub mod liability;
pub mod movements;
pub mod mutation;
pub mod payments;
pub mod query;
pub mod simulation;
pub mod statements;
pub mod types;

pub use self::bank_transactions::BankTransaction;
pub use self::banking::{BankingMutation, BankingQuery};
pub use self::disputes::Dispute;
pub use self::mutation::SettlementMutation;
pub use self::query::SettlementQuery;
pub use self::simulation::{ContractSimulation, ContractSimulationMutation};
pub use self::statements::SettlementStatement;
pub use self::types::SettlementCycle;

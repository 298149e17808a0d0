//! Earning rules, campaigns, events, segments: what operators write and what partners report. Decides
//! nothing.

pub mod inputs;
pub mod loads;
pub mod mutation;
pub mod parts;
pub mod query;
pub mod simulation;
pub mod types;

pub use mutation::EarningMutation;
pub use query::EarningQuery;
pub use simulation::{Simulation, SimulationMutation, SimulationQuery};
pub use types::{Campaign, EarningRule, Event};

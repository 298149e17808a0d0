//! Programmes and the people who run them.

pub mod audit_row;
pub mod operator;
pub mod programme;

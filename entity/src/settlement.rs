//! Tables of clearing and settlement: the money books, cycles, statements, what is paid, and what banks say of
//! it.

pub mod bank_transaction;
pub mod carried_points;
pub mod cohort_day;
pub mod cohort_due;
pub mod contract_simulation;
pub mod credit_line;
pub mod credit_slice;
pub mod dispute;
pub mod dispute_entry;
pub mod dispute_item;
pub mod lot_fate;
pub mod money_cycle;
pub mod money_day;
pub mod money_posting;
pub mod payment_instruction;
pub mod settlement_adjustment;
pub mod settlement_cursor;
pub mod settlement_cycle;
pub mod settlement_payment;
pub mod settlement_statement;
pub mod tax_rate;

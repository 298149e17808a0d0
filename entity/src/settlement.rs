//! Tables of clearing and settlement: the money books, cycles, statements, and what is paid.

pub mod carried_points;
pub mod money_day;
pub mod money_posting;
pub mod settlement_cursor;
pub mod settlement_cycle;

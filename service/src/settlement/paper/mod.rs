//! A partner's statement on paper and in files: as a page to read, as sheets to sum, as rows for another
//! system, and as an extract with which the partner works it out again by itself.
//!
//! Everything here is a pure function of a [`Statement`](super::core::statement::Statement) and of what its
//! caller looked up besides: no database, no clock. The same statement gives the same bytes, so that a file
//! that was sent can be made again and compared. Nothing here decides what a statement says.

mod csv;
pub mod extract;
mod jsonl;
mod pdf;
#[cfg(test)]
mod sample;
mod words;

pub use self::csv::{corrections_csv, days_csv, lines_csv};
pub use self::jsonl::jsonl;
pub use self::pdf::{Paper, pdf};

//! A partner's own record of a period, and how it agrees with the books.

#[expect(clippy::module_inception, reason = "a context is a folder with one file a table")]
pub mod reconciliation;
pub mod reconciliation_item;

//! The points ledger: wallets, what happened to them, and the lots that points come from.
//!
//! Entries, postings, allocations and keys are append-only; the database refuses anything else, but
//! that entries and postings behind a seal may go.
//! Every key of a hot table holds the wallet, by which it is partitioned.

pub mod adjustment;
pub mod allocation;
pub mod archived_sum;
pub mod checkpoint;
pub mod checkpoint_sum;
pub mod entry;
pub mod fact;
pub mod hold;
pub mod idempotency_key;
pub mod lot;
pub mod opening;
pub mod outbox;
pub mod posting;
pub mod seal;
pub mod wallet;

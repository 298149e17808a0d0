//! A partner's own record of a period, compared with the books: what both have, what only one has, and where
//! their figures differ.
//!
//! The comparison is kept as it was made, and changes nothing. What was missing here can be recorded from it,
//! as late purchases, by the same use case and the same checks as from a till. Every item has an id by which
//! others can name it.

mod books;
mod core;
mod late;
mod names;
mod read;
mod reconcile;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::ids::{ReconciliationId, ReconciliationItemId};
use entity::reconciliation::reconciliation;
use entity::reconciliation::reconciliation_item;

pub use self::read::Filter;

use crate::clock::Clock;
use crate::db::Db;
use crate::partners::Partners;
use crate::programmes::Programmes;
use crate::purchases::{Purchases, Recorded};
use crate::refusal::Refusal;

/// The most items that are recorded at once.
pub const RECORDED_MAX: usize = crate::purchases::BATCH_MAX;

/// The use cases.
pub struct Reconciliation {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) programmes: Arc<Programmes>,
    pub(crate) partners: Arc<Partners>,
    pub(crate) purchases: Arc<Purchases>,
}

/// A record to be compared.
#[derive(Clone, Debug)]
pub struct Reconcile {
    /// Of a period from this moment,
    pub from: DateTime<Utc>,
    /// until before this one.
    pub until: DateTime<Utc>,
    /// The record, as CSV.
    pub csv: String,
    /// The caller's key.
    pub idempotency_key: String,
}

/// A record that was compared.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// The comparison.
    pub reconciliation: reconciliation::Model,
    /// Whether it had been made before with the same key.
    pub is_replay: bool,
}

/// Sales missing here, to be recorded.
#[derive(Clone, Debug)]
pub struct RecordMissing {
    /// Of which comparison.
    pub reconciliation: ReconciliationId,
    /// Which of them.
    pub which: Which,
    /// The caller's key.
    pub idempotency_key: String,
}

/// Which sales are to be recorded.
#[derive(Clone, Debug)]
pub enum Which {
    /// These, 1 to 500.
    These(Vec<ReconciliationItemId>),
    /// The first 500, or the first 500 behind this item.
    Behind(Option<ReconciliationItemId>),
}

/// What recording them did.
#[derive(Clone, Debug)]
pub struct RecordedMissing {
    /// Of which comparison.
    pub reconciliation: reconciliation::Model,
    /// Each with its own answer.
    pub answers: Vec<(reconciliation_item::Model, Result<Recorded, Refusal>)>,
    /// The last of them, if more are missing behind it.
    pub more_behind: Option<ReconciliationItemId>,
    /// Whether an earlier request with the same key had asked for it.
    pub is_replay: bool,
}

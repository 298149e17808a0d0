//! A record as a partner sends it, and what it wants recorded of it.

use async_graphql::InputObject;
use entity::ids::{ReconciliationId, ReconciliationItemId};

use crate::graphql::scalars::{DateTime, Id};

/// A partner's record of a period.
#[derive(InputObject)]
pub struct ReconcileInput {
    /// The period's first moment.
    pub(super) from: DateTime,
    /// The first moment after it: not ahead of now, and at most 92 days after `from`.
    pub(super) until: DateTime,
    /// The record as CSV, at most 10,000 lines and 3 MiB; send what is larger than 256 kB, or has more than
    /// 20,000 commas, to `/graphql/batch`. Commas or semicolons, quotes as in RFC 4180, with or without a BOM.
    /// The first line names the columns, in any order:
    /// `kind` (`SALE`, `RETURN` or `PAYMENT`), `occurred_at` (RFC 3339, within the period),
    /// `receipt_number` (of sales and returns), `store_code` (of these, where receipt numbers are unique
    /// within a store), `amount` (of these, in the settlement currency, not below zero; with semicolons also
    /// with a decimal comma), `points` (of payments; of others, if they are to be compared), `card_number` or
    /// `customer_number` (of sales, if the buyer is known), `payment` (of payments: the idempotency key of
    /// `payWithPoints` or `captureHold`, or the id of its entry, or the reference that one payment of the
    /// period bears), `sold_on` (of returns, where receipt numbers restart daily: the day of the sale,
    /// `2026-03-02`). `kind` and `occurred_at` are needed; the others as far as the lines need them.
    pub(super) csv: String,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// Sales missing here that are to be recorded.
#[derive(InputObject)]
pub struct RecordMissingPurchasesInput {
    /// Of which reconciliation.
    pub(super) reconciliation_id: Id<ReconciliationId>,
    /// Which items, 1 to 500; the first 500 sales missing here if left out.
    pub(super) item_ids: Option<Vec<Id<ReconciliationItemId>>>,
    /// Where no items are named: only those behind this one, as `moreBehind` of an earlier answer said.
    pub(super) after_item_id: Option<Id<ReconciliationItemId>>,
    /// The caller's key, 1 to 255 characters. Asked again with the same input, what was recorded answers as
    /// it did, and what was refused is tried anew.
    pub(super) idempotency_key: String,
}

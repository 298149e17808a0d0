//! The points ledger. Hot tables are hash-partitioned by wallet on PostgreSQL, and the wallet is in every
//! key; they have no foreign keys to partners, stores or contracts, whose shared rows each insert would
//! lock. Request keys are never partitioned: their uniqueness spans wallets.
//!
//! A primary key begins with the row's id, or its entry's, not with the wallet: ids grow with time, so new
//! rows go to the end of the index, which is in memory, whatever the number of rows; and a row is found by
//! its id alone without an index more.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const WALLET: Table = Table {
    name: "wallet",
    partition_by: Some("id"),
    body: "
    programme_id {id} not null,
    id {id} not null,
    available {long} not null constraint wallet_available check (available between 0 and {points_max}),
    pending {long} not null constraint wallet_pending check (pending between 0 and {points_max}),
    held {long} not null constraint wallet_held check (held between 0 and {points_max}),
    debt {long} not null constraint wallet_debt check (debt between 0 and {points_max}),
    seq {long} not null check (seq >= 0),
    last_active_at {moment} not null,
    next_due_at {moment},
    successor_id {id},
    opened_at {moment} not null,
    constraint wallet_pk primary key (programme_id, id),
    constraint wallet_moved_is_empty check (
        successor_id is null or (available = 0 and pending = 0 and held = 0 and debt = 0))",
};

const ENTRY: Table = Table {
    name: "entry",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    id {id} not null,
    seq {long} not null check (seq >= 1),
    kind text not null check (kind in (
        'EARNED', 'RETURNED', 'MATURED', 'HELD', 'CAPTURED', 'RELEASED', 'LAPSED', 'PAID', 'REVERSED',
        'TRANSFERRED_OUT', 'TRANSFERRED_IN', 'POOLED_OUT', 'POOLED_IN', 'EXPIRED', 'ADJUSTED', 'WRITTEN_OFF',
        'EVENT_EARNED')),
    points {long} not null check (points between 0 and {points_max}),
    partner_id {id},
    store_id {id},
    purchase_id {id},
    hold_id {id},
    related_entry_id {id},
    related_wallet_id {id},
    occurred_at {moment} not null,
    recorded_at {moment} not null,
    actor text not null,
    origin text not null,
    reason {document} not null,
    available_after {long} not null check (available_after >= 0),
    pending_after {long} not null check (pending_after >= 0),
    held_after {long} not null check (held_after >= 0),
    debt_after {long} not null check (debt_after >= 0),
    constraint entry_pk primary key (programme_id, id, wallet_id),
    constraint entry_seq_unique unique (programme_id, wallet_id, seq)",
};

const POSTING: Table = Table {
    name: "posting",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    entry_id {id} not null,
    line {int} not null check (line >= 0),
    from_account text not null check (from_account in (
        'AVAILABLE', 'PENDING', 'HELD', 'DEBT', 'ISSUED', 'ACCEPTED', 'EXPIRED', 'ADJUSTED')),
    from_owner {id} not null,
    to_account text not null check (to_account in (
        'AVAILABLE', 'PENDING', 'HELD', 'DEBT', 'ISSUED', 'ACCEPTED', 'EXPIRED', 'ADJUSTED')),
    to_owner {id} not null,
    points {long} not null constraint posting_above_zero check (points between 1 and {points_max}),
    constraint posting_pk primary key (programme_id, entry_id, line, wallet_id),
    constraint posting_two_sides check (from_account <> to_account or from_owner <> to_owner)",
};

const LOT: Table = Table {
    name: "lot",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    id {id} not null,
    entry_id {id} not null,
    purchase_id {id},
    origin_lot_id {id},
    issuer_id {id},
    part {int} not null check (part >= 0),
    quantity {long} not null check (quantity between 1 and {points_max}),
    remaining {long} not null,
    expired {long} not null check (expired >= 0),
    is_pending {flag} not null,
    earned_at {moment} not null,
    available_at {moment} not null,
    expires_at {moment},
    terms {document} not null,
    constraint lot_pk primary key (programme_id, id, wallet_id),
    constraint lot_remaining check (remaining >= 0 and remaining <= quantity),
    constraint lot_expired check (expired <= quantity - remaining)",
};

const ALLOCATION: Table = Table {
    name: "allocation",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    entry_id {id} not null,
    lot_id {id} not null,
    kind text not null check (kind in ('TAKEN', 'GIVEN_BACK', 'CAPTURED')),
    points {long} not null check (points between 1 and {points_max}),
    acceptance_price_micros {long} check (acceptance_price_micros >= 0),
    constraint allocation_pk primary key (programme_id, entry_id, lot_id, kind, wallet_id)",
};

const HOLD: Table = Table {
    name: "hold",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    id {id} not null,
    entry_id {id} not null,
    member_id {id} not null,
    partner_id {id} not null,
    store_id {id},
    points {long} not null check (points between 1 and {points_max}),
    captured {long} not null,
    status text not null check (status in ('OPEN', 'CAPTURED', 'RELEASED', 'LAPSED')),
    placed_at {moment} not null,
    lapses_at {moment} not null,
    closed_at {moment},
    constraint hold_pk primary key (programme_id, id, wallet_id),
    constraint hold_captured check (captured between 0 and points and (captured = 0 or status = 'CAPTURED')),
    constraint hold_closed check ((status = 'OPEN') = (closed_at is null))",
};

const IDEMPOTENCY_KEY: Table = Table {
    name: "idempotency_key",
    partition_by: None,
    body: "
    programme_id {id} not null,
    caller text not null check (length(caller) between 1 and 200),
    key text not null check (length(key) between 1 and 255),
    fingerprint {bytes} not null,
    outcome {document} not null,
    recorded_at {moment} not null,
    constraint idempotency_key_pk primary key (programme_id, caller, key)",
};

const OUTBOX: Table = Table {
    name: "outbox",
    partition_by: None,
    body: "
    programme_id {id} not null,
    stream_id {id} not null,
    stream_seq {long} not null,
    kind text not null check (kind in ('ENTRY', 'PURCHASE_KEPT', 'CASHBACK_ENTRY')),
    subject_id {id} not null,
    constraint outbox_pk primary key (programme_id, stream_id, stream_seq, kind)",
};

const FACT: Table = Table {
    name: "fact",
    partition_by: None,
    body: "
    position {long} not null primary key check (position >= 1),
    programme_id {id} not null,
    stream_id {id} not null,
    stream_seq {long} not null,
    kind text not null check (kind in ('ENTRY', 'PURCHASE_KEPT', 'CASHBACK_ENTRY')),
    subject_id {id} not null,
    constraint fact_once unique (programme_id, stream_id, stream_seq, kind)",
};

const ADJUSTMENT: Table = Table {
    name: "adjustment",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    member_id {id} not null references member (id),
    points {long} not null check (points <> 0 and points between -{points_max} and {points_max}),
    reason text not null check (length(reason) between 1 and 500),
    status text not null check (status in ('PROPOSED', 'APPLIED', 'REJECTED')),
    proposed_by {id} not null references operator (id),
    proposed_at {moment} not null,
    decided_by {id} references operator (id),
    decided_at {moment},
    entry_id {id},
    constraint adjustment_applied_has_entry check ((status = 'APPLIED') = (entry_id is not null)),
    constraint adjustment_four_eyes check (decided_by is null or decided_by <> proposed_by)",
};

const TABLES: [&Table; 10] = [
    &WALLET,
    &ENTRY,
    &POSTING,
    &LOT,
    &ALLOCATION,
    &HOLD,
    &IDEMPOTENCY_KEY,
    &OUTBOX,
    &FACT,
    &ADJUSTMENT,
];

/// Each with the query that needs it.
const INDEXES: [&str; 9] = [
    // Wallets in which something is due: the background task.
    "create index wallet_due on wallet (next_due_at) where next_due_at is not null",
    // Whether a payment was reversed; and that it is only once.
    "create unique index entry_reversal on entry (programme_id, related_entry_id, wallet_id) where kind = 'REVERSED'",
    // What a purchase earned; and that it earns once.
    "create unique index entry_earned on entry (programme_id, purchase_id, wallet_id) where kind = 'EARNED'",
    // What else became of a purchase.
    "create index entry_of_purchase on entry (programme_id, purchase_id) where purchase_id is not null and kind <> 'EARNED'",
    // The open lots of a wallet: every spend.
    "create index lot_open on lot (programme_id, wallet_id) where remaining > 0",
    // The lots of a purchase: returns, and the reason of a receipt.
    "create index lot_by_purchase on lot (programme_id, purchase_id) where purchase_id is not null",
    // The open holds of a wallet: every spend.
    "create index hold_open on hold (programme_id, wallet_id) where status = 'OPEN'",
    // A programme's facts in order: consumers and live updates.
    "create index fact_by_programme on fact (programme_id, position)",
    // The operator's list of what waits for approval.
    "create index adjustment_by_status on adjustment (programme_id, status, id)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        for table in TABLES {
            db.create(table).await?;
        }
        for table in [&ENTRY, &POSTING, &ALLOCATION, &IDEMPOTENCY_KEY, &FACT] {
            db.append_only(table).await?;
        }
        let lot = [
            "programme_id",
            "wallet_id",
            "id",
            "quantity",
            "entry_id",
            "purchase_id",
            "origin_lot_id",
            "part",
            "issuer_id",
            "earned_at",
            "available_at",
            "terms{as_text}",
        ];
        db.guarded(&LOT, &lot).await?;
        let hold = [
            "programme_id",
            "wallet_id",
            "id",
            "entry_id",
            "member_id",
            "partner_id",
            "store_id",
            "points",
            "placed_at",
            "lapses_at",
        ];
        db.guarded(&HOLD, &hold).await?;
        db.forbid_update_when(&HOLD, "closed_once", "old.status <> 'OPEN'").await?;
        db.forbid_update_when(&WALLET, "seq_grows", "new.seq < old.seq").await?;
        for index in INDEXES {
            db.run(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let names: Vec<&str> = TABLES.iter().rev().map(|table| table.name).collect();
        Dialect::new(manager).drop(&names).await
    }
}

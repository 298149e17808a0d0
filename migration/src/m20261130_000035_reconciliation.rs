//! Partners' records, compared with the books; and what finds the books' side of a period by partner.
//!
//! An index on a table in use is built while its writes wait. Nothing is released yet, so none does; on
//! large books they are made beforehand, `concurrently` and partition by partition.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const RECONCILIATION: Table = Table {
    name: "reconciliation",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    id {id} not null,
    partner_id {id} not null references partner (id),
    from_at {moment} not null,
    until_at {moment} not null,
    line_count {int} not null check (line_count >= 1),
    totals {document} not null,
    reconciled_at {moment} not null,
    actor text not null,
    constraint reconciliation_pk primary key (programme_id, id),
    constraint reconciliation_period check (until_at > from_at)",
};

const RECONCILIATION_ITEM: Table = Table {
    name: "reconciliation_item",
    partition_by: None,
    body: "
    programme_id {id} not null,
    reconciliation_id {id} not null,
    place {int} not null check (place >= 0),
    id {id} not null,
    partner_id {id} not null,
    line {int} check (line >= 2),
    repeats_line {int} check (repeats_line >= 2),
    kind text not null check (kind in ('SALE', 'RETURN', 'PAYMENT')),
    outcome text not null check (outcome in (
        'MATCHED', 'MISSING_HERE', 'MISSING_THERE', 'DIFFERENT_AMOUNT', 'DIFFERENT_POINTS', 'REPEATED')),
    receipt_number text check (length(receipt_number) between 1 and 64),
    store_code text check (length(store_code) between 1 and 64),
    payment text check (length(payment) between 1 and 255),
    occurred_at {moment} not null,
    card_number text check (length(card_number) between 1 and 64),
    customer_number text check (length(customer_number) between 1 and 64),
    amount_there_minor {long} check (amount_there_minor >= 0),
    amount_here_minor {long} check (amount_here_minor >= 0),
    points_there {long} check (points_there between 0 and {points_max}),
    points_here {long} check (points_here between 0 and {points_max}),
    purchase_id {id},
    return_id {id},
    entry_id {id},
    constraint reconciliation_item_pk primary key (programme_id, reconciliation_id, place),
    constraint reconciliation_item_side check ((line is null) = (outcome = 'MISSING_THERE')),
    constraint reconciliation_item_repeats check ((repeats_line is null) = (outcome <> 'REPEATED'))",
};

/// Each with what it is for.
const INDEXES: [&str; 5] = [
    // A partner's comparisons, by age.
    "create index reconciliation_by_partner on reconciliation (programme_id, partner_id, id)",
    // An item by the id that names it.
    "create unique index reconciliation_item_by_id on reconciliation_item (programme_id, id)",
    // What a partner sold in a period. New rows go to the end of a partner's part, mostly.
    "create index purchase_by_time on purchase (programme_id, partner_id, occurred_at)",
    // What it took back.
    "create index purchase_return_by_time on purchase_return (programme_id, partner_id, occurred_at)",
    // What was paid with points there; sales, the most of all entries, aren't in it.
    "create index entry_payment on entry (programme_id, partner_id, occurred_at) where kind in ('CAPTURED', 'PAID')",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&RECONCILIATION).await?;
        db.append_only(&RECONCILIATION).await?;
        db.create(&RECONCILIATION_ITEM).await?;
        db.append_only(&RECONCILIATION_ITEM).await?;
        for index in INDEXES {
            db.run(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        for index in ["entry_payment", "purchase_return_by_time", "purchase_by_time"] {
            db.run(&format!("drop index {index}")).await?;
        }
        db.drop(&["reconciliation_item", "reconciliation"]).await
    }
}

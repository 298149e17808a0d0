//! What partners owe and may owe, with the slices that sales take their credit from.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const LINE: Table = Table {
    name: "credit_line",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    partner_id {id} not null references partner (id),
    refill {long} not null check (refill >= 0),
    limit_minor {long} check (limit_minor >= 0),
    alert_minor {long} check (alert_minor >= 0),
    owed_minor {long} not null,
    headroom_micros {long},
    is_alerted {flag} not null,
    refilled_at {moment} not null,
    constraint credit_line_pk primary key (programme_id, partner_id),
    constraint credit_line_limited check ((limit_minor is null) = (headroom_micros is null))",
};

/// Hot: no reference to the partner, whose row each sale would lock.
const SLICE: Table = Table {
    name: "credit_slice",
    partition_by: None,
    body: "
    programme_id {id} not null,
    partner_id {id} not null,
    slice {int} not null check (slice >= 0),
    left_micros {long} not null,
    taken_micros {long} not null,
    constraint credit_slice_pk primary key (programme_id, partner_id, slice)",
};

/// What a partner owes of cycles that aren't approved, time and again. The books grow by a row a day, partner
/// and price, so that the index is made in a moment.
const OWED: &str =
    "create index money_day_by_partner on money_day (programme_id, partner_id, cycle)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&LINE).await?;
        db.create(&SLICE).await?;
        db.run(OWED).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.run("drop index money_day_by_partner").await?;
        db.drop(&["credit_slice", "credit_line"]).await
    }
}

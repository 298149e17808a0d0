//! Cohorts: what became of the points of each issuer and month, day by day, and what is due when those that
//! are out are burned.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const DAY: Table = Table {
    name: "cohort_day",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    issuer_id {id} not null,
    month {int} not null,
    day {int} not null,
    age {int} not null check (age >= 0),
    issued {long} not null,
    burned {long} not null,
    restored {long} not null,
    expired {long} not null,
    returned {long} not null,
    filled {long} not null,
    adjusted {long} not null,
    constraint cohort_day_pk primary key (programme_id, issuer_id, month, day)",
};

const DUE: Table = Table {
    name: "cohort_due",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    issuer_id {id} not null,
    month {int} not null,
    day {int} not null,
    funder_id {id} not null,
    price_micros {long} not null check (price_micros >= 0),
    factor {long} not null check (factor between 0 and 1000000000000),
    points {long} not null,
    constraint cohort_due_pk primary key (programme_id, issuer_id, month, day, funder_id, price_micros, factor)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.refuse_begun_money_books("cohorts").await?;
        for table in [&DAY, &DUE] {
            db.create(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["cohort_due", "cohort_day"]).await
    }
}

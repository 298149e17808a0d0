//! Cohorts: what became of the points of each issuer and month, day by day, and what is due when those that
//! are out are burned.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

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
        // Cohorts go with the money books from the first fact on; these are not followed a second time.
        let begun = manager
            .get_connection()
            .execute_unprepared("update settlement_cursor set closed = closed where position > 0")
            .await?;
        if begun.rows_affected() > 0 {
            let message = "money books were begun without cohorts: these books are of an earlier state, and are made anew";
            return Err(DbErr::Migration(message.to_owned()));
        }
        let db = Dialect::new(manager);
        for table in [&DAY, &DUE] {
            db.create(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["cohort_due", "cohort_day"]).await
    }
}

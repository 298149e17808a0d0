//! What wallets bought, day by day: what ranks and challenges count.
//!
//! No column is checked to be at least zero: what a return takes off travels as a row of negative numbers,
//! which the databases check before they add it to the row that is there. `verify` checks the sums.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, PARTITIONS, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const ACTIVITY_DAY: Table = Table {
    name: "activity_day",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    day {int} not null,
    purchases {long} not null,
    spend_minor {long} not null,
    points {long} not null,
    constraint activity_day_pk primary key (programme_id, wallet_id, day)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&ACTIVITY_DAY).await?;
        // Who buys twice a day changes the row of that day: its page keeps room for it.
        for part in 0..PARTITIONS {
            let room = format!("alter table activity_day_{part} set (fillfactor = 90)");
            db.postgres(&room).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["activity_day"]).await
    }
}

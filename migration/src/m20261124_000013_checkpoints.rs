//! What accounts that many share add up to, up to a position in the sequence of facts: a question for
//! a total reads this, and what came after. New tables, so nothing is locked.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CHECKPOINT: Table = Table {
    name: "checkpoint",
    partition_by: None,
    body: "
    programme_id {id} not null primary key references programme (id),
    position {long} not null check (position >= 0)",
};

/// Goes with its checkpoint: sums without the position that they reach would be added up twice.
const CHECKPOINT_SUM: Table = Table {
    name: "checkpoint_sum",
    partition_by: None,
    body: "
    programme_id {id} not null references checkpoint (programme_id) on delete cascade,
    account text not null check (account in (
        'AVAILABLE', 'PENDING', 'HELD', 'DEBT', 'ISSUED', 'ACCEPTED', 'EXPIRED', 'ADJUSTED')),
    owner_id {id} not null,
    points {long} not null,
    constraint checkpoint_sum_pk primary key (programme_id, account, owner_id)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&CHECKPOINT).await?;
        let backwards = "new.position < old.position";
        db.forbid_update_when(&CHECKPOINT, "position_grows", backwards).await?;
        db.create(&CHECKPOINT_SUM).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["checkpoint_sum", "checkpoint"]).await
    }
}

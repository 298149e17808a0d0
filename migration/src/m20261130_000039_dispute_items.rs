//! What a partner found when it compared its record with the books, and disputes.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const DISPUTE_ITEM: Table = Table {
    name: "dispute_item",
    partition_by: None,
    body: "
    programme_id {id} not null,
    dispute_id {id} not null,
    item_id {id} not null,
    constraint dispute_item_pk primary key (programme_id, dispute_id, item_id),
    constraint dispute_item_of foreign key (programme_id, dispute_id) references dispute (programme_id, id)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&DISPUTE_ITEM).await?;
        db.append_only(&DISPUTE_ITEM).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["dispute_item"]).await
    }
}

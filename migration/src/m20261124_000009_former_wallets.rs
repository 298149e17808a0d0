//! Wallets that members had before they pooled or left: whoever looks for the reason of a point that
//! was earned then finds it.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FORMER_WALLET: Table = Table {
    name: "former_wallet",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    member_id {id} not null references member (id),
    wallet_id {id} not null,
    left_at {moment} not null,
    constraint former_wallet_pk primary key (programme_id, member_id, left_at, wallet_id)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&FORMER_WALLET).await?;
        db.append_only(&FORMER_WALLET).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["former_wallet"]).await
    }
}

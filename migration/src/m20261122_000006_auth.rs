//! Keys that sign tokens.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SIGNING_KEY: Table = Table {
    name: "signing_key",
    partition_by: None,
    body: "
    kid text not null primary key,
    public_key {bytes} not null,
    sealed_private_key {bytes} not null,
    created_at {moment} not null,
    retired_at {moment}",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).create(&SIGNING_KEY).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["signing_key"]).await
    }
}

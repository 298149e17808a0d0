//! The holds of a member: its own list, and whether a partner has dealt with it.

use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        // A member's holds, newest first; and whether a partner has one of its.
        db.run("create index hold_by_member on hold (programme_id, member_id, id)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).run("drop index hold_by_member").await
    }
}

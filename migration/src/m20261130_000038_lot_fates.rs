//! What has become of the points of each part of a purchase, by which its funders are given back what they paid.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FATE: Table = Table {
    name: "lot_fate",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    purchase_id {id} not null,
    part {int} not null check (part >= 0),
    burned {long} not null check (burned >= 0),
    free {long} not null check (free between 0 and burned),
    expired {long} not null check (expired >= 0),
    short {long} not null check (short >= 0),
    settled {long} not null check (settled between 0 and short),
    constraint lot_fate_pk primary key (programme_id, purchase_id, part)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.refuse_begun_money_books("what became of lots").await?;
        db.create(&FATE).await?;
        db.guarded(&FATE, &["programme_id", "purchase_id", "part"]).await?;
        let shrinks =
            "new.short < old.short or new.settled < old.settled or new.expired < old.expired";
        db.forbid_update_when(&FATE, "only_grows", shrinks).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["lot_fate"]).await
    }
}

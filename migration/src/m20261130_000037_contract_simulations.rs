//! Past cycles under other terms.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SIMULATION: Table = Table {
    name: "contract_simulation",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    id {id} not null,
    partner_id {id} not null references partner (id),
    cycle {int} not null,
    terms {json} not null,
    outcome {json},
    asked_by text not null,
    asked_at {moment} not null,
    finished_at {moment},
    constraint contract_simulation_pk primary key (programme_id, id),
    constraint contract_simulation_done check ((outcome is null) = (finished_at is null))",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&SIMULATION).await?;
        let fixed = ["programme_id", "id", "partner_id", "cycle", "asked_by", "asked_at"];
        db.guarded(&SIMULATION, &fixed).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["contract_simulation"]).await
    }
}

//! What each cycle's movements add up to: a year is looked at by its cycles, not by its days.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CYCLE_SUM: Table = Table {
    name: "money_cycle",
    partition_by: None,
    body: "
    programme_id {id} not null,
    cycle {int} not null,
    kind text not null,
    partner_id {id} not null,
    contract_id {id} not null,
    with_id {id} not null,
    from_account text not null,
    to_account text not null,
    price_micros {long} not null check (price_micros >= 0),
    factor {long} not null check (factor between 0 and 1000000000000),
    points {long} not null,
    constraint money_cycle_pk primary key (programme_id, cycle, kind, partner_id, contract_id, with_id,
        from_account, to_account, price_micros, factor)",
};

/// What was added up by days so far.
const FILLED: &str = "
    insert into money_cycle (programme_id, cycle, kind, partner_id, contract_id, with_id, from_account, to_account,
        price_micros, factor, points)
    select programme_id, cycle, kind, partner_id, contract_id, with_id, from_account, to_account, price_micros,
        factor, cast(sum(points) as bigint)
    from money_day group by programme_id, cycle, kind, partner_id, contract_id, with_id, from_account, to_account,
        price_micros, factor";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&CYCLE_SUM).await?;
        db.run(FILLED).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["money_cycle"]).await
    }
}

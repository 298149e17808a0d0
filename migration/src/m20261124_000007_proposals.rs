//! What takes two operators: proposals, and what an operator has changed alone so far.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const PROPOSAL: Table = Table {
    name: "proposal",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    kind text not null check (kind in (
        'AMEND_PROGRAMME', 'REGISTER_IDENTITY_PROVIDER', 'CHANGE_CAMPAIGN', 'RUN_PAYOUTS')),
    wish {json} not null,
    status text not null check (status in ('PROPOSED', 'APPLIED', 'REJECTED')),
    proposed_by {id} not null references operator (id),
    proposed_at {moment} not null,
    decided_by {id} references operator (id),
    decided_at {moment},
    constraint proposal_decided check (
        (status = 'PROPOSED') = (decided_by is null) and (decided_by is null) = (decided_at is null)),
    constraint proposal_four_eyes check (decided_by is null or decided_by <> proposed_by)",
};

const ALLOWANCE_USE: Table = Table {
    name: "allowance_use",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    operator_id {id} not null references operator (id),
    entry_id {id} not null,
    points {long} not null check (points between 1 and {points_max}),
    used_at {moment} not null,
    constraint allowance_use_pk primary key (programme_id, operator_id, entry_id)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&PROPOSAL).await?;
        let fixed = ["id", "programme_id", "kind", "wish", "proposed_by", "proposed_at"];
        db.guarded(&PROPOSAL, &fixed).await?;
        db.forbid_update_when(&PROPOSAL, "is_decided_once", "old.status <> 'PROPOSED'").await?;
        // The operators' list of what waits for approval.
        db.run("create index proposal_by_status on proposal (programme_id, status, id)").await?;
        db.create(&ALLOWANCE_USE).await?;
        db.append_only(&ALLOWANCE_USE).await?;
        // What an operator has changed alone in the last day.
        db.run(
            "create index allowance_use_by_time on allowance_use (programme_id, operator_id, used_at)",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["allowance_use", "proposal"]).await
    }
}

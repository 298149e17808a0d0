//! Membership plans, who has paid for one, the payments, and how each membership went.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const MEMBERSHIP_PLAN: Table = Table {
    name: "membership_plan",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 64),
    name text not null check (length(name) between 1 and 200),
    fee_minor {long} not null check (fee_minor between 1 and 10000000000000),
    period_months {int} not null check (period_months between 1 and 60),
    is_renewable {flag} not null,
    perks {json} not null,
    tier_set_id {id} references tier_set (id),
    tier_code text,
    multiplier_bp {int} not null check (multiplier_bp between 0 and 1000000),
    retired_at {moment},
    version {int} not null check (version >= 1),
    created_at {moment} not null,
    constraint membership_plan_code_unique unique (programme_id, code),
    constraint membership_plan_tier check ((tier_set_id is null) = (tier_code is null))",
};

const MEMBERSHIP: Table = Table {
    name: "membership",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    member_id {id} not null references member (id),
    plan_id {id} not null references membership_plan (id),
    partner_id {id} references partner (id),
    status text not null check (status in ('ACTIVE', 'CANCELLED', 'LAPSED', 'REFUNDED')),
    period_from {int} not null,
    period_to {int} not null,
    version {int} not null check (version >= 1),
    started_at {moment} not null,
    constraint membership_once unique (programme_id, member_id, plan_id),
    constraint membership_ends check (period_to >= period_from)",
};

const MEMBERSHIP_PAYMENT: Table = Table {
    name: "membership_payment",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    source text not null,
    reference text not null check (length(reference) between 1 and 64),
    id {id} not null,
    membership_id {id} not null references membership (id),
    member_id {id} not null references member (id),
    plan_id {id} not null references membership_plan (id),
    partner_id {id} references partner (id),
    amount_minor {long} not null check (amount_minor > 0),
    paid_at {moment} not null,
    period_from {int} not null,
    period_to {int} not null,
    recorded_at {moment} not null,
    actor text not null,
    constraint membership_payment_pk primary key (programme_id, source, reference)",
};

const MEMBERSHIP_CHANGE: Table = Table {
    name: "membership_change",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    membership_id {id} not null references membership (id),
    version {int} not null check (version >= 1),
    status text not null check (status in ('ACTIVE', 'CANCELLED', 'LAPSED', 'REFUNDED')),
    period_from {int} not null,
    period_to {int} not null,
    at {moment} not null,
    actor text not null,
    constraint membership_change_pk primary key (programme_id, membership_id, version)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&MEMBERSHIP_PLAN).await?;
        db.guarded(&MEMBERSHIP_PLAN, &["id", "programme_id", "code", "created_at"]).await?;
        db.create(&MEMBERSHIP).await?;
        let fixed = ["id", "programme_id", "member_id", "plan_id", "started_at"];
        db.guarded(&MEMBERSHIP, &fixed).await?;
        db.create(&MEMBERSHIP_PAYMENT).await?;
        db.append_only(&MEMBERSHIP_PAYMENT).await?;
        db.create(&MEMBERSHIP_CHANGE).await?;
        db.append_only(&MEMBERSHIP_CHANGE).await?;
        // Memberships whose period is over.
        db.run("create index membership_due on membership (programme_id, period_to) where status in ('ACTIVE', 'CANCELLED')").await?;
        // The payment that an idempotency key made.
        db.run(
            "create unique index membership_payment_by_id on membership_payment (programme_id, id)",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = ["membership_change", "membership_payment", "membership", "membership_plan"];
        Dialect::new(manager).drop(&tables).await
    }
}

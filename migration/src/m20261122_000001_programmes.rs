//! Programmes, the operators who run them, and the audit trail.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const PROGRAMME: Table = Table {
    name: "programme",
    partition_by: None,
    body: "
    id {id} not null primary key,
    code text not null constraint programme_code_unique unique
        constraint programme_code_length check (length(code) between 1 and 64),
    name text not null constraint programme_name_length check (length(name) between 1 and 200),
    points_code text not null check (length(points_code) between 1 and 12),
    points_name text not null check (length(points_name) between 1 and 64),
    currency text not null check (length(currency) = 3),
    time_zone text not null,
    expiry_policy text not null check (expiry_policy in ('FIXED_MONTHS', 'END_OF_MONTH', 'INACTIVITY')),
    expiry_months {int} not null check (expiry_months between 1 and 120),
    expiry_grace_days {int} not null check (expiry_grace_days between 0 and 365),
    pending_days {int} not null check (pending_days between 0 and 365),
    rounding text not null check (rounding in ('DOWN', 'HALF_UP')),
    debt_policy text not null check (debt_policy in ('ALLOW_DEBT', 'FORGIVE')),
    sale_age_days_max {int} not null check (sale_age_days_max between 1 and 3650),
    claim_days {int} not null check (claim_days between 0 and 365),
    hold_minutes_max {int} not null check (hold_minutes_max between 1 and 43200),
    adjustment_limit {long} not null check (adjustment_limit between 0 and {points_max}),
    payout_min_minor {long} not null check (payout_min_minor between 1 and 10000000000000),
    points_per_minor {long} not null check (points_per_minor between 0 and 1000000),
    payout_run_limit_minor {long} not null check (payout_run_limit_minor between 0 and 10000000000000),
    settlement_period text not null check (settlement_period in ('WEEKLY', 'MONTHLY')),
    settlement_min_minor {long} not null check (settlement_min_minor between 0 and 10000000000000),
    debtor_name text check (length(debtor_name) between 1 and 70),
    debtor_iban text check (length(debtor_iban) between 15 and 34),
    debtor_bic text check (length(debtor_bic) in (8, 11)),
    version {int} not null check (version >= 1),
    created_at {moment} not null,
    constraint programme_debtor_is_whole check ((debtor_name is null) = (debtor_iban is null))",
};

const OPERATOR: Table = Table {
    name: "operator",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    name text not null check (length(name) between 1 and 200),
    suspended_at {moment},
    created_at {moment} not null,
    constraint operator_name_unique unique (programme_id, name)",
};

const AUDIT_ROW: Table = Table {
    name: "audit_row",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    actor text not null,
    action text not null,
    subject text not null,
    before {json},
    after {json},
    origin text not null,
    recorded_at {moment} not null",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.postgres(
            "create function forbid_change() returns trigger language plpgsql as \
             $$ begin raise exception '% is append-only', tg_table_name \
             using errcode = 'restrict_violation'; end $$",
        )
        .await?;
        db.create(&PROGRAMME).await?;
        db.create(&OPERATOR).await?;
        db.create(&AUDIT_ROW).await?;
        db.append_only(&AUDIT_ROW).await?;
        // The trail of a programme, newest first.
        db.run("create index audit_row_by_programme on audit_row (programme_id, id)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.drop(&["audit_row", "operator", "programme"]).await?;
        db.postgres("drop function forbid_change()").await
    }
}

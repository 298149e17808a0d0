//! Partners, their stores, contracts and API clients.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const PARTNER: Table = Table {
    name: "partner",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 64),
    name text not null check (length(name) between 1 and 200),
    issues {flag} not null,
    accepts {flag} not null,
    supplies {flag} not null,
    status text not null check (status in ('ACTIVE', 'SUSPENDED')),
    receipt_scope text not null check (receipt_scope in ('PARTNER', 'STORE', 'STORE_DAY')),
    base_rate_millipoints {long} not null check (base_rate_millipoints between 0 and 1000000000),
    excluded_categories {json} not null,
    cashback_bp {int} not null check (cashback_bp between 0 and 10000),
    version {int} not null check (version >= 1),
    created_at {moment} not null,
    constraint partner_code_unique unique (programme_id, code)",
};

const STORE: Table = Table {
    name: "store",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    partner_id {id} not null references partner (id),
    code text not null check (length(code) between 1 and 64),
    name text not null check (length(name) between 1 and 200),
    closed_at {moment},
    created_at {moment} not null,
    constraint store_code_unique unique (programme_id, partner_id, code)",
};

const CONTRACT: Table = Table {
    name: "contract",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    partner_id {id} not null references partner (id),
    version {int} not null check (version >= 1),
    valid_from {moment} not null,
    funding text not null check (funding in ('AT_ISSUE', 'AT_BURN', 'HYBRID')),
    issue_share_bp {int} not null check (issue_share_bp between 0 and 10000),
    issue_price_micros {long} not null check (issue_price_micros between 0 and 1000000000000),
    acceptance_price_micros {long} not null check (acceptance_price_micros between 0 and 1000000000000),
    service_fee_bp {int} not null check (service_fee_bp between 0 and 10000),
    breakage_share_bp {int} not null check (breakage_share_bp between 0 and 10000),
    on_us text not null check (on_us in ('FULL', 'FREE', 'FEE_ONLY')),
    credit_limit_minor {long} check (credit_limit_minor >= 0),
    credit_alert_minor {long} check (credit_alert_minor >= 0),
    payment_days {int} not null check (payment_days between 0 and 365),
    dispute_days {int} not null check (dispute_days between 0 and 365),
    tax_code text not null check (length(tax_code) between 1 and 32),
    signed_at {moment} not null,
    constraint contract_version_unique unique (programme_id, partner_id, version),
    constraint contract_share_fits_funding check (
        funding = 'HYBRID'
        or (funding = 'AT_ISSUE' and issue_share_bp = 10000)
        or (funding = 'AT_BURN' and issue_share_bp = 0))",
};

const API_CLIENT: Table = Table {
    name: "api_client",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    partner_id {id} not null references partner (id),
    name text not null check (length(name) between 1 and 200),
    secret_hash text not null,
    scopes text not null,
    revoked_at {moment},
    created_at {moment} not null",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&PARTNER).await?;
        db.create(&STORE).await?;
        db.create(&CONTRACT).await?;
        db.append_only(&CONTRACT).await?;
        db.create(&API_CLIENT).await?;
        // A partner's clients.
        db.run("create index api_client_by_partner on api_client (programme_id, partner_id, id)")
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["api_client", "contract", "store", "partner"]).await
    }
}

//! Tier sets with their dated terms, where wallets stand in them, how they came there, and what was granted.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TIER_SET: Table = Table {
    name: "tier_set",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 64),
    name text not null check (length(name) between 1 and 200),
    metric text not null check (metric in ('POINTS', 'SPEND', 'PURCHASES')),
    window_kind text not null check (window_kind in ('CALENDAR_YEAR', 'ROLLING_MONTHS', 'MEMBERSHIP_YEAR')),
    window_months {int} check (window_months between 1 and 60),
    version {int} not null check (version >= 1),
    archived_at {moment},
    created_at {moment} not null,
    constraint tier_set_code_unique unique (programme_id, code),
    constraint tier_set_rolls check ((window_kind = 'ROLLING_MONTHS') = (window_months is not null))",
};

const TIER_TERMS: Table = Table {
    name: "tier_terms",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    set_id {id} not null references tier_set (id),
    version {int} not null check (version >= 1),
    from_day {int} not null,
    validity_months {int} check (validity_months between 1 and 120),
    grace_days {int} not null check (grace_days between 0 and 366),
    downgrade text not null check (downgrade in ('SOFT', 'HARD')),
    tiers {json} not null,
    signed_at {moment} not null,
    constraint tier_terms_pk primary key (programme_id, set_id, version)",
};

const TIER_STANDING: Table = Table {
    name: "tier_standing",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    set_id {id} not null,
    tier_code text,
    earned_code text,
    since {int},
    valid_until {int},
    due_at {moment},
    constraint tier_standing_pk primary key (programme_id, wallet_id, set_id)",
};

const TIER_CHANGE: Table = Table {
    name: "tier_change",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    id {id} not null,
    wallet_id {id} not null,
    set_id {id} not null,
    from_code text,
    to_code text,
    kind text not null check (kind in ('UPGRADE', 'DOWNGRADE', 'GRANT', 'REVOKE')),
    day {int} not null,
    at {moment} not null,
    actor text not null,
    reason text check (length(reason) between 1 and 500),
    constraint tier_change_pk primary key (programme_id, id, wallet_id)",
};

const TIER_GRANT: Table = Table {
    name: "tier_grant",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    wallet_id {id} not null,
    set_id {id} not null references tier_set (id),
    tier_code text not null,
    reason text not null check (length(reason) between 1 and 500),
    actor text not null,
    membership_id {id},
    first_day {int} not null,
    last_day {int} not null,
    revoked_at {moment},
    granted_at {moment} not null,
    constraint tier_grant_ends check (last_day >= first_day)",
};

const TIER_CURSOR: Table = Table {
    name: "tier_cursor",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    position {long} not null check (position >= 0),
    constraint tier_cursor_pk primary key (programme_id)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&TIER_SET).await?;
        let fixed =
            ["id", "programme_id", "code", "metric", "window_kind", "window_months", "created_at"];
        db.guarded(&TIER_SET, &fixed).await?;
        db.create(&TIER_TERMS).await?;
        db.append_only(&TIER_TERMS).await?;
        db.create(&TIER_STANDING).await?;
        db.create(&TIER_CHANGE).await?;
        db.append_only(&TIER_CHANGE).await?;
        db.create(&TIER_GRANT).await?;
        let fixed = ["id", "programme_id", "set_id", "tier_code", "reason", "actor", "first_day"];
        db.guarded(&TIER_GRANT, &fixed).await?;
        db.create(&TIER_CURSOR).await?;
        // Standings that change today though nothing is bought.
        db.run("create index tier_standing_due on tier_standing (programme_id, due_at) where due_at is not null").await?;
        // How a wallet came to its tiers, newest first.
        db.run("create index tier_change_by_wallet on tier_change (programme_id, wallet_id, id)")
            .await?;
        // What a wallet was granted.
        db.run("create index tier_grant_by_wallet on tier_grant (programme_id, wallet_id)").await?;
        // What a paid membership grants.
        db.run("create index tier_grant_by_membership on tier_grant (programme_id, membership_id) where membership_id is not null").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["tier_cursor", "tier_grant", "tier_change", "tier_standing", "tier_terms", "tier_set"];
        Dialect::new(manager).drop(&tables).await
    }
}

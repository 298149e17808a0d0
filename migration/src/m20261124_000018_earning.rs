//! Rules that give points, campaigns, events, segments, and what limits and budgets count.
//!
//! Counters aren't checked to be at least zero: what a return takes back travels as a row of negative
//! numbers, which the databases check before they add it to the row that is there.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CAMPAIGN: Table = Table {
    name: "campaign",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 64),
    status text not null check (status in ('DRAFT', 'LIVE', 'PAUSED', 'ENDED')),
    version {int} not null check (version >= 1),
    created_at {moment} not null,
    constraint campaign_code unique (programme_id, code)",
};

const CAMPAIGN_VERSION: Table = Table {
    name: "campaign_version",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    campaign_id {id} not null references campaign (id),
    version {int} not null check (version >= 1),
    status text not null check (status in ('DRAFT', 'LIVE', 'PAUSED', 'ENDED')),
    in_force_from {moment} not null,
    terms {json} not null,
    made_by text not null,
    made_at {moment} not null,
    constraint campaign_version_pk primary key (programme_id, campaign_id, version)",
};

const RULE: Table = Table {
    name: "earning_rule",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 64),
    campaign_id {id} references campaign (id),
    status text not null check (status in ('DRAFT', 'LIVE', 'PAUSED', 'ENDED')),
    version {int} not null check (version >= 1),
    created_at {moment} not null,
    constraint earning_rule_code unique (programme_id, code)",
};

const RULE_VERSION: Table = Table {
    name: "earning_rule_version",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    rule_id {id} not null references earning_rule (id),
    version {int} not null check (version >= 1),
    status text not null check (status in ('DRAFT', 'LIVE', 'PAUSED', 'ENDED')),
    in_force_from {moment} not null,
    definition {json} not null,
    made_by text not null,
    made_at {moment} not null,
    constraint earning_rule_version_pk primary key (programme_id, rule_id, version)",
};

const BUDGET_SLICE: Table = Table {
    name: "budget_slice",
    partition_by: None,
    body: "
    programme_id {id} not null,
    owner_id {id} not null,
    slice {int} not null check (slice >= 0),
    left_points {long} check (left_points >= 0),
    left_cost {long} check (left_cost >= 0),
    given_points {long} not null,
    given_cost {long} not null,
    constraint budget_slice_pk primary key (programme_id, owner_id, slice)",
};

const RULE_USE: Table = Table {
    name: "rule_use",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    rule_id {id} not null,
    period text not null,
    count {long} not null,
    points {long} not null,
    stamps {long} not null,
    constraint rule_use_pk primary key (programme_id, wallet_id, rule_id, period)",
};

const EVENT_TYPE: Table = Table {
    name: "event_type",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 64),
    name text not null,
    attributes {json} not null,
    by_partners {flag} not null,
    created_at {moment} not null,
    constraint event_type_pk primary key (programme_id, code)",
};

const EVENT: Table = Table {
    name: "event",
    partition_by: Some("id"),
    body: "
    programme_id {id} not null,
    id {id} not null,
    type_code text not null,
    member_id {id} not null,
    wallet_id {id} not null,
    partner_id {id},
    attributes {document} not null,
    entry_id {id} not null,
    points {long} not null check (points between 0 and {points_max}),
    granted {document} not null,
    occurred_at {moment} not null,
    recorded_at {moment} not null,
    constraint event_pk primary key (programme_id, id)",
};

const SEGMENT: Table = Table {
    name: "segment",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 64),
    name text not null,
    created_at {moment} not null,
    constraint segment_pk primary key (programme_id, code)",
};

const SEGMENT_MEMBER: Table = Table {
    name: "segment_member",
    partition_by: None,
    body: "
    programme_id {id} not null,
    member_id {id} not null,
    segment_code text not null,
    constraint segment_member_pk primary key (programme_id, member_id, segment_code)",
};

const PROFILE: Table = Table {
    name: "member_profile",
    partition_by: None,
    body: "
    programme_id {id} not null,
    member_id {id} not null,
    birth_month {int} check (birth_month between 1 and 12),
    birth_day {int} check (birth_day between 1 and 31),
    attributes {json} not null,
    constraint member_profile_pk primary key (programme_id, member_id),
    constraint member_profile_birthday check ((birth_month is null) = (birth_day is null))",
};

const SIMULATION: Table = Table {
    name: "simulation",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    status text not null check (status in ('RUNNING', 'DONE')),
    wish {json} not null,
    seen {long} not null check (seen >= 0),
    total {long} not null check (total >= 0),
    after_id {id},
    carried {json} not null,
    outcome {json} not null,
    asked_by text not null,
    asked_at {moment} not null,
    finished_at {moment},
    constraint simulation_finished check ((status = 'DONE') = (finished_at is not null))",
};

const TABLES: [&Table; 12] = [
    &CAMPAIGN,
    &CAMPAIGN_VERSION,
    &RULE,
    &RULE_VERSION,
    &BUDGET_SLICE,
    &RULE_USE,
    &EVENT_TYPE,
    &EVENT,
    &SEGMENT,
    &SEGMENT_MEMBER,
    &PROFILE,
    &SIMULATION,
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        for table in TABLES {
            db.create(table).await?;
        }
        for table in [&CAMPAIGN_VERSION, &RULE_VERSION, &EVENT] {
            db.append_only(table).await?;
        }
        db.guarded(&CAMPAIGN, &["id", "programme_id", "code", "created_at"]).await?;
        db.guarded(&RULE, &["id", "programme_id", "code", "campaign_id", "created_at"]).await?;
        db.guarded(&EVENT_TYPE, &["programme_id", "code", "attributes"]).await?;
        // The oldest simulation that runs.
        db.run(
            "create index simulation_running on simulation (status, id) where status = 'RUNNING'",
        )
        .await?;
        // A campaign's rules.
        db.run("create index earning_rule_by_campaign on earning_rule (programme_id, campaign_id) where campaign_id is not null").await?;
        // Who is in a segment.
        db.run("create index segment_member_by_segment on segment_member (programme_id, segment_code, member_id)").await?;
        // What a member did, newest first.
        db.run("create index event_by_member on event (programme_id, member_id, id)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables: Vec<&str> = TABLES.iter().rev().map(|table| table.name).collect();
        Dialect::new(manager).drop(&tables).await
    }
}

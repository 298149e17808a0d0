//! The catalogue of rewards: what there is, what each version said, and what it cost.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const REWARD: Table = Table {
    name: "reward",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 64),
    partner_id {id} references partner (id),
    kind text not null check (kind in ('PERCENT_OFF', 'AMOUNT_OFF', 'FREE_PRODUCT', 'FREE_DELIVERY',
        'EARLY_ACCESS', 'EVENT', 'SAMPLE', 'EXPERIENCE', 'DONATION', 'GIFT_CARD', 'THIRD_PARTY')),
    status text not null check (status in ('DRAFT', 'LIVE', 'PAUSED', 'ENDED')),
    category text check (length(category) between 1 and 64),
    opens_at {moment},
    closes_at {moment},
    words text not null,
    version {int} not null check (version >= 1),
    created_at {moment} not null,
    constraint reward_code unique (programme_id, code),
    constraint reward_window check (closes_at > opens_at)",
};

const REWARD_VERSION: Table = Table {
    name: "reward_version",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    reward_id {id} not null references reward (id),
    version {int} not null check (version >= 1),
    status text not null check (status in ('DRAFT', 'LIVE', 'PAUSED', 'ENDED')),
    definition {json} not null,
    made_by text not null,
    made_at {moment} not null,
    constraint reward_version_pk primary key (programme_id, reward_id, version)",
};

const REWARD_PRICE: Table = Table {
    name: "reward_price",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    reward_id {id} not null references reward (id),
    version {int} not null check (version >= 1),
    place {int} not null check (place >= 0),
    points {long} not null check (points between 1 and {points_max}),
    tier_set_id {id} references tier_set (id),
    tier_code text,
    constraint reward_price_pk primary key (programme_id, reward_id, version, place),
    constraint reward_price_tier check ((tier_set_id is null) = (tier_code is null))",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&REWARD).await?;
        let fixed = ["id", "programme_id", "code", "partner_id", "kind", "created_at"];
        db.guarded(&REWARD, &fixed).await?;
        db.forbid_update_when(
            &REWARD,
            "no_return",
            "old.status = 'ENDED' and new.status <> 'ENDED'",
        )
        .await?;
        db.create(&REWARD_VERSION).await?;
        db.append_only(&REWARD_VERSION).await?;
        db.create(&REWARD_PRICE).await?;
        db.append_only(&REWARD_PRICE).await?;
        // What members see of the catalogue, oldest first.
        db.run("create index reward_live on reward (programme_id, id) where status = 'LIVE'").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["reward_price", "reward_version", "reward"]).await
    }
}

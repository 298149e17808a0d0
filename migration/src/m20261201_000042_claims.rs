//! Claims of rewards, their stock, and the vouchers that members show for them.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const CLAIM: Table = Table {
    name: "reward_claim",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    id {id} not null,
    reward_id {id} not null references reward (id),
    version {int} not null check (version >= 1),
    member_id {id} not null references member (id),
    wallet_id {id} not null,
    partner_id {id} references partner (id),
    price_code text not null check (length(price_code) between 1 and 64),
    points {long} not null check (points between 1 and {points_max}),
    money_minor {long} not null check (money_minor >= 0),
    status text not null check (status in ('RESERVED', 'FULFILLING', 'FULFILLED', 'FAILED', 'REFUNDED',
        'USED', 'EXPIRED', 'CANCELLED')),
    entry_id {id} not null,
    reversal_id {id},
    day {int} not null,
    claimed_at {moment} not null,
    expires_at {moment},
    closed_at {moment},
    constraint reward_claim_pk primary key (programme_id, id),
    constraint reward_claim_entry unique (programme_id, entry_id),
    constraint reward_claim_reversal check ((reversal_id is null) = (status not in ('REFUNDED', 'CANCELLED')))",
};

const STEP: Table = Table {
    name: "reward_claim_step",
    partition_by: None,
    body: "
    programme_id {id} not null,
    claim_id {id} not null,
    place {int} not null check (place >= 1),
    status text not null,
    made_by text not null,
    note text,
    made_at {moment} not null,
    constraint reward_claim_step_pk primary key (programme_id, claim_id, place),
    constraint reward_claim_step_of foreign key (programme_id, claim_id)
        references reward_claim (programme_id, id)",
};

const STOCK: Table = Table {
    name: "reward_stock",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    stock_id {id} not null,
    slice {int} not null check (slice >= 0),
    reward_id {id} not null references reward (id),
    day {int},
    left_count {long} check (left_count >= 0),
    taken_count {long} not null,
    constraint reward_stock_pk primary key (programme_id, stock_id, slice)",
};

const POOL: Table = Table {
    name: "code_pool",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 64),
    name text not null,
    partner_id {id} references partner (id),
    low_below {long} not null check (low_below >= 0),
    created_at {moment} not null,
    constraint code_pool_code unique (programme_id, code)",
};

const POOL_CODE: Table = Table {
    name: "pool_code",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    id {id} not null,
    pool_id {id} not null references code_pool (id),
    code_hash {bytes} not null,
    code_sealed {bytes} not null,
    claim_id {id},
    added_at {moment} not null,
    constraint pool_code_pk primary key (programme_id, id),
    constraint pool_code_once unique (programme_id, code_hash)",
};

const VOUCHER: Table = Table {
    name: "voucher",
    partition_by: None,
    body: "
    programme_id {id} not null,
    id {id} not null,
    claim_id {id} not null,
    partner_id {id} references partner (id),
    code_hash {bytes} not null,
    code_sealed {bytes} not null,
    pool_code_id {id},
    uses_max {int} not null check (uses_max >= 1),
    uses {int} not null check (uses between 0 and uses_max),
    expires_at {moment},
    issued_at {moment} not null,
    constraint voucher_pk primary key (programme_id, id),
    constraint voucher_code unique (programme_id, code_hash),
    constraint voucher_claim unique (programme_id, claim_id),
    constraint voucher_of foreign key (programme_id, claim_id) references reward_claim (programme_id, id)",
};

const USE: Table = Table {
    name: "voucher_use",
    partition_by: None,
    body: "
    programme_id {id} not null,
    id {id} not null,
    voucher_id {id} not null,
    partner_id {id} not null references partner (id),
    store_id {id} references store (id),
    status text not null check (status in ('RESERVED', 'REDEEMED', 'CANCELLED')),
    reference text check (length(reference) between 1 and 64),
    shown_at {moment} not null,
    lapses_at {moment},
    closed_at {moment},
    constraint voucher_use_pk primary key (programme_id, id),
    constraint voucher_use_lapses check (status <> 'RESERVED' or lapses_at is not null),
    constraint voucher_use_of foreign key (programme_id, voucher_id) references voucher (programme_id, id)",
};

const INDEXES: [&str; 8] = [
    // Codes of a pool that nobody has got, oldest first.
    "create index pool_code_free on pool_code (programme_id, pool_id, id)
            where claim_id is null",
    // How many codes a pool has had.
    "create index pool_code_pool on pool_code (programme_id, pool_id)",
    // A member's claims, newest last, and how many it has had of a reward.
    "create index reward_claim_member on reward_claim (programme_id, member_id, id)",
    // A reward's claims, for its partner.
    "create index reward_claim_reward on reward_claim (programme_id, reward_id, id)",
    // What is over by now.
    "create index reward_claim_expiry on reward_claim (programme_id, expires_at)
            where status = 'FULFILLED'",
    // The stock of a reward that is changed.
    "create index reward_stock_reward on reward_stock (programme_id, reward_id)",
    // Where a voucher was shown.
    "create index voucher_use_voucher on voucher_use (programme_id, voucher_id)",
    // What tills have forgotten.
    "create index voucher_use_lapse on voucher_use (programme_id, lapses_at)
            where status = 'RESERVED'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&CLAIM).await?;
        let fixed = [
            "programme_id",
            "id",
            "reward_id",
            "version",
            "member_id",
            "wallet_id",
            "partner_id",
            "price_code",
            "points",
            "money_minor",
            "entry_id",
            "day",
            "claimed_at",
        ];
        db.guarded(&CLAIM, &fixed).await?;
        let back = "old.status in ('REFUNDED', 'CANCELLED') and new.status <> old.status";
        db.forbid_update_when(&CLAIM, "no_return", back).await?;
        db.create(&STEP).await?;
        db.append_only(&STEP).await?;
        db.create(&STOCK).await?;
        db.create(&POOL).await?;
        db.guarded(&POOL, &["id", "programme_id", "code", "partner_id", "created_at"]).await?;
        db.create(&POOL_CODE).await?;
        let fixed = ["programme_id", "id", "pool_id", "code_hash", "code_sealed", "added_at"];
        db.guarded(&POOL_CODE, &fixed).await?;
        db.forbid_update_when(&POOL_CODE, "no_return", "old.claim_id is not null").await?;
        db.create(&VOUCHER).await?;
        let fixed = [
            "programme_id",
            "id",
            "claim_id",
            "partner_id",
            "code_hash",
            "code_sealed",
            "pool_code_id",
            "uses_max",
            "issued_at",
        ];
        db.guarded(&VOUCHER, &fixed).await?;
        db.create(&USE).await?;
        let fixed = ["programme_id", "id", "voucher_id", "partner_id", "store_id", "shown_at"];
        db.guarded(&USE, &fixed).await?;
        db.forbid_update_when(&USE, "no_return", "old.status = 'CANCELLED'").await?;
        for index in INDEXES {
            db.run(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "voucher_use",
            "voucher",
            "pool_code",
            "code_pool",
            "reward_stock",
            "reward_claim_step",
            "reward_claim",
        ];
        Dialect::new(manager).drop(&tables).await
    }
}

//! Coupons: what there are, what each version said, their codes, whom they are for, what they were used for.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COUPON: Table = Table {
    name: "coupon",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 64),
    partner_id {id} references partner (id),
    distribution text not null
        check (distribution in ('SHARED_CODE', 'SINGLE_USE_CODES', 'PERSONAL')),
    shared_code text check (length(shared_code) between 4 and 40),
    status text not null check (status in ('DRAFT', 'LIVE', 'PAUSED', 'ENDED')),
    uses {long} not null check (uses >= 0),
    uses_max {long} check (uses_max >= 1),
    member_uses_max {long} check (member_uses_max >= 1),
    opens_at {moment},
    closes_at {moment},
    is_for_named {flag} not null,
    segment_code text,
    version {int} not null check (version >= 1),
    created_at {moment} not null,
    constraint coupon_code_name unique (programme_id, code),
    constraint coupon_shared_code unique (programme_id, shared_code),
    constraint coupon_shared check ((shared_code is not null) = (distribution = 'SHARED_CODE'))",
};

const COUPON_VERSION: Table = Table {
    name: "coupon_version",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    coupon_id {id} not null references coupon (id),
    version {int} not null check (version >= 1),
    status text not null check (status in ('DRAFT', 'LIVE', 'PAUSED', 'ENDED')),
    definition {json} not null,
    made_by text not null,
    made_at {moment} not null,
    constraint coupon_version_pk primary key (programme_id, coupon_id, version)",
};

const COUPON_CODE: Table = Table {
    name: "coupon_code",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 4 and 40),
    coupon_id {id} not null references coupon (id),
    batch text not null,
    made_at {moment} not null,
    used_by {id},
    constraint coupon_code_pk primary key (programme_id, code)",
};

const COUPON_MEMBER: Table = Table {
    name: "coupon_member",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    coupon_id {id} not null references coupon (id),
    member_id {id} not null references member (id),
    constraint coupon_member_pk primary key (programme_id, coupon_id, member_id)",
};

const COUPON_REDEMPTION: Table = Table {
    name: "coupon_redemption",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    id {id} not null,
    purchase_id {id} not null,
    place {int} not null check (place >= 0),
    outcome text not null check (outcome in ('REDEEMED', 'REFUSED', 'GIVEN_BACK')),
    coupon_id {id} references coupon (id),
    version {int},
    code text,
    member_id {id},
    discount_minor {long} not null check (discount_minor >= 0),
    discounts {json} not null,
    returned_minor {long} not null check (returned_minor between 0 and discount_minor),
    factor_bp {long},
    refusal text,
    message text,
    recorded_at {moment} not null,
    given_back_at {moment},
    constraint coupon_redemption_pk primary key (programme_id, id),
    constraint coupon_redemption_place unique (programme_id, purchase_id, place),
    constraint coupon_redemption_refused check ((refusal is not null) = (outcome = 'REFUSED')),
    constraint coupon_redemption_back check ((given_back_at is not null) = (outcome = 'GIVEN_BACK'))",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&COUPON).await?;
        let fixed = [
            "id",
            "programme_id",
            "code",
            "partner_id",
            "distribution",
            "shared_code",
            "created_at",
        ];
        db.guarded(&COUPON, &fixed).await?;
        let again = "old.status = 'ENDED' and new.status <> 'ENDED'";
        db.forbid_update_when(&COUPON, "no_return", again).await?;
        db.create(&COUPON_VERSION).await?;
        db.append_only(&COUPON_VERSION).await?;
        db.create(&COUPON_CODE).await?;
        let fixed = ["programme_id", "code", "coupon_id", "batch", "made_at"];
        db.guarded(&COUPON_CODE, &fixed).await?;
        db.create(&COUPON_MEMBER).await?;
        db.create(&COUPON_REDEMPTION).await?;
        let fixed =
            ["programme_id", "id", "purchase_id", "place", "coupon_id", "version", "member_id"];
        db.guarded(&COUPON_REDEMPTION, &fixed).await?;
        for index in [
            // The codes of a batch.
            "create index coupon_code_coupon on coupon_code (programme_id, coupon_id, batch)",
            // What is for the member who looks.
            "create index coupon_member_member on coupon_member (programme_id, member_id)",
            // What a coupon was used for.
            "create index coupon_redemption_coupon on coupon_redemption (programme_id, coupon_id, id)",
            // How often a member used a coupon.
            "create index coupon_redemption_member on coupon_redemption (programme_id, member_id, coupon_id)",
            // What members look through.
            "create index coupon_live on coupon (programme_id, id) where status = 'LIVE'",
        ] {
            db.run(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables =
            ["coupon_redemption", "coupon_member", "coupon_code", "coupon_version", "coupon"];
        Dialect::new(manager).drop(&tables).await
    }
}

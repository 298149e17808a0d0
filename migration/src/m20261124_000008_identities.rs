//! Accounts elsewhere that members sign in with: the OpenID providers that a programme trusts, and
//! which member is behind which account.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const IDENTITY_PROVIDER: Table = Table {
    name: "identity_provider",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    issuer text not null check (length(issuer) between 1 and 200),
    audience text not null check (length(audience) between 1 and 200),
    registered_at {moment} not null,
    retired_at {moment}",
};

const IDENTITY: Table = Table {
    name: "identity",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    digest {bytes} not null check (length(digest) = 32),
    member_id {id} not null references member (id),
    linked_at {moment} not null,
    constraint identity_pk primary key (programme_id, digest)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&IDENTITY_PROVIDER).await?;
        let fixed = ["id", "programme_id", "issuer", "audience", "registered_at"];
        db.guarded(&IDENTITY_PROVIDER, &fixed).await?;
        // A token names issuer and audience, and so the programme; no two may claim the same.
        db.run(
            "create unique index identity_provider_in_use on identity_provider (issuer, audience) \
             where retired_at is null",
        )
        .await?;
        // The operators' list.
        db.run(
            "create index identity_provider_by_programme on identity_provider (programme_id, id)",
        )
        .await?;
        db.create(&IDENTITY).await?;
        // A member's accounts, to be let go when it is erased.
        db.run("create index identity_by_member on identity (member_id)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["identity", "identity_provider"]).await
    }
}

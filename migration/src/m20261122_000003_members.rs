//! Members, their cards, customer numbers and households.
//!
//! `wallet_id` refers to the ledger's hot table and has no foreign key; `verify` checks it.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const HOUSEHOLD: Table = Table {
    name: "household",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    wallet_id {id} not null,
    created_at {moment} not null",
};

const MEMBER: Table = Table {
    name: "member",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    wallet_id {id} not null,
    household_id {id} references household (id),
    status text not null check (status in ('ACTIVE', 'SUSPENDED', 'CLOSED')),
    version {int} not null check (version >= 1),
    enrolled_at {moment} not null",
};

const CARD: Table = Table {
    name: "card",
    partition_by: None,
    body: "
    id {id} not null primary key,
    programme_id {id} not null references programme (id),
    member_id {id} not null references member (id),
    number text not null check (length(number) between 1 and 64),
    blocked_at {moment},
    linked_at {moment} not null,
    constraint card_number_unique unique (programme_id, number)",
};

const PARTNER_REFERENCE: Table = Table {
    name: "partner_reference",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    partner_id {id} not null references partner (id),
    reference text not null check (length(reference) between 1 and 64),
    member_id {id} not null references member (id),
    linked_at {moment} not null,
    constraint partner_reference_pk primary key (programme_id, partner_id, reference)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&HOUSEHOLD).await?;
        db.create(&MEMBER).await?;
        db.create(&CARD).await?;
        db.create(&PARTNER_REFERENCE).await?;
        // The operator's list of members.
        db.run("create index member_by_programme on member (programme_id, id)").await?;
        // Who shares a wallet; whose wallet an entry is about.
        db.run("create index member_by_wallet on member (programme_id, wallet_id)").await?;
        // A household's members.
        db.run("create index member_by_household on member (household_id) where household_id is not null").await?;
        // A member's cards.
        db.run("create index card_by_member on card (programme_id, member_id)").await?;
        // A member's customer numbers.
        db.run("create index partner_reference_by_member on partner_reference (programme_id, member_id)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["partner_reference", "card", "member", "household"]).await
    }
}

//! What the books keep of history that went to an archive, and the seals behind which it may go.
//!
//! Entries and postings stay append-only, but for rows behind a seal: the database itself compares each
//! row that is to be deleted with the seal's rule, which only reads what never changes. Replacing the
//! triggers locks their tables for a moment and reads no row.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SEAL: Table = Table {
    name: "seal",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    number {long} not null check (number >= 1),
    position {long} not null,
    last {long} not null,
    recorded_before {moment} not null,
    entries {long} not null check (entries >= 1),
    postings {long} not null check (postings >= 0),
    sums {json} not null,
    file text not null check (length(file) between 1 and 255),
    hash {bytes} not null,
    previous_hash {bytes},
    sealed_at {moment} not null,
    constraint seal_pk primary key (programme_id, number),
    constraint seal_last check (last between 1 and position),
    constraint seal_chained check ((number = 1) = (previous_hash is null))",
};

const OPENING: Table = Table {
    name: "opening",
    partition_by: None,
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    entries {long} not null check (entries >= 1),
    receipts {long} not null check (receipts >= 0),
    available {long} not null,
    pending {long} not null,
    held {long} not null,
    debt {long} not null,
    complete_since {moment} not null,
    constraint opening_pk primary key (programme_id, wallet_id)",
};

const ARCHIVED_SUM: Table = Table {
    name: "archived_sum",
    partition_by: None,
    body: "
    programme_id {id} not null,
    account text not null check (account in ('ISSUED', 'ACCEPTED', 'EXPIRED', 'ADJUSTED')),
    owner_id {id} not null,
    points {long} not null,
    constraint archived_sum_pk primary key (programme_id, account, owner_id)",
};

/// What a seal covers, of an entry by that name: it earned, for a sale or an event, or matured, took from no
/// lot, was recorded before the seal's moment, and it and the wallet's next one stand in the sequence up to
/// the seal's position. None of it ever changes, so what was sealed stays sealed and nothing joins it.
fn is_sealed(entry: &str) -> String {
    format!(
        "{entry}.kind in ('EARNED', 'EVENT_EARNED', 'MATURED')
        and exists (select 1 from seal s
            join fact f on f.programme_id = s.programme_id and f.stream_id = {entry}.wallet_id
                and f.stream_seq = {entry}.seq and f.kind = 'ENTRY' and f.position <= s.position
            join fact n on n.programme_id = s.programme_id and n.stream_id = {entry}.wallet_id
                and n.stream_seq = {entry}.seq + 1 and n.kind = 'ENTRY' and n.position <= s.position
            where s.programme_id = {entry}.programme_id and {entry}.recorded_at < s.recorded_before)
        and not exists (select 1 from allocation a where a.programme_id = {entry}.programme_id
            and a.wallet_id = {entry}.wallet_id and a.entry_id = {entry}.id)"
    )
}

/// An entry goes after its postings, which are known to be sealed by it.
fn entry_may_go() -> String {
    format!(
        "{} and not exists (select 1 from posting p where p.programme_id = old.programme_id
            and p.wallet_id = old.wallet_id and p.entry_id = old.id)",
        is_sealed("old")
    )
}

fn posting_may_go() -> String {
    format!(
        "exists (select 1 from entry e where e.programme_id = old.programme_id
            and e.wallet_id = old.wallet_id and e.id = old.entry_id and {})",
        is_sealed("e")
    )
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&SEAL).await?;
        db.append_only(&SEAL).await?;
        db.create(&OPENING).await?;
        db.guarded(&OPENING, &["programme_id", "wallet_id"]).await?;
        db.forbid_update_when(&OPENING, "grows", "new.entries < old.entries").await?;
        db.create(&ARCHIVED_SUM).await?;
        db.guarded(&ARCHIVED_SUM, &["programme_id", "account", "owner_id"]).await?;
        db.allow_delete_if("entry", &entry_may_go()).await?;
        db.allow_delete_if("posting", &posting_may_go()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.forbid_delete_again("posting").await?;
        db.forbid_delete_again("entry").await?;
        db.drop(&["archived_sum", "opening", "seal"]).await
    }
}

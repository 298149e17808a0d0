//! Receipts, what names them, and what came back of them.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const PURCHASE: Table = Table {
    name: "purchase",
    partition_by: Some("id"),
    body: "
    programme_id {id} not null,
    id {id} not null,
    partner_id {id} not null,
    store_id {id},
    receipt_number text not null check (length(receipt_number) between 1 and 64),
    channel text not null check (channel in ('STORE', 'ONLINE', 'APP')),
    member_id {id},
    wallet_id {id},
    card_number text check (length(card_number) between 1 and 64),
    occurred_at {moment} not null,
    recorded_at {moment} not null,
    total_minor {long} not null check (total_minor >= 0),
    lines {document} not null,
    earning {document} not null,
    points {long} not null check (points between 0 and {points_max}),
    claimed_at {moment},
    constraint purchase_pk primary key (programme_id, id),
    constraint purchase_member_has_wallet check ((member_id is null) = (wallet_id is null))",
};

const RECEIPT_KEY: Table = Table {
    name: "receipt_key",
    partition_by: None,
    body: "
    programme_id {id} not null,
    partner_id {id} not null,
    scope text not null,
    receipt_number text not null check (length(receipt_number) between 1 and 64),
    purchase_id {id} not null,
    fingerprint {bytes} not null,
    constraint receipt_key_pk primary key (programme_id, partner_id, scope, receipt_number)",
};

const PURCHASE_RETURN: Table = Table {
    name: "purchase_return",
    partition_by: None,
    body: "
    programme_id {id} not null,
    id {id} not null,
    purchase_id {id} not null,
    partner_id {id} not null,
    entry_id {id},
    lines {document} not null,
    taken {document} not null,
    amount_minor {long} not null check (amount_minor >= 0),
    points {long} not null check (points between 0 and {points_max}),
    occurred_at {moment} not null,
    recorded_at {moment} not null,
    constraint purchase_return_pk primary key (programme_id, id)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&PURCHASE).await?;
        let fixed = [
            "programme_id",
            "id",
            "partner_id",
            "store_id",
            "receipt_number",
            "channel",
            "card_number",
            "occurred_at",
            "recorded_at",
            "total_minor",
            "lines{as_text}",
        ];
        // What it earns is decided when it finds its buyer, and stays from then on.
        db.guarded(&PURCHASE, &fixed).await?;
        db.forbid_update_when(&PURCHASE, "claimed_once", "old.member_id is not null").await?;
        db.create(&RECEIPT_KEY).await?;
        db.append_only(&RECEIPT_KEY).await?;
        db.create(&PURCHASE_RETURN).await?;
        db.append_only(&PURCHASE_RETURN).await?;
        // A partner's receipts, newest first.
        db.run("create index purchase_by_partner on purchase (programme_id, partner_id, id)")
            .await?;
        // A member's receipts, newest first.
        db.run("create index purchase_by_member on purchase (programme_id, member_id, id) where member_id is not null").await?;
        // The receipts that a card can claim.
        db.run("create index purchase_unclaimed on purchase (programme_id, card_number) where member_id is null and card_number is not null").await?;
        // What has come back of a purchase.
        db.run("create index purchase_return_by_purchase on purchase_return (programme_id, purchase_id)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop(&["purchase_return", "receipt_key", "purchase"]).await
    }
}

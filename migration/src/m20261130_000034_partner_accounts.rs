//! Partners' bank accounts, which two operators agree on, and the identifier under which a programme fetches
//! money by direct debit.
//!
//! Another kind of proposal is let in. On PostgreSQL the new check looks at each proposal once, which are
//! few; SQLite can't change a check, and gets the column anew.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const ACCOUNT: Table = Table {
    name: "partner_bank_account",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    partner_id {id} not null references partner (id),
    version {int} not null check (version >= 1),
    holder text not null check (length(holder) between 1 and 70),
    iban text not null check (length(iban) between 15 and 34),
    bic text check (length(bic) in (8, 11)),
    mandate_reference text check (length(mandate_reference) between 1 and 35),
    mandate_scheme text check (mandate_scheme in ('B2B', 'CORE')),
    mandate_signed_on text check (length(mandate_signed_on) = 10),
    set_at {moment} not null,
    proposal_id {id} not null references proposal (id),
    constraint partner_bank_account_pk primary key (programme_id, partner_id, version),
    constraint partner_bank_account_mandate_is_whole check (
        (mandate_reference is null) = (mandate_scheme is null)
        and (mandate_reference is null) = (mandate_signed_on is null))",
};

/// The kinds of proposals; the last is new.
const KINDS: [&str; 5] = [
    "AMEND_PROGRAMME",
    "REGISTER_IDENTITY_PROVIDER",
    "CHANGE_CAMPAIGN",
    "RUN_PAYOUTS",
    "SET_PARTNER_BANK_ACCOUNT",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// On SQLite too: between two of its steps a table has no guards.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        let column = "alter table programme add column creditor_id text \
            check (length(creditor_id) between 8 and 35)";
        db.run(column).await?;
        db.one_of("proposal", "kind", &KINDS).await?;
        db.create(&ACCOUNT).await?;
        db.append_only(&ACCOUNT).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.drop(&["partner_bank_account"]).await?;
        db.one_of("proposal", "kind", &KINDS[..4]).await?;
        db.run("alter table programme drop column creditor_id").await
    }
}

//! What banks say moved on the programme's account; and corrections of settlement, which two operators agree
//! on.
//!
//! Another kind of proposal is let in. On PostgreSQL the new check looks at each proposal once, which are
//! few; SQLite can't change a check, and gets the column anew.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TRANSACTION: Table = Table {
    name: "bank_transaction",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    id {id} not null,
    account text not null check (length(account) between 1 and 34),
    account_hash text not null check (length(account_hash) = 16),
    bank_reference text not null check (length(bank_reference) between 1 and 600),
    statement text not null check (length(statement) between 1 and 140),
    amount_minor {long} not null check (amount_minor >= 1),
    currency text not null check (length(currency) = 3),
    direction text not null check (direction in ('CREDIT', 'DEBIT')),
    booked_on {int} not null,
    end_to_end_id text check (length(end_to_end_id) between 1 and 140),
    remittance text check (length(remittance) between 1 and 2000),
    counterparty_name text check (length(counterparty_name) between 1 and 500),
    counterparty_iban text check (length(counterparty_iban) between 1 and 34),
    return_reason text check (length(return_reason) between 1 and 500),
    doubt text check (doubt in ('RETURNED', 'OTHER_ACCOUNT', 'OTHER_CURRENCY', 'UNKNOWN_REFERENCE',
        'SEVERAL_REFERENCES', 'WRONG_DIRECTION', 'ALREADY_PAID', 'PARTIAL', 'OVERPAID')),
    likely_reference text,
    imported_by text not null,
    imported_at {moment} not null,
    status text not null check (status in ('PROPOSED', 'BOOKED', 'IGNORED')),
    reference text,
    payment_id {id},
    ignored_because text check (length(ignored_because) between 1 and 500),
    decided_by {id} references operator (id),
    decided_at {moment},
    constraint bank_transaction_pk primary key (programme_id, id),
    constraint bank_transaction_once unique (programme_id, account_hash, bank_reference),
    constraint bank_transaction_pays foreign key (programme_id, payment_id) references settlement_payment (programme_id, id),
    constraint bank_transaction_is_of foreign key (programme_id, reference) references payment_instruction (programme_id, reference),
    constraint bank_transaction_is_likely foreign key (programme_id, likely_reference) references payment_instruction (programme_id, reference),
    constraint bank_transaction_outcome check ((status = 'PROPOSED') = (decided_at is null)
        and (status = 'BOOKED') = (payment_id is not null)
        and (payment_id is null) = (reference is null)
        and (status = 'IGNORED') = (ignored_because is not null)
        and (decided_at is null) = (decided_by is null)
        and (doubt is not null or status = 'BOOKED'))",
};

/// What the bank said of it, which nobody changes.
const FIXED: [&str; 18] = [
    "programme_id",
    "id",
    "account",
    "account_hash",
    "bank_reference",
    "statement",
    "amount_minor",
    "currency",
    "direction",
    "booked_on",
    "end_to_end_id",
    "remittance",
    "counterparty_name",
    "counterparty_iban",
    "return_reason",
    "doubt",
    "likely_reference",
    "imported_by",
];

/// The kinds of proposals; the last is new.
const KINDS: [&str; 6] = [
    "AMEND_PROGRAMME",
    "REGISTER_IDENTITY_PROVIDER",
    "CHANGE_CAMPAIGN",
    "RUN_PAYOUTS",
    "SET_PARTNER_BANK_ACCOUNT",
    "ADJUST_SETTLEMENT",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// On SQLite too: between two of its steps a table has no guards.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.one_of("proposal", "kind", &KINDS).await?;
        db.create(&TRANSACTION).await?;
        db.guarded(&TRANSACTION, &[&FIXED[..], &["imported_at"]].concat()).await?;
        db.forbid_update_when(&TRANSACTION, "stays_decided", "old.status <> 'PROPOSED'").await?;
        // What waits for an operator.
        let index = "create index bank_transaction_by_status on bank_transaction (programme_id, status, id)";
        db.run(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.drop(&["bank_transaction"]).await?;
        db.one_of("proposal", "kind", &KINDS[..5]).await
    }
}

//! Cashback: its books, the members' bank accounts, payouts and their runs.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const WALLET: Table = Table {
    name: "cashback_wallet",
    partition_by: Some("id"),
    body: "
    programme_id {id} not null,
    id {id} not null,
    pending {long} not null check (pending >= 0),
    available {long} not null check (available >= 0),
    in_payout {long} not null check (in_payout >= 0),
    paid {long} not null check (paid >= 0),
    converted {long} not null check (converted >= 0),
    owed {long} not null check (owed >= 0),
    seq {long} not null check (seq >= 0),
    next_due_at {moment},
    constraint cashback_wallet_pk primary key (programme_id, id)",
};

const ENTRY: Table = Table {
    name: "cashback_entry",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    id {id} not null,
    seq {long} not null check (seq >= 1),
    kind text not null check (kind in ('ACCRUED', 'CONFIRMED', 'RETURNED', 'REQUESTED', 'CANCELLED',
        'PAID', 'FAILED', 'CONVERTED', 'POOLED_OUT', 'POOLED_IN')),
    amount_minor {long} not null check (amount_minor >= 0),
    partner_id {id},
    purchase_id {id},
    part {int} check (part >= 0),
    payout_id {id},
    reason {json} not null,
    actor text not null,
    origin text not null,
    occurred_at {moment} not null,
    recorded_at {moment} not null,
    pending_after {long} not null check (pending_after >= 0),
    available_after {long} not null check (available_after >= 0),
    in_payout_after {long} not null check (in_payout_after >= 0),
    paid_after {long} not null check (paid_after >= 0),
    converted_after {long} not null check (converted_after >= 0),
    owed_after {long} not null check (owed_after >= 0),
    constraint cashback_entry_pk primary key (programme_id, id, wallet_id),
    constraint cashback_entry_seq_unique unique (programme_id, wallet_id, seq)",
};

const POSTING: Table = Table {
    name: "cashback_posting",
    partition_by: Some("wallet_id"),
    body: "
    programme_id {id} not null,
    wallet_id {id} not null,
    entry_id {id} not null,
    line {int} not null check (line >= 0),
    from_account text not null check (from_account in (
        'PENDING', 'AVAILABLE', 'IN_PAYOUT', 'PAID', 'CONVERTED', 'OWED', 'FUNDED')),
    from_owner {id} not null,
    to_account text not null check (to_account in (
        'PENDING', 'AVAILABLE', 'IN_PAYOUT', 'PAID', 'CONVERTED', 'OWED', 'FUNDED')),
    to_owner {id} not null,
    amount_minor {long} not null constraint cashback_posting_above_zero check (amount_minor >= 1),
    constraint cashback_posting_pk primary key (programme_id, entry_id, line, wallet_id),
    constraint cashback_posting_two_sides check (from_account <> to_account or from_owner <> to_owner)",
};

const ACCRUAL: Table = Table {
    name: "accrual",
    partition_by: Some("purchase_id"),
    body: "
    programme_id {id} not null,
    purchase_id {id} not null,
    part {int} not null check (part >= 0),
    wallet_id {id} not null,
    partner_id {id} not null,
    shares {json} not null,
    basis_minor {long} not null check (basis_minor >= 0),
    bp {int} not null check (bp between 0 and 10000),
    amount_minor {long} not null check (amount_minor >= 1),
    remaining_minor {long} not null,
    is_pending {flag} not null,
    confirms_at {moment} not null,
    constraint accrual_pk primary key (programme_id, purchase_id, part),
    constraint accrual_remaining check (remaining_minor between 0 and amount_minor)",
};

const BANK_ACCOUNT: Table = Table {
    name: "bank_account",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    member_id {id} not null references member (id),
    sealed {bytes} not null,
    masked text not null check (length(masked) between 1 and 64),
    set_at {moment} not null,
    constraint bank_account_pk primary key (programme_id, member_id)",
};

const PAYOUT: Table = Table {
    name: "payout",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    id {id} not null,
    member_id {id} not null references member (id),
    wallet_id {id} not null,
    amount_minor {long} not null check (amount_minor >= 1),
    status text not null check (status in ('REQUESTED', 'IN_RUN', 'PAID', 'FAILED', 'CANCELLED')),
    sealed {bytes} not null,
    masked text not null check (length(masked) between 1 and 64),
    run_id {id},
    failure text check (length(failure) between 1 and 500),
    requested_at {moment} not null,
    closed_at {moment},
    constraint payout_pk primary key (programme_id, id),
    constraint payout_runs check ((run_id is null) = (status in ('REQUESTED', 'CANCELLED'))),
    constraint payout_closes check ((closed_at is null) = (status in ('REQUESTED', 'IN_RUN'))),
    constraint payout_fails check ((failure is null) = (status <> 'FAILED'))",
};

const PAYOUT_RUN: Table = Table {
    name: "payout_run",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    id {id} not null,
    payouts {int} not null check (payouts >= 1),
    total_minor {long} not null check (total_minor >= 1),
    currency text not null check (length(currency) = 3),
    debtor_name text not null check (length(debtor_name) between 1 and 70),
    debtor_iban text not null check (length(debtor_iban) between 15 and 34),
    debtor_bic text check (length(debtor_bic) in (8, 11)),
    executes_on text not null check (length(executes_on) = 10),
    made_by {id} not null references operator (id),
    made_at {moment} not null,
    proposal_id {id} references proposal (id),
    constraint payout_run_pk primary key (programme_id, id)",
};

/// Each with the query that needs it.
const INDEXES: [&str; 8] = [
    // Wallets in which something is due: the background task.
    "create index cashback_wallet_due on cashback_wallet (programme_id, next_due_at) where next_due_at is not null",
    // The accruals of a wallet that wait to be confirmed; and all of them, for its member.
    "create index accrual_by_wallet on accrual (programme_id, wallet_id, purchase_id, part)",
    // Payouts that wait for a run, or that stand elsewhere, by age: operators.
    "create index payout_by_status on payout (programme_id, status, id)",
    // A member's payouts.
    "create index payout_by_member on payout (programme_id, member_id, id)",
    // A wallet's payouts, when it is pooled.
    "create index payout_by_wallet on payout (programme_id, wallet_id)",
    // The payouts of a run: its file.
    "create index payout_by_run on payout (programme_id, run_id, id) where run_id is not null",
    // What an operator has had paid out alone in the last day.
    "create index payout_run_alone on payout_run (programme_id, made_by, made_at) where proposal_id is null",
    // The run that a proposal became; and that it becomes one.
    "create unique index payout_run_by_proposal on payout_run (programme_id, proposal_id) where proposal_id is not null",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        let tables = [&WALLET, &ENTRY, &POSTING, &ACCRUAL, &BANK_ACCOUNT, &PAYOUT, &PAYOUT_RUN];
        for table in tables {
            db.create(table).await?;
        }
        for table in [&ENTRY, &POSTING, &PAYOUT_RUN] {
            db.append_only(table).await?;
        }
        db.guarded(&WALLET, &["programme_id", "id"]).await?;
        let accrual =
            ["programme_id", "purchase_id", "part", "partner_id", "shares", "basis_minor"];
        let accrual = [&accrual[..], &["bp", "amount_minor", "confirms_at"]].concat();
        db.guarded(&ACCRUAL, &accrual).await?;
        db.forbid_update_when(
            &ACCRUAL,
            "only_shrinks",
            "new.remaining_minor > old.remaining_minor",
        )
        .await?;
        let payout = ["programme_id", "id", "member_id", "amount_minor", "sealed", "requested_at"];
        db.guarded(&PAYOUT, &payout).await?;
        let reopens = "old.status in ('FAILED', 'CANCELLED') and new.status <> old.status \
             or old.run_id is not null and new.run_id <> old.run_id";
        db.forbid_update_when(&PAYOUT, "stays_closed", reopens).await?;
        for index in INDEXES {
            db.run(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = ["payout_run", "payout", "bank_account", "accrual", "cashback_posting"];
        let tables = [&tables[..], &["cashback_entry", "cashback_wallet"]].concat();
        Dialect::new(manager).drop(&tables).await
    }
}

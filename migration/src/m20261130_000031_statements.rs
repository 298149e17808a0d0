//! Statements, what is to be paid for them, what was, and what corrects them.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

macro_rules! kinds {
    () => {
        "('ISSUE', 'ISSUE_RETURN', 'BURN', 'BURN_REVERSAL', 'FUNDING', 'FUNDING_REVERSAL', 'SERVICE_FEE',
        'SERVICE_FEE_REVERSAL', 'BREAKAGE_SHARE', 'ADJUSTMENT', 'DISPUTE')"
    };
}

const STATEMENT: Table = Table {
    name: "settlement_statement",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    id {id} not null,
    cycle {int} not null,
    calculation {int} not null check (calculation >= 1),
    partner_id {id} not null references partner (id),
    number {int} not null check (number >= 1),
    hash text not null check (length(hash) = 64),
    previous_hash text check (length(previous_hash) = 64),
    content text not null,
    opening_minor {long} not null,
    total_minor {long} not null,
    paid_minor {long} not null,
    closing_minor {long} not null,
    due_minor {long} not null,
    carried_minor {long} not null,
    constraint settlement_statement_pk primary key (programme_id, id),
    constraint settlement_statement_once unique (programme_id, cycle, calculation, partner_id),
    constraint settlement_statement_cycle foreign key (programme_id, cycle) references settlement_cycle (programme_id, first_day),
    constraint settlement_statement_sums check (closing_minor = opening_minor + total_minor - paid_minor),
    constraint settlement_statement_chained check ((number = 1) = (previous_hash is null))",
};

const INSTRUCTION: Table = Table {
    name: "payment_instruction",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    reference text not null check (length(reference) between 1 and 35),
    cycle {int} not null,
    partner_id {id} not null references partner (id),
    direction text not null check (direction in ('COLLECT', 'PAY')),
    amount_minor {long} not null check (amount_minor >= 1),
    currency text not null check (length(currency) = 3),
    due_on {int} not null,
    made_at {moment} not null,
    constraint payment_instruction_pk primary key (programme_id, reference),
    constraint payment_instruction_once unique (programme_id, cycle, partner_id),
    constraint payment_instruction_cycle foreign key (programme_id, cycle) references settlement_cycle (programme_id, first_day)",
};

const PAYMENT: Table = Table {
    name: "settlement_payment",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    id {id} not null,
    partner_id {id} not null references partner (id),
    reference text not null,
    cycle {int} not null,
    amount_minor {long} not null check (amount_minor >= 1),
    paid_on {int} not null,
    source text not null check (source in ('MANUAL', 'BANK')),
    bank_reference text check (length(bank_reference) between 1 and 200),
    recorded_by text not null,
    recorded_at {moment} not null,
    constraint settlement_payment_pk primary key (programme_id, id),
    constraint settlement_payment_follows foreign key (programme_id, reference) references payment_instruction (programme_id, reference),
    constraint settlement_payment_cycle foreign key (programme_id, cycle) references settlement_cycle (programme_id, first_day),
    constraint settlement_payment_by_bank check ((bank_reference is null) = (source = 'MANUAL')),
    constraint settlement_payment_once unique (programme_id, bank_reference)",
};

const ADJUSTMENT: Table = Table {
    name: "settlement_adjustment",
    partition_by: None,
    body: concat!(
        "
    programme_id {id} not null references programme (id),
    id {id} not null,
    partner_id {id} not null references partner (id),
    cycle {int} not null,
    kind text not null check (kind in ('ADJUSTMENT', 'DISPUTE')),
    amount_minor {long} not null check (amount_minor <> 0),
    refers_to {int},
    refers_to_line text check (refers_to_line in ",
        kinds!(),
        "),
    dispute_id {id},
    reason text not null check (length(reason) between 1 and 500),
    made_by {id} not null references operator (id),
    made_at {moment} not null,
    constraint settlement_adjustment_pk primary key (programme_id, id),
    constraint settlement_adjustment_cycle foreign key (programme_id, cycle) references settlement_cycle (programme_id, first_day),
    constraint settlement_adjustment_of_dispute check ((dispute_id is null) = (kind = 'ADJUSTMENT')),
    constraint settlement_adjustment_once unique (programme_id, dispute_id)"
    ),
};

const TAX_RATE: Table = Table {
    name: "tax_rate",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    code text not null check (length(code) between 1 and 32),
    from_day {int} not null,
    rate_bp {int} not null check (rate_bp between 0 and 10000),
    set_by text not null,
    set_at {moment} not null,
    constraint tax_rate_pk primary key (programme_id, code, from_day)",
};

const DISPUTE: Table = Table {
    name: "dispute",
    partition_by: None,
    body: concat!(
        "
    programme_id {id} not null references programme (id),
    id {id} not null,
    partner_id {id} not null references partner (id),
    statement_id {id} not null,
    cycle {int} not null,
    line text not null check (line in ",
        kinds!(),
        "),
    amount_minor {long} not null check (amount_minor >= 1),
    reason text not null check (length(reason) between 1 and 500),
    evidence text check (length(evidence) between 1 and 4000),
    status text not null check (status in ('OPEN', 'ACCEPTED', 'REJECTED', 'WITHDRAWN')),
    raised_by text not null,
    raised_at {moment} not null,
    accepted_minor {long} check (accepted_minor between 1 and amount_minor),
    resolution text check (length(resolution) between 1 and 500),
    resolved_by {id} references operator (id),
    resolved_at {moment},
    constraint dispute_pk primary key (programme_id, id),
    constraint dispute_statement foreign key (programme_id, statement_id) references settlement_statement (programme_id, id),
    constraint dispute_resolved check ((status = 'OPEN') = (resolved_at is null)
        and (status = 'ACCEPTED') = (accepted_minor is not null)
        and (status in ('ACCEPTED', 'REJECTED')) = (resolved_by is not null))"
    ),
};

const DISPUTE_ENTRY: Table = Table {
    name: "dispute_entry",
    partition_by: None,
    body: "
    programme_id {id} not null,
    dispute_id {id} not null,
    entry_id {id} not null,
    constraint dispute_entry_pk primary key (programme_id, dispute_id, entry_id),
    constraint dispute_entry_of foreign key (programme_id, dispute_id) references dispute (programme_id, id)",
};

/// Each with the query that needs it.
const INDEXES: [&str; 5] = [
    // A partner's statements, and the last one.
    "create index settlement_statement_by_partner on settlement_statement (programme_id, partner_id, number)",
    // What was paid for an instruction.
    "create index settlement_payment_by_instruction on settlement_payment (programme_id, reference)",
    // What was paid in a cycle.
    "create index settlement_payment_by_cycle on settlement_payment (programme_id, cycle)",
    // What corrects a cycle's statements.
    "create index settlement_adjustment_by_cycle on settlement_adjustment (programme_id, cycle)",
    // What a partner disputes of a statement.
    "create index dispute_by_partner on dispute (programme_id, partner_id, statement_id)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        for table in [&STATEMENT, &INSTRUCTION, &PAYMENT, &ADJUSTMENT, &TAX_RATE] {
            db.create(table).await?;
            db.append_only(table).await?;
        }
        db.create(&DISPUTE).await?;
        let fixed = ["programme_id", "id", "partner_id", "statement_id", "cycle", "line"];
        let fixed = [&fixed[..], &["amount_minor", "reason", "evidence", "raised_by", "raised_at"]]
            .concat();
        db.guarded(&DISPUTE, &fixed).await?;
        db.forbid_update_when(&DISPUTE, "stays_closed", "old.status <> 'OPEN'").await?;
        db.create(&DISPUTE_ENTRY).await?;
        db.append_only(&DISPUTE_ENTRY).await?;
        for index in INDEXES {
            db.run(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = ["dispute_entry", "dispute", "tax_rate", "settlement_adjustment"];
        let tables =
            [&tables[..], &["settlement_payment", "payment_instruction", "settlement_statement"]]
                .concat();
        Dialect::new(manager).drop(&tables).await
    }
}

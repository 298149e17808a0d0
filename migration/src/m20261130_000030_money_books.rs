//! The money books: what each entry moved in money, each day's obligations, and cycles.

use sea_orm_migration::prelude::*;

use crate::dialect::{Dialect, Table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// In the order in which the enumerations of the entities list them.
macro_rules! accounts {
    () => {
        "('PAYABLE', 'FUNDED', 'RESERVE', 'CLEARED', 'CARRIED', 'MARGIN', 'BREAKAGE', 'FEES', 'ROUNDING', 'BANK')"
    };
}
macro_rules! kinds {
    () => {
        "('ISSUE', 'ISSUE_RETURN', 'BURN', 'BURN_REVERSAL', 'FUNDING', 'FUNDING_REVERSAL', 'SERVICE_FEE',
          'SERVICE_FEE_REVERSAL', 'BREAKAGE_SHARE', 'CLEARING')"
    };
}

const POSTING: Table = Table {
    name: "money_posting",
    partition_by: None,
    body: concat!(
        "
    programme_id {id} not null,
    position {long} not null check (position >= 1),
    line {int} not null check (line >= 0),
    entry_id {id} not null,
    wallet_id {id} not null,
    lot_id {id},
    cycle {int} not null,
    day {int} not null,
    kind text not null check (kind in ",
        kinds!(),
        "),
    from_account text not null check (from_account in ",
        accounts!(),
        "),
    to_account text not null check (to_account in ",
        accounts!(),
        "),
    partner_id {id},
    contract_id {id},
    with_id {id},
    price_micros {long} not null check (price_micros >= 0),
    factor {long} not null check (factor between 0 and 1000000000000),
    points {long} not null check (points between 1 and {points_max}),
    constraint money_posting_pk primary key (programme_id, position, line),
    constraint money_posting_two_sides check (from_account <> to_account),
    constraint money_posting_payable check ((partner_id is null) = (from_account <> 'PAYABLE' and to_account <> 'PAYABLE'))"
    ),
};

const DAY: Table = Table {
    name: "money_day",
    partition_by: None,
    body: concat!(
        "
    programme_id {id} not null,
    cycle {int} not null,
    day {int} not null,
    kind text not null check (kind in ",
        kinds!(),
        "),
    from_account text not null check (from_account in ",
        accounts!(),
        "),
    to_account text not null check (to_account in ",
        accounts!(),
        "),
    partner_id {id} not null,
    contract_id {id} not null,
    with_id {id} not null,
    price_micros {long} not null check (price_micros >= 0),
    factor {long} not null check (factor between 0 and 1000000000000),
    points {long} not null,
    postings {long} not null,
    constraint money_day_pk primary key (programme_id, cycle, day, kind, partner_id, contract_id, with_id,
        from_account, to_account, price_micros, factor)"
    ),
};

const CARRIED: Table = Table {
    name: "carried_points",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    position {long} not null check (position >= 1),
    part {int} not null check (part >= 0),
    wallet_id {id} not null,
    lot_id {id} not null,
    remaining {long} not null check (remaining between 0 and {points_max}),
    constraint carried_points_pk primary key (programme_id, position, part)",
};

const CURSOR: Table = Table {
    name: "settlement_cursor",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    position {long} not null check (position >= 0),
    closed {int} not null check (closed >= 0),
    constraint settlement_cursor_pk primary key (programme_id)",
};

const CYCLE: Table = Table {
    name: "settlement_cycle",
    partition_by: None,
    body: "
    programme_id {id} not null references programme (id),
    first_day {int} not null,
    id {id} not null,
    end_day {int} not null,
    until_position {long} check (until_position >= 0),
    status text not null check (status in ('OPEN', 'CALCULATED', 'IN_REVIEW', 'APPROVED', 'SETTLED')),
    calculation {int} not null check (calculation >= 0),
    digest text check (length(digest) = 64),
    asked_by {id} references operator (id),
    asked_at {moment},
    calculated_by {id} references operator (id),
    calculated_at {moment},
    reviewed_by {id} references operator (id),
    reviewed_at {moment},
    approved_by {id} references operator (id),
    approved_at {moment},
    settled_at {moment},
    constraint settlement_cycle_pk primary key (programme_id, first_day),
    constraint settlement_cycle_id unique (programme_id, id),
    constraint settlement_cycle_ends unique (programme_id, end_day),
    constraint settlement_cycle_is_a_time check (end_day > first_day),
    constraint settlement_cycle_asked check ((asked_by is null) = (asked_at is null)),
    constraint settlement_cycle_calculated check ((calculation = 0) = (calculated_by is null)
        and (calculated_by is null) = (calculated_at is null) and (calculation = 0) = (digest is null)
        and (calculation = 0 or until_position is not null)),
    constraint settlement_cycle_status check (case status
        when 'OPEN' then calculation = 0
        when 'CALCULATED' then calculation > 0 and approved_by is null
        when 'IN_REVIEW' then reviewed_by is not null and approved_by is null
        when 'APPROVED' then approved_by is not null and settled_at is null and asked_by is null
        else approved_by is not null and settled_at is not null and asked_by is null end),
    constraint settlement_cycle_four_eyes check (approved_by is null or approved_by <> calculated_by)",
};

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = Dialect::new(manager);
        db.create(&POSTING).await?;
        db.append_only(&POSTING).await?;
        db.create(&DAY).await?;
        db.create(&CARRIED).await?;
        db.guarded(&CARRIED, &["programme_id", "position", "part", "lot_id"]).await?;
        db.forbid_update_when(&CARRIED, "only_shrinks", "new.remaining > old.remaining").await?;
        db.create(&CURSOR).await?;
        db.forbid_update_when(
            &CURSOR,
            "only_grows",
            "new.position < old.position or new.closed < old.closed",
        )
        .await?;
        db.create(&CYCLE).await?;
        db.guarded(&CYCLE, &["programme_id", "first_day", "id", "end_day"]).await?;
        let reopens = "old.status in ('APPROVED', 'SETTLED') and new.status <> 'SETTLED' \
             or old.until_position is not null and new.until_position <> old.until_position \
             or new.calculation < old.calculation \
             or old.status in ('APPROVED', 'SETTLED') and new.calculation <> old.calculation";
        db.forbid_update_when(&CYCLE, "stays_closed", reopens).await?;
        // The entries behind a line of a statement.
        db.run(
            "create index money_posting_by_partner on money_posting \
             (programme_id, partner_id, cycle, kind, position, line) where partner_id is not null",
        )
        .await?;
        // What a wallet owes.
        db.run(
            "create index carried_points_by_wallet on carried_points (programme_id, wallet_id) \
             where remaining > 0",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "settlement_cycle",
            "settlement_cursor",
            "carried_points",
            "money_day",
            "money_posting",
        ];
        Dialect::new(manager).drop(&tables).await
    }
}

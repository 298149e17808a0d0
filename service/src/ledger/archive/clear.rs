//! Deletes what a seal covers, a step at a time. What a step deletes it adds, in the same transaction, to
//! the openings of the wallets and the sums of the other accounts.

use std::time::Duration;

use entity::ledger::seal;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

use super::read::{COVERED, end};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::tx::{Tx, retrying_within};

/// One at a time, and none while a checkpoint is made again that the rows would be missing in.
const LOCK: &str =
    "update checkpoint set position = position where programme_id = $1 and position >= $2";

/// Nobody waits for a step, whose rows nobody else touches; the guards of history look at each of them.
const PATIENCE: &str = "set local statement_timeout = '60s'";
const LONGER_THAN_IT_TAKES: Duration = Duration::from_secs(300);

/// Both sides of the postings that go, as what each gives to its account.
const SIDES: &str = "
    side as (
        select case s.sign when 1 then p.to_account else p.from_account end as account,
            case s.sign when 1 then p.to_owner else p.from_owner end as owner_id,
            s.sign * p.points as points
        from covered c cross join posting p cross join (select 1 as sign union all select -1) as s
        where p.programme_id = $1 and p.wallet_id = c.wallet_id and p.entry_id = c.id)";

/// Summed once and joined with nothing: a planner that expects few rows would sum again for each.
const OPEN: &str = "
    part as (
        select wallet_id, 1 as entries, case kind when 'EARNED' then 1 else 0 end as receipts,
            0 as available, 0 as pending, 0 as held, 0 as debt
        from covered
        union all
        select owner_id, 0, 0, case account when 'AVAILABLE' then points else 0 end,
            case account when 'PENDING' then points else 0 end,
            case account when 'HELD' then points else 0 end,
            case account when 'DEBT' then -points else 0 end
        from side where account in ('AVAILABLE', 'PENDING', 'HELD', 'DEBT'))
    insert into opening (programme_id, wallet_id, entries, receipts, available, pending, held, debt, complete_since)
    select $1, wallet_id, sum(entries), sum(receipts), sum(available), sum(pending), sum(held), sum(debt), $4
    from part
    where true
    group by wallet_id
    on conflict (programme_id, wallet_id) do update set
        entries = opening.entries + excluded.entries, receipts = opening.receipts + excluded.receipts,
        available = opening.available + excluded.available, pending = opening.pending + excluded.pending,
        held = opening.held + excluded.held, debt = opening.debt + excluded.debt,
        complete_since = max_of(opening.complete_since, excluded.complete_since)";

const ADD_UP: &str = "
    total as (
        select account, owner_id, sum(points) as points from side
        where account in ('ISSUED', 'ACCEPTED', 'EXPIRED', 'ADJUSTED') group by account, owner_id)
    insert into archived_sum (programme_id, account, owner_id, points)
    select $1, account, owner_id, points from total
    where true
    on conflict (programme_id, account, owner_id) do update set points = archived_sum.points + excluded.points";

const DELETE: [&str; 2] = [
    "delete from posting where programme_id = $1
     and (wallet_id, entry_id) in (select wallet_id, id from covered)",
    "delete from entry where programme_id = $1
     and (wallet_id, id) in (select wallet_id, id from covered)",
];

/// Takes the step that begins after a position; says where the next begins, if there is one.
pub(super) async fn step(db: &Db, seal: &seal::Model, since: i64) -> Result<Option<i64>> {
    retrying_within(LONGER_THAN_IT_TAKES, || once(db, seal, since)).await
}

async fn once(db: &Db, seal: &seal::Model, since: i64) -> Result<Option<i64>> {
    let tx = db.begin().await?;
    if tx.backend() == DbBackend::Postgres {
        tx.connection().execute_unprepared(PATIENCE).await?;
    }
    let lock: [Value; 2] = [seal.programme_id.uuid().into(), seal.position.into()];
    if run(&tx, LOCK, lock).await? == 0 {
        return Err(Error::internal("the checkpoint is not yet where the seal is"));
    }
    let Some(until) = end(tx.connection(), seal.programme_id, since, seal.position).await? else {
        return Ok(None);
    };
    let greatest = if tx.backend() == DbBackend::Postgres { "greatest" } else { "max" };
    let open = format!("with covered as ({COVERED}), {SIDES}, {OPEN}").replace("max_of", greatest);
    let add_up = format!("with covered as ({COVERED}), {SIDES}, {ADD_UP}");
    let delete = DELETE.map(|delete| format!("with covered as ({COVERED}) {delete}"));
    for sql in [open, add_up].into_iter().chain(delete) {
        let values: [Value; 5] = [
            seal.programme_id.uuid().into(),
            since.into(),
            until.into(),
            seal.recorded_before.into(),
            seal.position.into(),
        ];
        run(&tx, &sql, values).await?;
    }
    tx.commit(Some(until)).await
}

async fn run<const N: usize>(tx: &Tx, sql: &str, values: [Value; N]) -> Result<u64> {
    let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
    Ok(tx.connection().execute_raw(statement).await?.rows_affected())
}

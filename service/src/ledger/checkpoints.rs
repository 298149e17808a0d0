//! Checkpoints: what the accounts that many share add up to, up to a position in the sequence of facts.
//!
//! No sale changes a row here. A background task takes what was sequenced since, a bounded step at a
//! time, and moves a programme's checkpoint on: it sets the new position only where it finds the old
//! one, and in the same transaction the sums as they are then. So each fact is in the sums once, be
//! the task late, killed, or at work on several gateways. A checkpoint that was deleted, its sums with
//! it, is made again from the first fact and comes to the same; until then totals lack what was archived.
//!
//! The wallets' accounts are summed too, all of a programme together, so that what is outstanding
//! needs no look at each wallet.

use entity::ids::ProgrammeId;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, Value};

use crate::db::Db;
use crate::error::Result;
use crate::tx::{Tx, retrying};

/// How many facts one transaction takes at most.
pub(crate) const STEP: u64 = 5000;

/// Where a programme's checkpoint is, and where the next step ends.
#[derive(FromQueryResult)]
struct Step {
    since: i64,
    until: Option<i64>,
    facts: i64,
}

/// Both sides of the postings of facts `told`, as what each gives to its account: wallets' accounts
/// under the programme, the others under their owners. `$1` is the programme.
macro_rules! sides {
    () => {
        "select case s.sign when 1 then p.to_account else p.from_account end as account,
            case when (case s.sign when 1 then p.to_account else p.from_account end)
                in ('AVAILABLE', 'PENDING', 'HELD', 'DEBT') then $1
                when s.sign = 1 then p.to_owner else p.from_owner end as owner_id,
            s.sign * p.points as points
        from told t cross join posting p cross join (select 1 as sign union all select -1) as s
        where p.programme_id = $1 and p.wallet_id = t.stream_id and p.entry_id = t.subject_id"
    };
}

const NEXT: &str = "
    with mark as (
        select coalesce((select position from checkpoint where programme_id = $1), 0) as position),
    next as (
        select position from fact where programme_id = $1 and position > (select position from mark)
        order by position limit $2)
    select (select position from mark) as since, max(position) as until, count(*) as facts from next";

/// A checkpoint begins with what was archived: no fact leads there any more.
const OPEN: &str = "
    insert into checkpoint_sum (programme_id, account, owner_id, points)
    select $1, account, owner_id, points from archived_sum where programme_id = $1
    union all
    select $1, 'AVAILABLE', $1, cast(sum(available) as bigint) from opening where programme_id = $1 group by programme_id
    union all
    select $1, 'PENDING', $1, cast(sum(pending) as bigint) from opening where programme_id = $1 group by programme_id
    union all
    select $1, 'HELD', $1, cast(sum(held) as bigint) from opening where programme_id = $1 group by programme_id
    union all
    select $1, 'DEBT', $1, cast(-sum(debt) as bigint) from opening where programme_id = $1 group by programme_id";

const MOVE_ON: &str =
    "update checkpoint set position = $3 where programme_id = $1 and position = $2";

const ADD_UP: &str = concat!(
    "with told as (
        select stream_id, subject_id from fact
        where programme_id = $1 and kind = 'ENTRY' and position > $2 and position <= $3),
    side as (",
    sides!(),
    "),
    moved as (
        select account, owner_id, cast(sum(points) as bigint) as points from side
        group by account, owner_id)
    insert into checkpoint_sum (programme_id, account, owner_id, points)
    select $1, m.account, m.owner_id, m.points + coalesce(c.points, 0)
    from moved m left join checkpoint_sum c
        on c.programme_id = $1 and c.account = m.account and c.owner_id = m.owner_id
    where true
    on conflict (programme_id, account, owner_id) do update set points = excluded.points"
);

/// What each account holds now, as `account` (account, owner_id, points): the checkpoint, the facts
/// after it, and what isn't sequenced yet. One statement, so that a fact which is being sequenced is
/// seen once.
pub(super) const ACCOUNTS: &str = concat!(
    "with told as (
        select stream_id, subject_id from fact where programme_id = $1 and kind = 'ENTRY' and position
            > coalesce((select position from checkpoint where programme_id = $1), 0)
        union all
        select stream_id, subject_id from outbox where programme_id = $1 and kind = 'ENTRY'),
    side as (",
    sides!(),
    "),
    account as (
        select account, owner_id, sum(points) as points
        from (select account, owner_id, points from checkpoint_sum where programme_id = $1
            union all select account, owner_id, points from side) as part
        group by account, owner_id)"
);

/// Takes a programme's next step; says how many facts there were.
pub(crate) async fn advance(db: &Db, programme: ProgrammeId) -> Result<u64> {
    retrying(|| async {
        let step = next(db, programme).await?;
        let Some(until) = step.until else { return Ok(0) };
        let tx = db.begin().await?;
        if step.since == 0 {
            let begin = "insert into checkpoint (programme_id, position) values ($1, 0)
                on conflict (programme_id) do nothing";
            if run(&tx, begin, [programme.uuid().into()]).await? == 1 {
                run(&tx, OPEN, [programme.uuid().into()]).await?;
            }
        }
        let [id, since, until]: [Value; 3] =
            [programme.uuid().into(), step.since.into(), until.into()];
        // Where another gateway has taken it, the rest is another step.
        if run(&tx, MOVE_ON, [id.clone(), since.clone(), until.clone()]).await? == 0 {
            return Ok(0);
        }
        run(&tx, ADD_UP, [id, since, until]).await?;
        tx.commit(u64::try_from(step.facts).unwrap_or(0)).await
    })
    .await
}

/// A look without a lock: whether it is still so decides `MOVE_ON`.
async fn next(db: &Db, programme: ProgrammeId) -> Result<Step> {
    let step = i64::try_from(STEP).unwrap_or(i64::MAX);
    let values: [Value; 2] = [programme.uuid().into(), step.into()];
    let statement = Statement::from_sql_and_values(db.backend(), NEXT, values);
    let found = Step::find_by_statement(statement).one(db.reader()).await?;
    Ok(found.unwrap_or(Step { since: 0, until: None, facts: 0 }))
}

/// What came after a checkpoint is little, whatever the planner guesses: it is looked up, and no table
/// is read from end to end.
pub(super) async fn look_up(tx: &Tx) -> Result<()> {
    if tx.backend() == DbBackend::Postgres {
        let settings = "set local enable_seqscan = off; set local enable_hashjoin = off;
            set local enable_mergejoin = off";
        tx.connection().execute_unprepared(settings).await?;
    }
    Ok(())
}

async fn run<const N: usize>(tx: &Tx, sql: &str, values: [Value; N]) -> Result<u64> {
    let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
    Ok(tx.connection().execute_raw(statement).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    //! What a question for a total costs.

    use sea_orm::QueryResult;

    use super::*;
    use crate::scratch::Scratch;

    /// How the database goes about it, a line a step.
    async fn plan(tx: &Tx) -> Vec<String> {
        let (explain, column) = match tx.backend() {
            DbBackend::Postgres => ("explain", "QUERY PLAN"),
            _ => ("explain query plan", "detail"),
        };
        let sql = format!("{explain} {ACCOUNTS} select sum(points) from account");
        let programme = uuid::Uuid::nil().into();
        let statement = Statement::from_sql_and_values(tx.backend(), sql, [programme]);
        let rows = tx.connection().query_all_raw(statement).await.unwrap();
        let line = |row: &QueryResult| row.try_get::<String>("", column).unwrap();
        rows.iter().map(line).collect()
    }

    #[tokio::test]
    async fn a_total_reads_no_table_from_end_to_end() {
        let scratch = Scratch::new().await;
        let db = scratch.open().await;
        let tx = db.snapshot().await.unwrap();
        look_up(&tx).await.unwrap();
        let plan = plan(&tx).await;
        let is_walk = |line: &&String| {
            let line = line.trim_start_matches(['-', '>', ' ']);
            line.starts_with("Seq Scan") || ["SCAN fact", "SCAN p", "SCAN outbox"].contains(&line)
        };
        assert_eq!(plan.iter().find(is_walk), None, "{plan:#?}");
        assert!(
            plan.iter()
                .any(|line| line.contains("fact_by_programme") || line.contains("fact_pkey"))
        );
        tx.commit(()).await.unwrap();
        db.close().await.unwrap();
        scratch.remove().await;
    }
}

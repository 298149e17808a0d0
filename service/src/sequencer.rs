//! Gives committed facts their place in one gapless sequence.
//!
//! A fact's transaction appends it to the outbox; this task moves what it finds there into `fact`.
//! What it doesn't see yet, because its transaction is still open, it finds the next time, so none
//! is skipped whatever the order of commits. Within a stream (a wallet's points, or its cashback) numbers are
//! given under the wallet's lock: whoever sees one sees all before it. One gateway at a time does this; another
//! takes over when it dies, for the lock goes with the transaction.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::db::Db;
use crate::error::Result;
use crate::tx::{Tx, retrying};

/// How many facts one transaction moves at most.
pub(crate) const BATCH: u64 = 5000;
/// The advisory lock that the working gateway holds.
const LOCK: i64 = 0x0046_4c4f_5249_4e01;

/// Moves what is committed and not yet in the sequence; says how many facts there were.
pub(crate) async fn advance(db: &Db) -> Result<u64> {
    if is_idle(db).await? {
        return Ok(0);
    }
    retrying(|| async {
        let tx = db.begin().await?;
        if !is_mine(&tx).await? {
            return Ok(0);
        }
        let moved = match tx.backend() {
            DbBackend::Postgres => run(&tx, &postgres()).await?,
            _ => sqlite(&tx).await?,
        };
        tx.commit(moved).await
    })
    .await
}

/// What waits, in an order that respects each stream's.
const WAITING: &str = "order by programme_id, stream_id, stream_seq, kind";
/// Their places in the sequence.
const PLACED: &str = "
    insert into fact (position, programme_id, stream_id, stream_seq, kind, subject_id)
    select (select coalesce(max(position), 0) from fact)
            + row_number() over (order by programme_id, stream_id, stream_seq, kind),
        programme_id, stream_id, stream_seq, kind, subject_id from waiting";

fn postgres() -> String {
    format!(
        "with waiting as (
            delete from outbox where ctid = any(array(select ctid from outbox {WAITING} limit {BATCH}))
            returning programme_id, stream_id, stream_seq, kind, subject_id)
         {PLACED}"
    )
}

/// SQLite deletes in no common table expression; it has one writer, so nothing comes between.
async fn sqlite(tx: &Tx) -> Result<u64> {
    let place = format!("with waiting as (select * from outbox {WAITING} limit {BATCH}) {PLACED}");
    let moved = run(tx, &place).await?;
    run(
        tx,
        "delete from outbox where exists (select 1 from fact
         where fact.programme_id = outbox.programme_id and fact.stream_id = outbox.stream_id
           and fact.stream_seq = outbox.stream_seq and fact.kind = outbox.kind)",
    )
    .await?;
    Ok(moved)
}

/// A look without a lock: most of the time nothing waits. By the index, since the table is full of rows that
/// are gone.
async fn is_idle(db: &Db) -> Result<bool> {
    let statement =
        Statement::from_string(db.backend(), format!("select 1 from outbox {WAITING} limit 1"));
    Ok(db.reader().query_one_raw(statement).await?.is_none())
}

/// Whether this gateway does it now. SQLite has one writer anyway.
async fn is_mine(tx: &Tx) -> Result<bool> {
    if tx.backend() != DbBackend::Postgres {
        return Ok(true);
    }
    let sql = format!("select pg_try_advisory_xact_lock({LOCK})");
    let row = tx.connection().query_one_raw(Statement::from_string(tx.backend(), sql)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(false))
}

async fn run(tx: &Tx, sql: &str) -> Result<u64> {
    let statement = Statement::from_string(tx.backend(), sql);
    Ok(tx.connection().execute_raw(statement).await?.rows_affected())
}

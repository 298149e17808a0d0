//! What an archive takes, in the order of the sequence, a page of facts at a time.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, HoldId, PartnerId, ProgrammeId, PurchaseId, StoreId, WalletId};
use entity::ledger::entry::EntryKind;
use entity::ledger::posting::Account;
use entity::ledger::{entry, posting};
use sea_orm::{ConnectionTrait, EntityTrait, Statement, Value};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use uuid::Uuid;

use super::Plan;
use crate::error::Result;
use crate::ledger::Ledger;
use crate::tx::retrying;

/// How many facts a page looks at.
pub(super) const STEP: i64 = 1000;

/// An entry with its postings, as a line of a file holds it. Fields are never renamed: old files stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    pub id: EntryId,
    pub wallet: WalletId,
    pub seq: i64,
    pub kind: EntryKind,
    pub points: Points,
    pub partner: Option<PartnerId>,
    pub store: Option<StoreId>,
    pub purchase: Option<PurchaseId>,
    pub hold: Option<HoldId>,
    pub related_entry: Option<EntryId>,
    pub related_wallet: Option<WalletId>,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub actor: String,
    pub origin: String,
    pub reason: serde_json::Value,
    pub available_after: Points,
    pub pending_after: Points,
    pub held_after: Points,
    pub debt_after: Points,
    pub postings: Vec<Posted>,
}

/// A posting of an archived entry, in order of its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    pub from_account: Account,
    pub from_owner: Uuid,
    pub to_account: Account,
    pub to_owner: Uuid,
    pub points: Points,
}

/// What a step through the sequence found.
#[derive(Clone, Debug)]
pub struct Page {
    /// What goes.
    pub archived: Vec<Archived>,
    /// The position of the last of them.
    pub last: Option<i64>,
    /// Where the next page begins, if there is one.
    pub next: Option<i64>,
}

/// What a plan or seal covers of the facts after `$2` up to `$3`: recorded before `$4`, followed by
/// another entry of its wallet up to `$5`. `$1` is the programme. The triggers say the same. As a scalar,
/// the next fact is looked up and no way to the entry, of which a wallet has many.
pub(super) const COVERED: &str = "
    select e.wallet_id, e.id, e.kind, f.position
    from fact f cross join entry e
    where f.programme_id = $1 and f.kind = 'ENTRY' and f.position > $2 and f.position <= $3
        and e.programme_id = $1 and e.wallet_id = f.stream_id and e.seq = f.stream_seq
        and e.id = f.subject_id
        and e.kind in ('EARNED', 'EVENT_EARNED', 'MATURED') and e.recorded_at < $4
        and (select n.position from fact n where n.programme_id = $1 and n.stream_id = f.stream_id
            and n.stream_seq = f.stream_seq + 1 and n.kind = 'ENTRY') <= $5
        and not exists (select 1 from allocation a
            where a.programme_id = $1 and a.wallet_id = e.wallet_id and a.entry_id = e.id)";

/// The end of the step that begins after `$2`, if there is something up to `$3`.
const END: &str = "
    select max(position) from (
        select position from fact where programme_id = $1 and position > $2 and position <= $3
        order by position limit $4) as step";

impl Ledger {
    /// What the plan takes of the next facts after a position.
    pub async fn archive_page(&self, plan: &Plan, since: i64) -> Result<Page> {
        retrying(|| self.page(plan, since)).await
    }

    async fn page(&self, plan: &Plan, since: i64) -> Result<Page> {
        // Where rows are written and nowhere else: a copy that is behind would leave some out.
        let tx = self.db.begin().await?;
        let end = end(tx.connection(), plan.programme, since, plan.position).await?;
        let Some(until) = end else {
            return tx.commit(Page { archived: Vec::new(), last: None, next: None }).await;
        };
        let of_covered = |question: &str| {
            let sql = format!("with covered as ({COVERED}) {question}");
            let values: [Value; 5] = [
                plan.programme.uuid().into(),
                since.into(),
                until.into(),
                plan.recorded_before.into(),
                plan.position.into(),
            ];
            Statement::from_sql_and_values(tx.backend(), sql, values)
        };
        let covered = |table: &str, key: &str, order: &str| {
            of_covered(&format!(
                "select t.* from covered c cross join {table} t
                 where t.programme_id = $1 and t.wallet_id = c.wallet_id and t.{key} = c.id
                 order by {order}"
            ))
        };
        let last = of_covered("select max(position) from covered");
        let last = tx.connection().query_one_raw(last).await?;
        let last = last.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
        let entries = covered("entry", "id", "c.position");
        let entries = entry::Entity::find().from_raw_sql(entries).all(tx.connection()).await?;
        let postings = covered("posting", "entry_id", "c.position, t.line");
        let postings = posting::Entity::find().from_raw_sql(postings).all(tx.connection()).await?;
        let mut moved: HashMap<EntryId, Vec<Posted>> = HashMap::new();
        for row in postings {
            moved.entry(row.entry_id).or_default().push(Posted::of(row));
        }
        let archived = entries.into_iter().map(|row| {
            let postings = moved.remove(&row.id).unwrap_or_default();
            Archived::of(row, postings)
        });
        let page = Page { archived: archived.collect(), last, next: Some(until) };
        tx.commit(page).await
    }
}

/// Where a step ends that begins after `since` and goes no further than `limit`.
pub(super) async fn end<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    since: i64,
    limit: i64,
) -> Result<Option<i64>> {
    let values: [Value; 4] = [programme.uuid().into(), since.into(), limit.into(), STEP.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), END, values);
    let row = db.query_one_raw(statement).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
}

impl Archived {
    fn of(row: entry::Model, postings: Vec<Posted>) -> Self {
        Self {
            id: row.id,
            wallet: row.wallet_id,
            seq: row.seq,
            kind: row.kind,
            points: row.points,
            partner: row.partner_id,
            store: row.store_id,
            purchase: row.purchase_id,
            hold: row.hold_id,
            related_entry: row.related_entry_id,
            related_wallet: row.related_wallet_id,
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            actor: row.actor,
            origin: row.origin,
            reason: row.reason,
            available_after: row.available_after,
            pending_after: row.pending_after,
            held_after: row.held_after,
            debt_after: row.debt_after,
            postings,
        }
    }
}

impl Posted {
    fn of(row: posting::Model) -> Self {
        Self {
            from_account: row.from_account,
            from_owner: row.from_owner,
            to_account: row.to_account,
            to_owner: row.to_owner,
            points: row.points,
        }
    }
}

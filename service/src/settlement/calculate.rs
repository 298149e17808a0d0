//! Cycles are calculated in the background: the money books follow what happened until the cycle's end, the
//! cycle is closed, and its statements are written. Each is a transaction of its own that begins where the
//! one before it ended, so that a process that is killed in between leaves nothing half; the next one goes on.

use entity::day::Day;
use entity::ids::{ProgrammeId, SettlementStatementId};
use entity::ledger::outbox::FactKind;
use entity::settlement::settlement_cycle::{self, CycleStatus};
use entity::settlement::{settlement_cursor, settlement_statement};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    Statement, Value,
};

use super::{Settlement, cycles, draft, rows};
use crate::error::{Error, Result};
use crate::ledger::expiry::to_utc;
use crate::programmes::Rules;
use crate::rows::insert_all;
use crate::tx::{Tx, retrying};

impl Settlement {
    /// Goes on with the calculation that was asked for, if there is one and what it needs is in the books;
    /// says whether it did something.
    pub async fn advance_calculation(&self, programme: ProgrammeId) -> Result<bool> {
        let asked = asked(programme).one(self.db.reader()).await?;
        if asked.is_none() {
            return Ok(false);
        }
        let rules = self.programmes.rules(programme).await?;
        retrying(|| async {
            let tx = self.db.begin().await?;
            let asked = asked_locked(programme).one(tx.connection()).await?;
            let Some(cycle) = asked else { return Ok(false) };
            let is_done = match cycle.until_position {
                None => close(&tx, &rules, &cycle).await?,
                Some(_) => self.write_statements(&tx, &rules, cycle).await.map(|()| true)?,
            };
            tx.commit(is_done).await
        })
        .await
    }

    async fn write_statements(
        &self,
        tx: &Tx,
        rules: &Rules,
        cycle: settlement_cycle::Model,
    ) -> Result<()> {
        let at = self.clock.now();
        let drafts = draft::statements(tx, rules, &cycle).await?;
        let calculation = cycle.calculation + 1;
        let row = |draft: &draft::Draft| settlement_statement::Model {
            programme_id: cycle.programme_id,
            id: SettlementStatementId::at(at),
            cycle: cycle.first_day,
            calculation,
            partner_id: draft.partner,
            number: draft.statement.head.number,
            hash: draft.hash.clone(),
            previous_hash: draft.statement.head.previous_hash.clone(),
            content: draft.statement.canonical(),
            opening_minor: draft.statement.head.opening_minor,
            total_minor: draft.statement.total_minor,
            paid_minor: draft.statement.head.paid_minor,
            closing_minor: draft.statement.closing_minor,
            due_minor: draft.statement.due_minor,
            carried_minor: draft.statement.carried_minor,
        };
        let statements: Vec<_> = drafts.iter().map(row).collect();
        if !statements.is_empty() {
            insert_all::<settlement_statement::Entity>(tx, &statements).await?;
        }
        let row = settlement_cycle::Model {
            status: CycleStatus::Calculated,
            calculation,
            digest: Some(draft::digest(&drafts)),
            calculated_by: cycle.asked_by,
            calculated_at: Some(at),
            asked_by: None,
            asked_at: None,
            reviewed_by: None,
            reviewed_at: None,
            ..cycle
        };
        cycles::updated(tx, row).await.map(drop)
    }
}

fn asked(programme: ProgrammeId) -> sea_orm::Select<settlement_cycle::Entity> {
    settlement_cycle::Entity::find()
        .filter(settlement_cycle::Column::ProgrammeId.eq(programme))
        .filter(settlement_cycle::Column::AskedBy.is_not_null())
        .order_by_asc(settlement_cycle::Column::FirstDay)
}

fn asked_locked(programme: ProgrammeId) -> sea_orm::Select<settlement_cycle::Entity> {
    asked(programme).lock_exclusive()
}

/// Closes the cycle where the money books are, once all that was recorded in it and is committed is in them;
/// until then there is nothing to do but wait.
async fn close(tx: &Tx, rules: &Rules, cycle: &settlement_cycle::Model) -> Result<bool> {
    let programme = cycle.programme_id;
    let cursor = settlement_cursor::Entity::find_by_id(programme).lock_exclusive();
    let cursor = cursor.one(tx.connection()).await?;
    let cursor = cursor.ok_or_else(|| Error::internal("a cycle without money books"))?;
    let is_behind = rows::last_fact(tx.connection(), programme).await? > cursor.position;
    if is_behind || waits(tx, rules, cycle.end_day, programme).await? {
        return Ok(false);
    }
    settlement_cursor::Entity::update_many()
        .col_expr(
            settlement_cursor::Column::Closed,
            Expr::col(settlement_cursor::Column::Closed).add(1),
        )
        .filter(settlement_cursor::Column::ProgrammeId.eq(programme))
        .exec(tx.connection())
        .await?;
    let until_position = Some(cursor.position);
    let row = settlement_cycle::Model { until_position, ..cycle.clone() };
    cycles::updated(tx, row).await.map(|_| true)
}

/// Whether something recorded before that day isn't in the sequence yet.
async fn waits(tx: &Tx, rules: &Rules, end: Day, programme: ProgrammeId) -> Result<bool> {
    let sql = "select 1 from outbox o join entry e
            on e.programme_id = $1 and e.id = o.subject_id and e.wallet_id = o.stream_id
        where o.programme_id = $1 and o.kind = $2 and e.recorded_at < $3 limit 1";
    let end = to_utc(end.date().and_time(chrono::NaiveTime::MIN), rules.zone);
    let values: [Value; 3] = [programme.uuid().into(), FactKind::Entry.name().into(), end.into()];
    let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
    Ok(tx.connection().query_one_raw(statement).await?.is_some())
}

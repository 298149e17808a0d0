//! Cycles as operators take them: calculated by one, looked at, approved by another. An approved cycle is
//! never opened again; what is wrong with it is corrected in the next.

use chrono::{DateTime, NaiveTime, Utc};
use entity::day::Day;
use entity::ids::{OperatorId, ProgrammeId, SettlementCycleId};
use entity::settlement::payment_instruction::{self, PaymentDirection};
use entity::settlement::settlement_cursor;
use entity::settlement::settlement_cycle::{self, CycleStatus};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::core::Contracts;
use super::core::statement::Statement;
use super::{Settlement, cycle_name, draft, not_for_members, replay, rows};
use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::error::Result;
use crate::ledger::expiry::to_utc;
use crate::page::{Page, Window};
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::rows::insert_all;
use crate::tx::{Tx, retrying};

/// How far the calculation of a cycle is that was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// How many facts the money books have followed.
    pub followed: i64,
    /// How many there are.
    pub known: i64,
}

impl Settlement {
    /// Asks for a cycle to be calculated, or to be calculated anew. It is done in the background.
    pub async fn calculate(
        &self,
        actor: &Actor,
        id: SettlementCycleId,
    ) -> Result<settlement_cycle::Model> {
        let (programme, operator) = actor.operator(Scope::SettlementWrite)?;
        let rules = self.programmes.rules(programme).await?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let cycle = lock(&tx, programme, id).await?;
            may_calculate(&tx, &rules, &cycle, at).await?;
            if cycle.asked_by == Some(operator) {
                return Ok(cycle);
            }
            audited(&tx, actor, &cycle, "cycle.asked", at).await?;
            let (asked_by, asked_at) = (Some(operator), Some(at));
            let row = settlement_cycle::Model { asked_by, asked_at, ..cycle };
            let row = updated(&tx, row).await?;
            tx.commit(row).await
        })
        .await
    }

    /// An operator looks at what was calculated.
    pub async fn review(
        &self,
        actor: &Actor,
        id: SettlementCycleId,
    ) -> Result<settlement_cycle::Model> {
        let (programme, operator) = actor.operator(Scope::SettlementWrite)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let cycle = lock(&tx, programme, id).await?;
            match cycle.status {
                CycleStatus::InReview if cycle.reviewed_by == Some(operator) => return Ok(cycle),
                CycleStatus::Calculated | CycleStatus::InReview => is_at_rest(&cycle)?,
                CycleStatus::Open => return Err(refused(Code::CycleNotCalculated).into()),
                _ => return Err(refused(Code::CycleClosed).into()),
            }
            audited(&tx, actor, &cycle, "cycle.reviewed", at).await?;
            let (reviewed_by, reviewed_at) = (Some(operator), Some(at));
            let status = CycleStatus::InReview;
            let row = settlement_cycle::Model { status, reviewed_by, reviewed_at, ..cycle };
            let row = updated(&tx, row).await?;
            tx.commit(row).await
        })
        .await
    }

    /// A second operator agrees to exactly what it saw: statements are issued, and payments due.
    pub async fn approve(
        &self,
        actor: &Actor,
        id: SettlementCycleId,
        digest: &str,
    ) -> Result<settlement_cycle::Model> {
        let (programme, operator) = actor.operator(Scope::SettlementApprove)?;
        let rules = self.programmes.rules(programme).await?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let cycle = lock(&tx, programme, id).await?;
            let is_again = cycle.approved_by == Some(operator);
            if is_again && cycle.digest.as_deref() == Some(digest) {
                return Ok(cycle);
            }
            may_approve(&cycle, operator, digest)?;
            let drafts = draft::statements(&tx, &rules, &cycle).await?;
            if draft::digest(&drafts) != digest {
                return Err(stale().into());
            }
            let contracts = replay::contracts(&tx, programme).await?;
            let due = instructions(&rules, &cycle, &contracts, &drafts, at)?;
            if !due.is_empty() {
                insert_all::<payment_instruction::Entity>(&tx, &due).await?;
            }
            audited(&tx, actor, &cycle, "cycle.approved", at).await?;
            let (approved_by, approved_at) = (Some(operator), Some(at));
            let (status, settled_at) = match due.is_empty() {
                true => (CycleStatus::Settled, Some(at)),
                false => (CycleStatus::Approved, None),
            };
            let row =
                settlement_cycle::Model { status, approved_by, approved_at, settled_at, ..cycle };
            let row = updated(&tx, row).await?;
            tx.commit(row).await
        })
        .await
    }

    /// Cycles, oldest first. For operators all; others see those that are approved.
    pub async fn cycles(
        &self,
        actor: &Actor,
        status: Option<CycleStatus>,
        window: Window<Day>,
    ) -> Result<Page<settlement_cycle::Model>> {
        let mut query = self.visible(actor)?;
        if let Some(status) = status {
            query = query.filter(settlement_cycle::Column::Status.eq(status));
        }
        let by_day = query.cursor_by(settlement_cycle::Column::FirstDay);
        window.read(self.db.reader_for(actor), by_day).await
    }

    /// Cycles by id; none to those who may not see them.
    pub async fn cycles_by_ids(
        &self,
        actor: &Actor,
        ids: &[SettlementCycleId],
    ) -> Result<Vec<settlement_cycle::Model>> {
        let Ok(query) = self.visible(actor) else { return Ok(Vec::new()) };
        let query = query.filter(settlement_cycle::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }

    /// How far a calculation is that was asked for.
    pub async fn progress(&self, actor: &Actor) -> Result<Progress> {
        let programme = actor.programme()?;
        let db = self.db.reader_for(actor);
        let cursor = settlement_cursor::Entity::find_by_id(programme).one(db).await?;
        let last = rows::last_fact(db, programme).await?;
        Ok(Progress { followed: cursor.map_or(0, |cursor| cursor.position), known: last })
    }

    fn visible(&self, actor: &Actor) -> Result<sea_orm::Select<settlement_cycle::Entity>> {
        let query = settlement_cycle::Entity::find()
            .filter(settlement_cycle::Column::ProgrammeId.eq(actor.programme()?));
        match actor.who() {
            Who::System => Ok(query),
            Who::Operator(_) => actor.with(Scope::SettlementRead).map(|()| query),
            Who::Partner(..) => {
                actor.with(Scope::SettlementRead)?;
                let issued = [CycleStatus::Approved, CycleStatus::Settled];
                Ok(query.filter(settlement_cycle::Column::Status.is_in(issued)))
            }
            _ => Err(not_for_members()),
        }
    }
}

/// The cycle with that id, locked.
pub(super) async fn lock(
    tx: &Tx,
    programme: ProgrammeId,
    id: SettlementCycleId,
) -> Result<settlement_cycle::Model> {
    let query = settlement_cycle::Entity::find()
        .filter(settlement_cycle::Column::ProgrammeId.eq(programme))
        .filter(settlement_cycle::Column::Id.eq(id))
        .lock_exclusive();
    let found = query.one(tx.connection()).await?;
    Ok(found.ok_or(refused(Code::CycleNotFound))?)
}

pub(super) async fn updated(
    tx: &Tx,
    row: settlement_cycle::Model,
) -> Result<settlement_cycle::Model> {
    Ok(row.into_active_model().reset_all().update(tx.connection()).await?)
}

async fn may_calculate(
    tx: &Tx,
    rules: &Rules,
    cycle: &settlement_cycle::Model,
    at: DateTime<Utc>,
) -> Result<()> {
    if matches!(cycle.status, CycleStatus::Approved | CycleStatus::Settled) {
        return Err(refused(Code::CycleClosed).into());
    }
    let end = to_utc(cycle.end_day.date().and_time(NaiveTime::MIN), rules.zone);
    if at < end {
        let message = format!("The cycle runs until {} ends.", cycle.end_day.plus(-1));
        return Err(refused(Code::CycleRuns).because(message).into());
    }
    let earlier = settlement_cycle::Entity::find()
        .filter(settlement_cycle::Column::ProgrammeId.eq(cycle.programme_id))
        .filter(settlement_cycle::Column::FirstDay.lt(cycle.first_day))
        .filter(settlement_cycle::Column::ApprovedAt.is_null())
        .order_by_asc(settlement_cycle::Column::FirstDay);
    match earlier.one(tx.connection()).await? {
        None => Ok(()),
        Some(earlier) => {
            let message = format!("{} comes first: it isn't approved.", cycle_name(&earlier));
            Err(refused(Code::CycleNotNext).because(message).into())
        }
    }
}

fn may_approve(
    cycle: &settlement_cycle::Model,
    operator: OperatorId,
    digest: &str,
) -> Result<(), Refusal> {
    match cycle.status {
        CycleStatus::InReview => {}
        CycleStatus::Open => return Err(refused(Code::CycleNotCalculated)),
        CycleStatus::Calculated => return Err(refused(Code::CycleNotInReview)),
        _ => return Err(refused(Code::CycleClosed)),
    }
    is_at_rest(cycle)?;
    if cycle.calculated_by == Some(operator) {
        return Err(refused(Code::ApproverIsCalculator));
    }
    if cycle.digest.as_deref() != Some(digest) {
        return Err(stale());
    }
    Ok(())
}

/// A calculation that was asked for anew may come to something else.
fn is_at_rest(cycle: &settlement_cycle::Model) -> Result<(), Refusal> {
    if cycle.asked_by.is_some() { Err(refused(Code::CalculationRuns)) } else { Ok(()) }
}

fn refused(code: Code) -> Refusal {
    Refusal::new(code).at("cycleId")
}

fn stale() -> Refusal {
    Refusal::new(Code::CalculationStale).at("digest")
}

/// What is to be paid, at most one payment a partner.
fn instructions(
    rules: &Rules,
    cycle: &settlement_cycle::Model,
    contracts: &Contracts,
    drafts: &[draft::Draft],
    at: DateTime<Utc>,
) -> Result<Vec<payment_instruction::Model>> {
    let today = Day::of(at, &rules.zone);
    let due = drafts.iter().filter(|draft| draft.statement.due_minor != 0);
    let instruction = |draft: &draft::Draft| {
        let days =
            contracts.in_force(draft.partner, at).map_or(0, |contract| contract.payment_days);
        let due = draft.statement.due_minor;
        let amount = due.checked_abs().ok_or(Refusal::new(Code::Overflow))?;
        Ok(payment_instruction::Model {
            programme_id: cycle.programme_id,
            reference: Statement::reference(&draft.hash),
            cycle: cycle.first_day,
            partner_id: draft.partner,
            direction: if due > 0 { PaymentDirection::Collect } else { PaymentDirection::Pay },
            amount_minor: amount,
            currency: rules.programme.currency,
            due_on: today.plus(days),
            made_at: at,
        })
    };
    due.map(instruction).collect()
}

async fn audited(
    tx: &Tx,
    actor: &Actor,
    cycle: &settlement_cycle::Model,
    action: &'static str,
    at: DateTime<Utc>,
) -> Result<()> {
    let seen = serde_json::json!({ "cycle": cycle_name(cycle), "digest": cycle.digest });
    let subject = cycle.id.to_string();
    let change = Change { action, subject, before: None, after: Some(&seen) };
    audit::append(tx, actor, cycle.programme_id, at, change).await
}

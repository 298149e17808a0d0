//! Partners dispute lines of their statements, within their days. What an operator accepts becomes a correction
//! on the statement of the cycle that is open; the rest of the disputed statement goes on as it is.

use chrono::{DateTime, Utc};
use entity::day::Day;
use entity::ids::{
    DisputeId, EntryId, ReconciliationItemId, SettlementAdjustmentId, SettlementStatementId,
};
use entity::ledger::idempotency_key::Outcome;
use entity::settlement::dispute::{self, DisputeStatus};
use entity::settlement::money_posting::LineKind;
use entity::settlement::settlement_statement as statement;
use entity::settlement::{settlement_adjustment, settlement_cycle};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Select,
};
use serde::Serialize;

use super::evidence::{self, NAMED_MAX};
use super::{Settlement, not_for_members, open, replay, statements};
use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::keys;
use crate::page::{Page, Window};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::{Tx, retrying};

/// What is wrong with a line.
#[derive(Clone, Debug)]
pub struct Raise {
    /// On which statement.
    pub statement: SettlementStatementId,
    /// On which line.
    pub line: LineKind,
    /// By how much it is wrong to the partner's cost, in minor units.
    pub amount_minor: i64,
    /// Entries behind the line that are wrong; none where it is the line as a whole.
    pub entries: Vec<EntryId>,
    /// What the partner found when it compared its record with the books.
    pub items: Vec<ReconciliationItemId>,
    /// Why.
    pub reason: String,
    /// What shows it.
    pub evidence: Option<String>,
    /// The caller's key.
    pub idempotency_key: String,
}

/// What becomes of a dispute.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// The partner was right, as far as so many minor units; all of it where nothing is said.
    Accept(Option<i64>),
    /// It wasn't.
    Reject,
    /// The partner takes it back.
    Withdraw,
}

/// What raising a dispute did.
#[derive(Clone, Debug)]
pub struct Raised {
    /// The dispute.
    pub dispute: dispute::Model,
    /// Whether it had been raised before with the same key.
    pub is_replay: bool,
}

#[derive(Serialize)]
struct Canonical<'a> {
    statement: SettlementStatementId,
    line: LineKind,
    amount_minor: i64,
    entries: &'a [EntryId],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    items: &'a [ReconciliationItemId],
    reason: &'a str,
    evidence: &'a Option<String>,
}

impl Settlement {
    /// A partner disputes a line of a statement that was issued to it.
    pub async fn raise_dispute(&self, actor: &Actor, wish: Raise) -> Result<Raised> {
        let (programme, _) = actor.partner(Scope::DisputesWrite)?;
        let canonical = Canonical {
            statement: wish.statement,
            line: wish.line,
            amount_minor: wish.amount_minor,
            entries: &wish.entries,
            items: &wish.items,
            reason: &wish.reason,
            evidence: &wish.evidence,
        };
        let key = keys::key(actor, &wish.idempotency_key, "raiseDispute", &canonical)?;
        let checked = checked(wish)?;
        let rules = self.programmes.rules(programme).await?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            if let Some(earlier) = keys::earlier(&tx, programme, &key).await? {
                let id = earlier.subject.unwrap_or_default().parse().map_err(Error::internal)?;
                let found =
                    dispute::Entity::find_by_id((programme, id)).one(tx.connection()).await?;
                let lost = || Error::internal("a key names a dispute that isn't there");
                return Ok(Raised { dispute: found.ok_or_else(lost)?, is_replay: true });
            }
            // Two disputes about one line are counted one after the other.
            open::cycle(&tx, &rules, at).await?;
            let of = statements::one(tx.connection(), actor, checked.statement).await?;
            let row = self.new_dispute(&tx, actor, (&of, &checked), at).await?;
            let named = evidence::checked(&tx, &of, &checked).await?;
            let row = row.into_active_model().insert(tx.connection()).await?;
            evidence::write(&tx, programme, row.id, &named).await?;
            audited(&tx, actor, &row, "dispute.raised", at).await?;
            let subject = Some(row.id.to_string());
            let outcome = Outcome { wallet: None, entry: None, subject };
            keys::insert(&tx, programme, &key, outcome, at).await?;
            tx.commit(Raised { dispute: row, is_replay: false }).await
        })
        .await
    }

    async fn new_dispute(
        &self,
        tx: &Tx,
        actor: &Actor,
        (of, wish): (&statement::Model, &Raise),
        at: DateTime<Utc>,
    ) -> Result<dispute::Model> {
        self.is_in_time(tx, of, at).await?;
        fits(tx, of, wish).await?;
        Ok(dispute::Model {
            programme_id: of.programme_id,
            id: DisputeId::at(at),
            partner_id: of.partner_id,
            statement_id: of.id,
            cycle: of.cycle,
            line: wish.line,
            amount_minor: wish.amount_minor,
            reason: wish.reason.clone(),
            evidence: wish.evidence.clone(),
            status: DisputeStatus::Open,
            raised_by: actor.to_string(),
            raised_at: at,
            accepted_minor: None,
            resolution: None,
            resolved_by: None,
            resolved_at: None,
        })
    }

    /// By the days of the contract that was in force when the statement was issued.
    async fn is_in_time(&self, tx: &Tx, of: &statement::Model, at: DateTime<Utc>) -> Result<()> {
        let rules = self.programmes.rules(of.programme_id).await?;
        let cycle = settlement_cycle::Entity::find_by_id((of.programme_id, of.cycle));
        let cycle = cycle.one(tx.connection()).await?.and_then(|cycle| cycle.approved_at);
        let issued = cycle.ok_or_else(|| Error::internal("a statement that isn't issued"))?;
        let contracts = replay::contracts(tx, of.programme_id).await?;
        let contract = contracts.in_force(of.partner_id, issued);
        let days = contract.map_or(0, |contract| contract.dispute_days);
        let last = Day::of(issued, &rules.zone).plus(days);
        if Day::of(at, &rules.zone) > last {
            let message = format!("The statement could be disputed until {last}.");
            let refusal = Refusal::new(Code::DisputeTooLate).because(message);
            return Err(refusal.at("statementId").into());
        }
        Ok(())
    }

    /// What becomes of a dispute: operators accept and reject, the partner withdraws. The same again changes
    /// nothing.
    pub async fn resolve_dispute(
        &self,
        actor: &Actor,
        id: DisputeId,
        resolution: Resolution,
        reason: Option<String>,
    ) -> Result<dispute::Model> {
        let programme = actor.programme()?;
        match resolution {
            Resolution::Withdraw => drop(actor.partner(Scope::DisputesWrite)?),
            _ => drop(actor.operator(Scope::SettlementWrite)?),
        }
        let reason = text::clean_option(reason.as_deref(), 500, Code::ReasonInvalid)
            .map_err(|refusal| refusal.at("reason"))?;
        let rules = self.programmes.rules(programme).await?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let open = open::cycle(&tx, &rules, at).await?;
            let before = locked(&tx, actor, id).await?;
            let row = resolved(&before, actor, &resolution, reason.clone(), at)?;
            if before.status != DisputeStatus::Open {
                let is_same = row.status == before.status
                    && row.accepted_minor == before.accepted_minor
                    && row.resolved_by == before.resolved_by;
                let already = Refusal::new(Code::DisputeAlreadyResolved).at("disputeId");
                return if is_same { Ok(before) } else { Err(already.into()) };
            }
            if let Some((operator, minor)) = row.resolved_by.zip(row.accepted_minor) {
                let correction = settlement_adjustment::Model {
                    programme_id: programme,
                    id: SettlementAdjustmentId::at(at),
                    partner_id: row.partner_id,
                    cycle: open,
                    kind: LineKind::Dispute,
                    amount_minor: -minor,
                    refers_to: Some(row.cycle),
                    refers_to_line: Some(row.line),
                    dispute_id: Some(row.id),
                    reason: row.reason.clone(),
                    made_by: operator,
                    made_at: at,
                };
                correction.into_active_model().insert(tx.connection()).await?;
            }
            audited(&tx, actor, &row, "dispute.resolved", at).await?;
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(row).await
        })
        .await
    }

    /// Disputes by age; a partner sees its own.
    pub async fn disputes(
        &self,
        actor: &Actor,
        status: Option<DisputeStatus>,
        window: Window<uuid::Uuid>,
    ) -> Result<Page<dispute::Model>> {
        let mut query = visible(actor)?;
        if let Some(status) = status {
            query = query.filter(dispute::Column::Status.eq(status));
        }
        window.read(self.db.reader_for(actor), query.cursor_by(dispute::Column::Id)).await
    }

    /// Disputes by id; none to those who may not see them.
    pub async fn disputes_by_ids(
        &self,
        actor: &Actor,
        ids: &[DisputeId],
    ) -> Result<Vec<dispute::Model>> {
        let Ok(query) = visible(actor) else { return Ok(Vec::new()) };
        let query = query.filter(dispute::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

fn checked(wish: Raise) -> Result<Raise, Refusal> {
    if wish.amount_minor < 1 {
        return Err(Refusal::new(Code::AmountInvalid).at("amount.amount"));
    }
    let named = [("entryIds", wish.entries.len()), ("reconciliationItemIds", wish.items.len())];
    for (field, count) in named {
        if count > NAMED_MAX {
            let message = format!("A dispute names at most {NAMED_MAX}.");
            return Err(Refusal::new(Code::ValueOutOfRange).because(message).at(field));
        }
    }
    let reason = text::clean(&wish.reason, 500, Code::ReasonInvalid).map_err(|r| r.at("reason"))?;
    let evidence = text::clean_lines(wish.evidence.as_deref(), 4000, Code::ReasonInvalid)
        .map_err(|refusal| refusal.at("evidence"))?;
    Ok(Raise { reason, evidence, ..wish })
}

/// No more is disputed of a line than it comes to.
async fn fits(tx: &Tx, of: &statement::Model, wish: &Raise) -> Result<()> {
    let content = statements::content(of)?;
    let lines = content.lines.iter().filter(|line| line.kind == wish.line);
    if !statements::kinds(&content).contains(&wish.line) || wish.line == LineKind::Rounding {
        return Err(Refusal::new(Code::StatementLineNotFound).at("line").into());
    }
    let whole: i64 = lines.map(|line| line.gross_minor).sum();
    let others = dispute::Entity::find()
        .filter(dispute::Column::ProgrammeId.eq(of.programme_id))
        .filter(dispute::Column::StatementId.eq(of.id))
        .filter(dispute::Column::Line.eq(wish.line))
        .filter(dispute::Column::Status.is_in([DisputeStatus::Open, DisputeStatus::Accepted]))
        .all(tx.connection())
        .await?;
    let taken = |row: &dispute::Model| row.accepted_minor.unwrap_or(row.amount_minor);
    let left = whole.abs() - others.iter().map(taken).sum::<i64>();
    // What is owed to the partner may be too little by any amount; what it owes by no more than that.
    if whole > 0 && wish.amount_minor > left {
        return Err(Refusal::new(Code::DisputeExceedsLine).at("amount.amount").into());
    }
    Ok(())
}

fn resolved(
    before: &dispute::Model,
    actor: &Actor,
    resolution: &Resolution,
    reason: Option<String>,
    at: DateTime<Utc>,
) -> Result<dispute::Model, Refusal> {
    let resolved_by = match actor.who() {
        Who::Operator(operator) => Some(operator),
        _ => None,
    };
    let (status, accepted_minor) = match resolution {
        Resolution::Accept(minor) => {
            let minor = minor.unwrap_or(before.amount_minor);
            if !(1..=before.amount_minor).contains(&minor) {
                let message = "More than nothing is accepted, and no more than is disputed.";
                return Err(Refusal::new(Code::AmountInvalid)
                    .because(message)
                    .at("accepted.amount"));
            }
            (DisputeStatus::Accepted, Some(minor))
        }
        Resolution::Reject if reason.is_none() => {
            return Err(Refusal::new(Code::ReasonInvalid).at("reason"));
        }
        Resolution::Reject => (DisputeStatus::Rejected, None),
        Resolution::Withdraw => (DisputeStatus::Withdrawn, None),
    };
    Ok(dispute::Model {
        status,
        accepted_minor,
        resolution: reason,
        resolved_by,
        resolved_at: Some(at),
        ..before.clone()
    })
}

pub(super) fn visible(actor: &Actor) -> Result<Select<dispute::Entity>> {
    actor.with(Scope::SettlementRead)?;
    let query = dispute::Entity::find().filter(dispute::Column::ProgrammeId.eq(actor.programme()?));
    match actor.who() {
        Who::Operator(_) | Who::System => Ok(query),
        Who::Partner(partner, _) => Ok(query.filter(dispute::Column::PartnerId.eq(partner))),
        _ => Err(not_for_members()),
    }
}

async fn locked(tx: &Tx, actor: &Actor, id: DisputeId) -> Result<dispute::Model> {
    let found = visible(actor)?.filter(dispute::Column::Id.eq(id)).lock_exclusive();
    let found = found.one(tx.connection()).await?;
    Ok(found.ok_or(Refusal::new(Code::DisputeNotFound).at("disputeId"))?)
}

async fn audited(
    tx: &Tx,
    actor: &Actor,
    row: &dispute::Model,
    action: &'static str,
    at: DateTime<Utc>,
) -> Result<()> {
    let seen = serde_json::json!({ "status": row.status, "amountMinor": row.amount_minor,
        "acceptedMinor": row.accepted_minor });
    let change = Change { action, subject: row.id.to_string(), before: None, after: Some(&seen) };
    audit::append(tx, actor, row.programme_id, at, change).await
}

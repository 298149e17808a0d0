//! Operators change a balance: at once as far as their allowance goes, with a second operator beyond.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{AdjustmentId, EntryId, MemberId, OperatorId};
use entity::ledger::adjustment::{self, AdjustmentStatus};
use entity::ledger::entry;
use entity::ledger::idempotency_key::Outcome;
use entity::ledger::lot::Terms;
use entity::members::member;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use serde::Serialize;
use uuid::Uuid;

use super::core::{Action, Command, Key, NewLot};
use super::reason::Cause;
use super::{Ledger, allowance, apply_one, find_entry};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::Result;
use crate::page::{Page, Window};
use crate::payments::above_zero;
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::tx::{Tx, retrying};
use crate::{keys, text};

/// A change that an operator wants.
#[derive(Clone, Debug, Serialize)]
pub struct Adjust {
    /// Whose balance.
    pub member: MemberId,
    /// Above zero gives, below takes.
    pub points: i64,
    /// Why, in the operator's words.
    pub reason: String,
    /// The caller's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A debt that an operator lets go.
#[derive(Clone, Debug, Serialize)]
pub struct WriteOff {
    /// Whose.
    pub member: MemberId,
    /// How much of it.
    pub points: Points,
    /// Why, in the operator's words.
    pub reason: String,
    /// The caller's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What adjusting did.
#[derive(Clone, Debug)]
pub struct Adjusted {
    /// The adjustment: applied, or proposed.
    pub adjustment: adjustment::Model,
    /// Whether it had been asked for before with the same key.
    pub is_replay: bool,
}

impl Ledger {
    /// Changes a balance, or proposes to where a second operator must say yes.
    pub async fn adjust(&self, actor: &Actor, wish: Adjust) -> Result<Adjusted> {
        let (programme, operator) = actor.operator(Scope::LedgerAdjust)?;
        let rules = self.programmes.rules(programme).await?;
        let amount = amount(wish.points)?;
        let reason =
            text::clean(&wish.reason, 500, Code::ReasonInvalid).map_err(|r| r.at("reason"))?;
        let key = keys::key(actor, &wish.idempotency_key, "adjustPoints", &wish)?;
        retrying(|| async {
            let now = self.clock.now();
            let tx = self.db.begin().await?;
            let member = lock_member(&tx, &rules, wish.member).await?;
            if let Some(earlier) = keys::earlier(&tx, programme, &key).await? {
                let id = earlier.subject.and_then(|id| id.parse().ok());
                let id = id.ok_or(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))?;
                let adjustment = lock(&tx, &rules, id).await?;
                return Ok(Adjusted { adjustment, is_replay: true });
            }
            let mut row = proposal(&rules, &wish, reason.clone(), operator, now);
            if amount <= allowance::left(&tx, &rules, operator, now).await? {
                row.status = AdjustmentStatus::Applied;
                let key = Some(key.clone());
                let entry = self.apply_adjustment(&tx, actor, &rules, &member, &row, key).await?;
                allowance::note(&tx, &rules, operator, (entry, amount), now).await?;
                row.entry_id = Some(entry);
            } else {
                let outcome =
                    Outcome { wallet: None, entry: None, subject: Some(row.id.to_string()) };
                keys::insert(&tx, programme, &key, outcome, now).await?;
                audit_row(&tx, actor, &row, "adjustment.proposed", now).await?;
            }
            let adjustment = row.into_active_model().insert(tx.connection()).await?;
            tx.commit(Adjusted { adjustment, is_replay: false }).await
        })
        .await
    }

    /// Says yes to what another operator proposed. Saying it again changes nothing.
    pub async fn approve(&self, actor: &Actor, id: AdjustmentId) -> Result<adjustment::Model> {
        self.decide_adjustment(actor, id, AdjustmentStatus::Applied).await
    }

    /// Says no to what another operator proposed. Saying it again changes nothing.
    pub async fn reject(&self, actor: &Actor, id: AdjustmentId) -> Result<adjustment::Model> {
        self.decide_adjustment(actor, id, AdjustmentStatus::Rejected).await
    }

    async fn decide_adjustment(
        &self,
        actor: &Actor,
        id: AdjustmentId,
        status: AdjustmentStatus,
    ) -> Result<adjustment::Model> {
        let (programme, operator) = actor.operator(Scope::LedgerApprove)?;
        let rules = self.programmes.rules(programme).await?;
        retrying(|| async {
            let now = self.clock.now();
            let tx = self.db.begin().await?;
            let before = lock(&tx, &rules, id).await?;
            if before.status == status && before.decided_by == Some(operator) {
                return Ok(before);
            }
            if before.status != AdjustmentStatus::Proposed {
                return Err(Refusal::new(Code::AdjustmentAlreadyDecided).at("adjustmentId").into());
            }
            if before.proposed_by == operator {
                return Err(Refusal::new(Code::ApproverIsProposer).at("adjustmentId").into());
            }
            let mut row = adjustment::Model {
                status,
                decided_by: Some(operator),
                decided_at: Some(now),
                ..before
            };
            if status == AdjustmentStatus::Applied {
                let member = lock_member(&tx, &rules, row.member_id).await?;
                row.entry_id =
                    Some(self.apply_adjustment(&tx, actor, &rules, &member, &row, None).await?);
            }
            let action = if status == AdjustmentStatus::Applied {
                "adjustment.approved"
            } else {
                "adjustment.rejected"
            };
            audit_row(&tx, actor, &row, action, now).await?;
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(row).await
        })
        .await
    }

    async fn apply_adjustment(
        &self,
        tx: &Tx,
        actor: &Actor,
        rules: &Rules,
        member: &member::Model,
        row: &adjustment::Model,
        key: Option<Key>,
    ) -> Result<EntryId> {
        let now = self.clock.now();
        let points = amount(row.points)?;
        let action = if row.points > 0 {
            let lot = NewLot {
                part: 0,
                issuer: None,
                points,
                available_at: now,
                expires_at: rules.expires_at(now),
                terms: Terms::default(),
            };
            Action::Credit { lot }
        } else {
            Action::Debit { points }
        };
        let cause = Cause::Adjustment { adjustment: row.id, note: row.reason.clone() };
        let command = command(actor, member, now, key, cause, action);
        Ok(apply_one(tx, rules.for_ledger(), command).await?.entry)
    }

    /// Lets some of a debt go, as far as the operator's allowance goes.
    pub async fn write_off(&self, actor: &Actor, wish: WriteOff) -> Result<(entry::Model, bool)> {
        let (programme, operator) = actor.operator(Scope::LedgerAdjust)?;
        let rules = self.programmes.rules(programme).await?;
        above_zero(wish.points)?;
        let note =
            text::clean(&wish.reason, 500, Code::ReasonInvalid).map_err(|r| r.at("reason"))?;
        let key = keys::key(actor, &wish.idempotency_key, "writeOffDebt", &wish)?;
        let receipt = retrying(|| async {
            let now = self.clock.now();
            let tx = self.db.begin().await?;
            let member = lock_member(&tx, &rules, wish.member).await?;
            let left = allowance::left(&tx, &rules, operator, now).await?;
            let cause = Cause::WriteOff { note: note.clone() };
            let action = Action::WriteOff { points: wish.points };
            let command = command(actor, &member, now, Some(key.clone()), cause, action);
            let receipt = apply_one(&tx, rules.for_ledger(), command).await?;
            if receipt.is_replay {
                return Ok(receipt);
            }
            within(left, wish.points)?;
            let used = (receipt.entry, wish.points);
            allowance::note(&tx, &rules, operator, used, now).await?;
            tx.commit(receipt).await
        })
        .await?;
        let entry = find_entry(self.db.primary(), programme, &receipt).await?;
        Ok((entry, receipt.is_replay))
    }

    /// Adjustments by age, for operators.
    pub async fn adjustments(
        &self,
        actor: &Actor,
        status: Option<AdjustmentStatus>,
        window: Window<Uuid>,
    ) -> Result<Page<adjustment::Model>> {
        let (programme, _) = actor.operator(Scope::LedgerAdjust)?;
        let mut query =
            adjustment::Entity::find().filter(adjustment::Column::ProgrammeId.eq(programme));
        if let Some(status) = status {
            query = query.filter(adjustment::Column::Status.eq(status));
        }
        window.read(self.db.reader_for(actor), query.cursor_by(adjustment::Column::Id)).await
    }

    /// Adjustments by id; none to those who may not see them.
    pub async fn adjustments_by_ids(
        &self,
        actor: &Actor,
        ids: &[AdjustmentId],
    ) -> Result<Vec<adjustment::Model>> {
        let Ok((programme, _)) = actor.operator(Scope::LedgerAdjust) else { return Ok(Vec::new()) };
        let query = adjustment::Entity::find()
            .filter(adjustment::Column::ProgrammeId.eq(programme))
            .filter(adjustment::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

/// A debt that is let go isn't proposed: it can be let go in parts, or as an adjustment.
fn within(left: Points, points: Points) -> Result<(), Refusal> {
    if points <= left {
        return Ok(());
    }
    let message = format!(
        "Within 24 hours one operator may write off {left} points more; adjust the balance instead, \
         and a second operator can approve it."
    );
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at("points"))
}

fn amount(points: i64) -> Result<Points, Refusal> {
    let amount = points.checked_abs().and_then(|points| Points::new(points).ok());
    let amount = amount.filter(|amount| !amount.is_zero());
    amount.ok_or_else(|| {
        let message =
            "Points must be a whole number other than zero, at most 9007199254740991 either way.";
        Refusal::new(Code::PointsInvalid).because(message).at("points")
    })
}

fn proposal(
    rules: &Rules,
    wish: &Adjust,
    reason: String,
    operator: OperatorId,
    now: DateTime<Utc>,
) -> adjustment::Model {
    adjustment::Model {
        id: AdjustmentId::at(now),
        programme_id: rules.id(),
        member_id: wish.member,
        points: wish.points,
        reason,
        status: AdjustmentStatus::Proposed,
        proposed_by: operator,
        proposed_at: now,
        decided_by: None,
        decided_at: None,
        entry_id: None,
    }
}

fn command(
    actor: &Actor,
    member: &member::Model,
    now: DateTime<Utc>,
    key: Option<Key>,
    cause: Cause,
    action: Action,
) -> Command {
    Command {
        entry: EntryId::at(now),
        wallet: member.wallet_id,
        key,
        actor: actor.to_string(),
        origin: actor.origin().to_owned(),
        partner: None,
        store: None,
        purchase: None,
        occurred_at: now,
        recorded_at: now,
        is_history: false,
        cause,
        action,
    }
}

async fn lock_member(tx: &Tx, rules: &Rules, id: MemberId) -> Result<member::Model> {
    let query = member::Entity::find_by_id(id).filter(member::Column::ProgrammeId.eq(rules.id()));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    Ok(row.ok_or(Refusal::new(Code::MemberNotFound).at("memberId"))?)
}

async fn lock(tx: &Tx, rules: &Rules, id: AdjustmentId) -> Result<adjustment::Model> {
    let query =
        adjustment::Entity::find_by_id(id).filter(adjustment::Column::ProgrammeId.eq(rules.id()));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    Ok(row.ok_or(Refusal::new(Code::AdjustmentNotFound).at("adjustmentId"))?)
}

async fn audit_row(
    tx: &Tx,
    actor: &Actor,
    row: &adjustment::Model,
    action: &'static str,
    now: DateTime<Utc>,
) -> Result<()> {
    let after =
        serde_json::json!({ "member": row.member_id, "points": row.points, "reason": row.reason });
    let change = Change { action, subject: row.id.to_string(), before: None, after: Some(&after) };
    audit::append(tx, actor, row.programme_id, now, change).await
}

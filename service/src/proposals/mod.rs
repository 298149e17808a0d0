//! What takes two operators: one proposes, another approves or rejects.
//!
//! A use case that is too weighty for one operator makes a proposal in its own transaction instead of
//! doing the thing, and its wish is a variant of [`Wish`]. Approving does the thing in the transaction
//! of the decision, so that nothing is approved and left undone. What was wished never changes.

use chrono::{DateTime, Utc};
use entity::ids::{OperatorId, PayoutId, ProgrammeId, ProposalId};
use entity::programmes::operator;
use entity::proposals::proposal::{self, ProposalKind, ProposalStatus};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::auth::RegisterProvider;
use crate::cashback::runs;
use crate::clock::Clock;
use crate::db::Db;
use crate::earning::ask::Ask;
use crate::earning::campaigns;
use crate::error::{Error, Result};
use crate::page::{Page, Window};
use crate::partners::accounts;
use crate::programmes::{Amend, Rules};
use crate::refusal::{Code, Refusal};
use crate::settlement::adjust;
use crate::tx::{Tx, retrying};
use crate::{auth, programmes};

/// The most that one operator's proposals may be that wait.
const WAITING_MAX: usize = 20;

/// The use cases.
pub struct Proposals {
    db: Db,
    clock: Clock,
    ask: Ask,
}

/// What is wished, as the proposal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Wish {
    /// Other settings.
    AmendProgramme(Amend),
    /// Another way to sign in.
    RegisterIdentityProvider(RegisterProvider),
    /// A campaign that gives much, or another budget for one.
    ChangeCampaign(campaigns::Next),
    /// Payouts that come to much.
    RunPayouts(runs::Planned),
    /// Another account of a partner's.
    SetPartnerBankAccount(accounts::Planned),
    /// A correction on a partner's next statement.
    AdjustSettlement(adjust::Planned),
}

impl Wish {
    fn kind(&self) -> ProposalKind {
        match self {
            Self::AmendProgramme(_) => ProposalKind::AmendProgramme,
            Self::RegisterIdentityProvider(_) => ProposalKind::RegisterIdentityProvider,
            Self::ChangeCampaign(_) => ProposalKind::ChangeCampaign,
            Self::RunPayouts(_) => ProposalKind::RunPayouts,
            Self::SetPartnerBankAccount(_) => ProposalKind::SetPartnerBankAccount,
            Self::AdjustSettlement(_) => ProposalKind::AdjustSettlement,
        }
    }

    /// Does what the proposal wishes.
    async fn apply(
        self,
        tx: &Tx,
        actor: &Actor,
        rules: &Rules,
        proposal: &proposal::Model,
        at: DateTime<Utc>,
    ) -> Result<()> {
        let programme = rules.id();
        match self {
            Self::AmendProgramme(wish) => {
                programmes::amend::apply(tx, actor, programme, wish, at).await
            }
            Self::RegisterIdentityProvider(wish) => {
                auth::providers::insert(tx, actor, programme, wish, at).await
            }
            Self::ChangeCampaign(next) => campaigns::apply(tx, actor, rules, next, at).await,
            Self::RunPayouts(planned) => runs::apply(tx, actor, planned, proposal, at).await,
            Self::SetPartnerBankAccount(planned) => {
                accounts::apply(tx, actor, planned, proposal, at).await
            }
            Self::AdjustSettlement(planned) => {
                adjust::apply(tx, actor, rules, planned, proposal, at).await
            }
        }
    }
}

/// The payouts that a proposal would run; none where it is about something else.
pub fn payouts_of(row: &proposal::Model) -> Result<Option<Vec<PayoutId>>> {
    if row.kind != ProposalKind::RunPayouts {
        return Ok(None);
    }
    match serde_json::from_value(row.wish.clone()).map_err(Error::internal)? {
        Wish::RunPayouts(planned) => Ok(Some(planned.payouts)),
        _ => Ok(None),
    }
}

/// Keeps the wish for a second operator. The same operator wishing the same again changes nothing.
pub(crate) async fn make(
    tx: &Tx,
    actor: &Actor,
    (programme, operator): (ProgrammeId, OperatorId),
    wish: &Wish,
    at: DateTime<Utc>,
) -> Result<proposal::Model> {
    let kept = serde_json::to_value(wish).map_err(Error::internal)?;
    let waiting = proposal::Entity::find()
        .filter(proposal::Column::ProgrammeId.eq(programme))
        .filter(proposal::Column::Status.eq(ProposalStatus::Proposed))
        .filter(proposal::Column::ProposedBy.eq(operator));
    let waiting = waiting.all(tx.connection()).await?;
    let count = waiting.len();
    if let Some(same) = waiting.into_iter().find(|row| row.wish == kept) {
        return Ok(same);
    }
    if count >= WAITING_MAX {
        return Err(Code::ProposalsTooMany.into());
    }
    let row = proposal::Model {
        id: ProposalId::at(at),
        programme_id: programme,
        kind: wish.kind(),
        wish: kept,
        status: ProposalStatus::Proposed,
        proposed_by: operator,
        proposed_at: at,
        decided_by: None,
        decided_at: None,
    };
    audit_row(tx, actor, &row, "proposal.made", at).await?;
    Ok(row.into_active_model().insert(tx.connection()).await?)
}

impl Proposals {
    /// The use cases over this database.
    pub(crate) fn new(db: Db, clock: Clock, ask: Ask) -> Self {
        Self { db, clock, ask }
    }

    /// Says yes to what another operator proposed, and does it. Saying it again changes nothing.
    pub async fn approve(&self, actor: &Actor, id: ProposalId) -> Result<proposal::Model> {
        self.decide(actor, id, ProposalStatus::Applied).await
    }

    /// Says no to what another operator proposed. Saying it again changes nothing.
    pub async fn reject(&self, actor: &Actor, id: ProposalId) -> Result<proposal::Model> {
        self.decide(actor, id, ProposalStatus::Rejected).await
    }

    async fn decide(
        &self,
        actor: &Actor,
        id: ProposalId,
        status: ProposalStatus,
    ) -> Result<proposal::Model> {
        let (programme, operator) = actor.operator(Scope::LedgerApprove)?;
        let rules = self.ask.programmes.rules(programme).await?;
        let decided = retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let before = lock(&tx, programme, id).await?;
            if before.status == status && before.decided_by == Some(operator) {
                return Ok(before);
            }
            may_decide(&before, operator)?;
            let action = match status {
                ProposalStatus::Applied => {
                    is_still_there(&tx, before.proposed_by).await?;
                    let wish: Wish =
                        serde_json::from_value(before.wish.clone()).map_err(Error::internal)?;
                    // Of all that can be wished, each with its own state, whoever waits holds one.
                    Box::pin(wish.apply(&tx, actor, &rules, &before, at)).await?;
                    "proposal.approved"
                }
                _ => "proposal.rejected",
            };
            let (decided_by, decided_at) = (Some(operator), Some(at));
            let row = proposal::Model { status, decided_by, decided_at, ..before };
            audit_row(&tx, actor, &row, action, at).await?;
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(row).await
        })
        .await?;
        self.ask.programmes.forget(programme);
        self.ask.catalogue.forget(programme);
        Ok(decided)
    }

    /// Proposals by age, for operators.
    pub async fn list(
        &self,
        actor: &Actor,
        status: Option<ProposalStatus>,
        window: Window<Uuid>,
    ) -> Result<Page<proposal::Model>> {
        let (programme, _) = actor.operator(Scope::LedgerApprove)?;
        let mut query =
            proposal::Entity::find().filter(proposal::Column::ProgrammeId.eq(programme));
        if let Some(status) = status {
            query = query.filter(proposal::Column::Status.eq(status));
        }
        window.read(self.db.reader_for(actor), query.cursor_by(proposal::Column::Id)).await
    }

    /// Proposals by id; none to those who may not see them.
    pub async fn by_ids(&self, actor: &Actor, ids: &[ProposalId]) -> Result<Vec<proposal::Model>> {
        let Ok((programme, _)) = actor.operator(Scope::LedgerApprove) else {
            return Ok(Vec::new());
        };
        let query = proposal::Entity::find()
            .filter(proposal::Column::ProgrammeId.eq(programme))
            .filter(proposal::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

fn may_decide(row: &proposal::Model, operator: OperatorId) -> Result<(), Refusal> {
    let refused = |code| Err(Refusal::new(code).at("proposalId"));
    if row.status != ProposalStatus::Proposed {
        return refused(Code::ProposalAlreadyDecided);
    }
    if row.proposed_by == operator {
        return refused(Code::ApproverIsProposer);
    }
    Ok(())
}

/// What a suspended operator wished isn't done in its name.
async fn is_still_there(tx: &Tx, proposer: OperatorId) -> Result<()> {
    let proposer = operator::Entity::find_by_id(proposer).one(tx.connection()).await?;
    match proposer.is_some_and(|row| row.suspended_at.is_none()) {
        true => Ok(()),
        false => Err(Refusal::new(Code::ProposerSuspended).at("proposalId").into()),
    }
}

async fn lock(tx: &Tx, programme: ProgrammeId, id: ProposalId) -> Result<proposal::Model> {
    let query =
        proposal::Entity::find_by_id(id).filter(proposal::Column::ProgrammeId.eq(programme));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    Ok(row.ok_or(Refusal::new(Code::ProposalNotFound).at("proposalId"))?)
}

async fn audit_row(
    tx: &Tx,
    actor: &Actor,
    row: &proposal::Model,
    action: &'static str,
    at: DateTime<Utc>,
) -> Result<()> {
    let change =
        Change { action, subject: row.id.to_string(), before: None, after: Some(&row.wish) };
    audit::append(tx, actor, row.programme_id, at, change).await
}

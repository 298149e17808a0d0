//! What takes two operators: the list of what waits, and a second one's yes or no.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::ids::ProposalId;
use entity::proposals::proposal;
use entity::proposals::proposal::{ProposalKind, ProposalStatus};
use serde_json::Value;
use service::cashback::Filter;
use service::proposals::payouts_of;

use super::app;
use super::cashback::Payout;
use super::enumeration::Enumeration;
use super::error::Result;
use super::mutation::{answer, mutation};
use super::page::{Asked, Connection};
use super::purchases::currency;
use super::scalars::{DateTime, Id};

/// What one operator wishes and a second one decides.
pub struct Proposal(pub(super) proposal::Model);

/// One thing that a proposal would set.
#[derive(SimpleObject)]
pub struct ProposedValue {
    /// The input's field: `adjustmentLimit`.
    field: String,
    /// What it would be.
    value: String,
}

/// What one operator wishes and a second one decides.
#[Object]
impl Proposal {
    /// Its id: `prp_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it is about.
    async fn kind(&self) -> Enumeration<ProposalKind> {
        Enumeration(self.0.kind)
    }

    /// What it would set, by the names of the input's fields; of a run of payouts, how many they are and
    /// what they come to.
    async fn values(&self) -> Vec<ProposedValue> {
        values(&self.0.wish)
    }

    /// The payouts that it would run, or has run, oldest first; of them only those are run that still wait
    /// then. Null where it is about something else. For operators with `payouts:write`.
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Option<Connection<Payout>>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Payout, uuid::Uuid>()?;
        let Some(payouts) = payouts_of(&self.0)? else { return Ok(None) };
        let filter = Filter { among: Some(payouts), ..Filter::default() };
        let page = services.cashback.payouts(actor, filter, window).await?;
        let currency = currency(ctx).await?;
        Ok(Some(Connection::new(page, |row| row.id.uuid(), |row| Payout { row, currency })))
    }

    /// Where it stands.
    async fn status(&self) -> Enumeration<ProposalStatus> {
        Enumeration(self.0.status)
    }

    /// The operator who wishes it.
    async fn proposed_by(&self) -> ID {
        self.0.proposed_by.to_string().into()
    }

    /// Since when it waits.
    async fn proposed_at(&self) -> DateTime {
        DateTime(self.0.proposed_at)
    }

    /// The operator who approved or rejected it; null while it waits.
    async fn decided_by(&self) -> Option<ID> {
        self.0.decided_by.map(|id| id.to_string().into())
    }

    /// When it was approved or rejected.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }
}

fn values(wish: &Value) -> Vec<ProposedValue> {
    let show = |(field, value): (&String, &Value)| match (field.as_str(), value) {
        ("kind" | "expectedVersion" | "payouts" | "amountMinor", _) | (_, Value::Null) => None,
        (_, Value::String(text)) => {
            Some(ProposedValue { field: field.clone(), value: text.clone() })
        }
        _ => Some(ProposedValue { field: field.clone(), value: value.to_string() }),
    };
    wish.as_object().into_iter().flatten().filter_map(show).collect()
}

/// The queries of this context.
#[derive(Default)]
pub struct ProposalsQuery;

#[Object]
impl ProposalsQuery {
    /// Proposals, oldest first. For operators with `ledger:approve`.
    async fn proposals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those that stand like this.")] status: Option<
            Enumeration<ProposalStatus>,
        >,
    ) -> Result<Connection<Proposal>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Proposal, uuid::Uuid>()?;
        let page = services.proposals.list(actor, status.map(|status| status.0), window).await?;
        Ok(Connection::new(page, |proposal| proposal.id.uuid(), Proposal))
    }
}

/// The proposal that is decided.
#[derive(InputObject)]
pub struct ApproveProposalInput {
    /// Which.
    proposal_id: Id<ProposalId>,
}

/// The proposal that is decided.
#[derive(InputObject)]
pub struct RejectProposalInput {
    /// Which.
    proposal_id: Id<ProposalId>,
}

mutation! {
    ApproveProposal refuses [
        ProposalNotFound, ProposalAlreadyDecided, ApproverIsProposer, ProposerSuspended,
        IdentityProviderTaken,
        NameInvalid, TimeZoneUnknown, TimeZoneInUse, ValueOutOfRange, CampaignNotFound, ConditionInvalid,
        BudgetBelowGiven, PayoutsMissing, DebtorMissing, Overflow, CycleNotFound,
    ];
    /// What approving did.
    pub struct ApproveProposalPayload {
        /// The proposal, applied; null when refused.
        proposal: Option<Proposal>,
    }
}

mutation! {
    RejectProposal refuses [ProposalNotFound, ProposalAlreadyDecided, ApproverIsProposer];
    /// What rejecting did.
    pub struct RejectProposalPayload {
        /// The proposal, rejected; null when refused.
        proposal: Option<Proposal>,
    }
}

/// The mutations of this context.
#[derive(Default)]
pub struct ProposalsMutation;

#[Object]
impl ProposalsMutation {
    /// Says yes to what another operator proposed, which is done at once. For operators with
    /// `ledger:approve`. `CONFLICT` when what it would change was changed since it was proposed:
    /// reject it, and propose anew. Approving again changes nothing.
    async fn approve_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ApproveProposalInput,
    ) -> Result<ApproveProposalPayload> {
        let (services, actor) = app(ctx);
        answer(services.proposals.approve(actor, input.proposal_id.0).await, |proposal| {
            ApproveProposalPayload {
                proposal: Some(Proposal(proposal)),
                ..ApproveProposalPayload::default()
            }
        })
    }

    /// Says no to what another operator proposed. For operators with `ledger:approve`. Rejecting
    /// again changes nothing.
    async fn reject_proposal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RejectProposalInput,
    ) -> Result<RejectProposalPayload> {
        let (services, actor) = app(ctx);
        answer(services.proposals.reject(actor, input.proposal_id.0).await, |proposal| {
            RejectProposalPayload {
                proposal: Some(Proposal(proposal)),
                ..RejectProposalPayload::default()
            }
        })
    }
}

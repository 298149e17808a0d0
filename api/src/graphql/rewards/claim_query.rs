//! Looking at claims.

use async_graphql::{Context, InputObject, Object};
use entity::ids::{MemberId, RewardClaimId, RewardId};
use entity::rewards::reward_claim::ClaimStatus;
use service::rewards::claims::ClaimFilter;

use super::claims::RewardClaim;
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::scalars::Id;

/// What claims are narrowed to; what is left out narrows nothing.
#[derive(Default, InputObject)]
pub struct RewardClaimFilter {
    /// Only of this reward.
    reward_id: Option<Id<RewardId>>,
    /// Only of this member.
    member_id: Option<Id<MemberId>>,
    /// Only those that stand like this.
    status: Option<Enumeration<ClaimStatus>>,
}

impl From<RewardClaimFilter> for ClaimFilter {
    fn from(own: RewardClaimFilter) -> Self {
        Self {
            reward: own.reward_id.map(|id| id.0),
            member: own.member_id.map(|id| id.0),
            status: own.status.map(|status| status.0),
        }
    }
}

/// The queries of this context.
#[derive(Default)]
pub struct ClaimsQuery;

#[Object]
impl ClaimsQuery {
    /// The claim with this id; null where there is none that the caller may see: its member, the reward's partner
    /// with `payments:write`, operators with `rewards:write`.
    async fn reward_claim(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: Id<RewardClaimId>,
    ) -> Result<Option<RewardClaim>> {
        Ok(load(ctx, id.0).await?.map(RewardClaim))
    }

    /// Claims, oldest first: to a member its own, to a partner with `payments:write` those of its rewards, all to
    /// operators with `rewards:write`.
    async fn reward_claims(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those.")] filter: Option<RewardClaimFilter>,
    ) -> Result<Connection<RewardClaim>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<RewardClaim, uuid::Uuid>()?;
        let filter = filter.unwrap_or_default().into();
        let page = services.rewards.claims(actor, filter, window).await?;
        Ok(Connection::new(page, |own| own.id.uuid(), RewardClaim))
    }

    /// The claim whose voucher has this code, to look at before it is used; null where there is none that this
    /// partner's tills take. For partners with `payments:write`; whoever tries many codes that aren't there has
    /// to wait (`THROTTLED`).
    async fn voucher_claim(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "As the member shows it.")] code: String,
    ) -> Result<Option<RewardClaim>> {
        let (services, actor) = app(ctx);
        Ok(services.rewards.claim_shown(actor, &code).await?.map(RewardClaim))
    }
}

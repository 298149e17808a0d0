//! Looking at the catalogue.

use async_graphql::{Context, InputObject, Object};
use entity::ids::{PartnerId, RewardId};
use entity::rewards::reward::{RewardKind, RewardStatus};
use service::rewards::Filter;

use super::types::Reward;
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::scalars::Id;

/// What the catalogue is narrowed to; what is left out narrows nothing.
#[derive(Default, InputObject)]
pub struct RewardFilter {
    /// Only those of which all these words are said, in whatever language; at most 100 characters.
    search: Option<String>,
    /// Only of this category.
    category: Option<String>,
    /// Only of this kind.
    kind: Option<Enumeration<RewardKind>>,
    /// Only of this partner.
    partner_id: Option<Id<PartnerId>>,
    /// Only those that stand like this.
    status: Option<Enumeration<RewardStatus>>,
    /// Only those that the member who asks has the points for, at the price of its tiers; for members alone.
    #[graphql(default)]
    is_affordable: bool,
}

impl From<RewardFilter> for Filter {
    fn from(own: RewardFilter) -> Self {
        Self {
            search: own.search,
            category: own.category,
            kind: own.kind.map(|kind| kind.0),
            partner: own.partner_id.map(|id| id.0),
            status: own.status.map(|status| status.0),
            is_affordable: own.is_affordable,
        }
    }
}

/// The queries of this context.
#[derive(Default)]
pub struct RewardsQuery;

#[Object]
impl RewardsQuery {
    /// The reward with this id; null where there is none that the caller may see.
    async fn reward(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: Id<RewardId>,
    ) -> Result<Option<Reward>> {
        Ok(load(ctx, id.0).await?.map(Reward))
    }

    /// The catalogue, oldest first: to members what is there for them now, to a partner its own rewards too, all
    /// to operators.
    async fn rewards(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those.")] filter: Option<RewardFilter>,
    ) -> Result<Connection<Reward>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Reward, uuid::Uuid>()?;
        let filter = filter.unwrap_or_default().into();
        let page = services.rewards.list(actor, filter, window).await?;
        Ok(Connection::new(page, |own| own.row.id.uuid(), Reward))
    }
}

//! Looking members up.

use async_graphql::{Context, Object};

use super::{Member, MemberBy};
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::page::{Asked, Connection};

/// The queries of this context.
#[derive(Default)]
pub struct MembersQuery;

#[Object]
impl MembersQuery {
    /// The member that asks. For members; an error for others.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Member> {
        let (services, actor) = app(ctx);
        Ok(Member(services.members.own(actor).await?))
    }

    /// The member so named; null where there is none that the caller may see. A partner sees those
    /// it has dealt with, and whoever's card it reads.
    async fn member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What names the member.")] by: MemberBy,
    ) -> Result<Option<Member>> {
        let (services, actor) = app(ctx);
        let Ok(named) = by.of(actor) else { return Ok(None) };
        Ok(services.members.find(actor, named).await?.map(Member))
    }

    /// The programme's members, oldest first. For operators.
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Member>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Member, uuid::Uuid>()?;
        let page = services.members.list(actor, window).await?;
        Ok(Connection::new(page, |member| member.id.uuid(), Member))
    }
}

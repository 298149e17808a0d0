//! Paid memberships: plans, who has one, payments as they are reported.

pub mod inputs;
pub mod mutation;
pub mod types;

use async_graphql::{Context, Object};

pub use self::mutation::MembershipsMutation;
pub(in crate::graphql) use self::types::ByMember;
pub use self::types::{Membership, MembershipPlan};

use crate::graphql::app;
use crate::graphql::error::Result;

/// The queries of this context.
#[derive(Default)]
pub struct MembershipsQuery;

#[Object]
impl MembershipsQuery {
    /// The programme's membership plans, oldest first, at most 100; retired ones to operators only. For
    /// everybody with a token.
    async fn membership_plans(&self, ctx: &Context<'_>) -> Result<Vec<MembershipPlan>> {
        let (services, actor) = app(ctx);
        Ok(services.memberships.plans(actor).await?.into_iter().map(MembershipPlan).collect())
    }
}

//! Tiers: the sets of a programme, what operators do with them, where members stand.

pub mod inputs;
pub mod mutation;
pub mod types;

use async_graphql::{Context, Object};

pub use self::inputs::PerkInput;
pub use self::mutation::TiersMutation;
pub(in crate::graphql) use self::types::{Histories, Standings, standings};
pub use self::types::{Perk, TierChange, TierSet, TierStanding};

use crate::graphql::app;
use crate::graphql::error::Result;

/// The queries of this context.
#[derive(Default)]
pub struct TiersQuery;

#[Object]
impl TiersQuery {
    /// The programme's tier sets, oldest first, at most 20; archived ones to operators only. For everybody
    /// with a token.
    async fn tier_sets(&self, ctx: &Context<'_>) -> Result<Vec<TierSet>> {
        let (services, actor) = app(ctx);
        Ok(services.tiers.list(actor).await?.into_iter().map(TierSet).collect())
    }
}

//! Reading adjustments.

use async_graphql::{Context, Object};
use entity::ledger::adjustment::AdjustmentStatus;

use super::Adjustment;
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::page::{Asked, Connection};

/// The queries of this context.
#[derive(Default)]
pub struct LedgerQuery;

#[Object]
impl LedgerQuery {
    /// Adjustments, oldest first. For operators with `ledger:adjust`.
    async fn adjustments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those that stand like this.")] status: Option<
            Enumeration<AdjustmentStatus>,
        >,
    ) -> Result<Connection<Adjustment>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Adjustment, uuid::Uuid>()?;
        let page =
            services.ledger.adjustments(actor, status.map(|status| status.0), window).await?;
        Ok(Connection::new(page, |adjustment| adjustment.id.uuid(), Adjustment))
    }
}

//! Looking comparisons up.

use async_graphql::{Context, Object};
use entity::ids::{PartnerId, ReconciliationId};

use super::Reconciliation;
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::purchases::currency;
use crate::graphql::scalars::Id;

/// The queries of this context.
#[derive(Default)]
pub struct ReconciliationQuery;

#[Object]
impl ReconciliationQuery {
    /// A record that was compared with the books; null where there is none that the caller may see. For its
    /// partner and for operators, with `purchases:read`.
    async fn reconciliation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id: `rcn_…`.")] id: Id<ReconciliationId>,
    ) -> Result<Option<Reconciliation>> {
        let (services, actor) = app(ctx);
        let row = services.reconciliation.find(actor, id.0).await?;
        let currency = currency(ctx).await?;
        Ok(row.map(|row| Reconciliation { row, currency }))
    }

    /// Records that were compared with the books, oldest first: a partner's own, all to operators. With
    /// `purchases:read`.
    async fn reconciliations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only of this partner.")] partner_id: Option<Id<PartnerId>>,
    ) -> Result<Connection<Reconciliation>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Reconciliation, uuid::Uuid>()?;
        let page = services.reconciliation.list(actor, partner_id.map(|id| id.0), window).await?;
        let currency = currency(ctx).await?;
        Ok(Connection::new(page, |row| row.id.uuid(), |row| Reconciliation { row, currency }))
    }
}

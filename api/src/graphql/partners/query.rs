//! Looking partners up.

use async_graphql::{Context, Object, OneofObject};
use entity::ids::PartnerId;

use super::Partner;
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::scalars::Id;

/// The queries of this context.
#[derive(Default)]
pub struct PartnersQuery;

/// What names a partner: one of these.
#[derive(OneofObject)]
pub enum PartnerBy {
    /// Its id: `ptn_…`.
    Id(Id<PartnerId>),
    /// Its code, unique in the programme.
    Code(String),
}

#[Object]
impl PartnersQuery {
    /// The partner so named; null where the programme has none.
    async fn partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What names the partner.")] by: PartnerBy,
    ) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        let found = match by {
            PartnerBy::Id(id) => services.partners.find(actor, id.0).await?,
            PartnerBy::Code(code) => services.partners.find_by_code(actor, &code).await?,
        };
        Ok(found.map(Partner))
    }

    /// The programme's partners, oldest first. For everybody with a token.
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Partner>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Partner, uuid::Uuid>()?;
        let page = services.partners.list(actor, window).await?;
        Ok(Connection::new(page, |partner| partner.id.uuid(), Partner))
    }
}

//! Holds.

use async_graphql::{Context, ID, Object};
use entity::ledger::hold::{self, HoldStatus};

use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::partners::Partner;
use crate::graphql::scalars::{DateTime, Points};

/// Points set aside for a payment that isn't final.
pub struct Hold(pub(in crate::graphql) hold::Model);

/// Points set aside for a payment that isn't final: placed, then captured or released, or it lapses.
#[Object]
impl Hold {
    /// Its id: `hld_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Whose points.
    async fn member_id(&self) -> ID {
        self.0.member_id.to_string().into()
    }

    /// For whom.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, self.0.partner_id).await?.map(Partner))
    }

    /// How many were set aside.
    async fn points(&self) -> Points {
        self.0.points.into()
    }

    /// How many of them paid in the end.
    async fn captured(&self) -> Points {
        self.0.captured.into()
    }

    /// Where it stands.
    async fn status(&self) -> Enumeration<HoldStatus> {
        Enumeration(self.0.status)
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime {
        DateTime(self.0.placed_at)
    }

    /// When it lapses unless it is captured or released before.
    async fn lapses_at(&self) -> DateTime {
        DateTime(self.0.lapses_at)
    }

    /// When it was captured or released, or lapsed.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }
}

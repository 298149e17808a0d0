//! One movement of money: what a line of a statement is made of.

use async_graphql::{Context, ID, Object};
use entity::settlement::money_posting;
use service::settlement::owed_exactly;

use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::error::Result;
use crate::graphql::ledger::{Entry, Lot};
use crate::graphql::money::Decimal;
use crate::graphql::partners::Partner;
use crate::graphql::scalars::{Date, Points};

/// What one entry did to what a partner owes, for one lot.
pub struct MoneyMovement(pub(super) money_posting::Model);

/// What one entry did to what a partner owes, for one lot: points × price × share.
#[Object]
impl MoneyMovement {
    /// The entry's id, whoever may see it: what a dispute names.
    async fn entry_id(&self) -> ID {
        self.0.entry_id.to_string().into()
    }

    /// The entry; null where it isn't the caller's to see, or was archived.
    async fn entry(&self, ctx: &Context<'_>) -> Result<Option<Entry>> {
        Ok(load(ctx, self.0.entry_id).await?.map(Entry))
    }

    /// The lot that the points are of; null where it isn't the caller's to see.
    async fn lot(&self, ctx: &Context<'_>) -> Result<Option<Lot>> {
        let Some(id) = self.0.lot_id else { return Ok(None) };
        Ok(load(ctx, id).await?.map(Lot))
    }

    /// When it was recorded, in the programme's time zone.
    async fn day(&self) -> Date {
        Date(self.0.day.date())
    }

    /// The other partner: who accepted, or who issued.
    async fn with(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let Some(id) = self.0.with_id else { return Ok(None) };
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, id).await?.map(Partner))
    }

    /// How many points.
    async fn points(&self) -> Points {
        self.0.points.into()
    }

    /// Units of the settlement currency a point.
    async fn price(&self) -> Decimal {
        Decimal::scaled(self.0.price_micros, Decimal::PLACES_MAX)
    }

    /// How much of the price counts, in 10⁻¹²: 1,000,000,000,000 is all of it.
    async fn share(&self) -> Points {
        Points::change(self.0.factor).unwrap_or_default()
    }

    /// What that comes to exactly, as a decimal number of units; above zero the partner owes it.
    async fn exact(&self) -> Result<String> {
        Ok(owed_exactly(&self.0)?.to_string())
    }
}

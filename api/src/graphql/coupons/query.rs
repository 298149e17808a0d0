//! Looking at coupons.

use async_graphql::{Context, InputObject, Object};
use entity::coupons::coupon::CouponStatus;
use entity::ids::{CouponId, PartnerId};
use service::coupons::Filter;

use super::types::Coupon;
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::scalars::Id;

/// What coupons are narrowed to; what is left out narrows nothing.
#[derive(Default, InputObject)]
pub struct CouponFilter {
    /// Only of this partner.
    partner_id: Option<Id<PartnerId>>,
    /// Only those that stand like this.
    status: Option<Enumeration<CouponStatus>>,
}

/// The queries of this context.
#[derive(Default)]
pub struct CouponsQuery;

#[Object]
impl CouponsQuery {
    /// The coupon with this id; null where there is none that the caller may see.
    async fn coupon(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: Id<CouponId>,
    ) -> Result<Option<Coupon>> {
        Ok(load(ctx, id.0).await?.map(Coupon))
    }

    /// Coupons, oldest first: to a member what it may use now and needs no code of its own, to a partner its own
    /// and what can be used at its tills now, all to operators.
    async fn coupons(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those.")] filter: Option<CouponFilter>,
    ) -> Result<Connection<Coupon>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Coupon, uuid::Uuid>()?;
        let filter = filter.unwrap_or_default();
        let filter = Filter {
            partner: filter.partner_id.map(|id| id.0),
            status: filter.status.map(|status| status.0),
        };
        let page = services.coupons.list(actor, filter, window).await?;
        Ok(Connection::new(page, |own| own.row.id.uuid(), Coupon))
    }
}

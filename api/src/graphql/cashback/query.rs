//! What operators read about payouts.

use async_graphql::{Context, Object};
use entity::cashback::payout::PayoutStatus;
use service::cashback::Filter;

use super::runs::PayoutRun;
use super::types::Payout;
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::purchases::currency;

/// The queries of this context.
#[derive(Default)]
pub struct CashbackQuery;

#[Object]
impl CashbackQuery {
    /// Payouts, oldest first: all to operators with `payouts:write`, its own to a member.
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those that stand like this.")] status: Option<
            Enumeration<PayoutStatus>,
        >,
    ) -> Result<Connection<Payout>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Payout, uuid::Uuid>()?;
        let filter = Filter { status: status.map(|status| status.0), ..Filter::default() };
        let page = services.cashback.payouts(actor, filter, window).await?;
        let currency = currency(ctx).await?;
        Ok(Connection::new(page, |row| row.id.uuid(), |row| Payout { row, currency }))
    }

    /// Payout runs, oldest first. For operators with `payouts:write`.
    async fn payout_runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<PayoutRun>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<PayoutRun, uuid::Uuid>()?;
        let page = services.cashback.runs(actor, window).await?;
        Ok(Connection::new(page, |row| row.id.uuid(), PayoutRun))
    }
}

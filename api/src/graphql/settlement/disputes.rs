//! What partners dispute.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object};
use entity::amount::{self, Currency};
use entity::ids::DisputeId;
use entity::settlement::dispute::{self, DisputeStatus};
use entity::settlement::money_posting::LineKind;
use futures_util::future::try_join_all;
use service::settlement::Evidence;
use service::{Actor, Error, Services};

use super::statements::SettlementStatement;
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::loaders::{Batch, Loaders};
use crate::graphql::money::Money;
use crate::graphql::partners::Partner;
use crate::graphql::reconciliation::ReconciliationItem;
use crate::graphql::scalars::DateTime;

/// What a partner disputes.
pub struct Dispute {
    pub(in crate::graphql) row: dispute::Model,
    pub(in crate::graphql) currency: Currency,
}

/// What a partner disputes of a statement: a line, or entries behind it.
#[Object]
impl Dispute {
    /// Its id: `dsp_…`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// Who disputes.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, self.row.partner_id).await?.map(Partner))
    }

    /// Which statement.
    async fn statement(&self, ctx: &Context<'_>) -> Result<Option<SettlementStatement>> {
        let currency = self.currency;
        let found = load(ctx, self.row.statement_id).await?;
        Ok(found.map(|row| SettlementStatement { row, currency }))
    }

    /// Which line.
    async fn line(&self) -> Enumeration<LineKind> {
        Enumeration(self.row.line)
    }

    /// By how much the line is wrong to the partner's cost.
    async fn amount(&self) -> Money {
        amount::Money { minor: self.row.amount_minor, currency: self.currency }.into()
    }

    /// The ids of the entries that it names; none where it is about the line as a whole.
    async fn entry_ids(&self, ctx: &Context<'_>) -> Result<Vec<ID>> {
        let ids = self.named(ctx).await?.entries;
        Ok(ids.into_iter().map(|id| id.to_string().into()).collect())
    }

    /// What the partner's own record doesn't agree on; none where it names nothing of its reconciliations.
    async fn reconciliation_items(&self, ctx: &Context<'_>) -> Result<Vec<ReconciliationItem>> {
        let ids = self.named(ctx).await?.items;
        let rows = try_join_all(ids.into_iter().map(|id| load(ctx, id))).await?;
        let currency = self.currency;
        Ok(rows.into_iter().flatten().map(|row| ReconciliationItem { row, currency }).collect())
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.row.reason
    }

    /// What shows it; null where nothing was said.
    async fn evidence(&self) -> Option<&str> {
        self.row.evidence.as_deref()
    }

    /// How it stands.
    async fn status(&self) -> Enumeration<DisputeStatus> {
        Enumeration(self.row.status)
    }

    /// When it was raised.
    async fn raised_at(&self) -> DateTime {
        DateTime(self.row.raised_at)
    }

    /// How much of it was accepted: the partner owes so much less on the next statement. Null where none was.
    async fn accepted(&self) -> Option<Money> {
        let minor = self.row.accepted_minor?;
        Some(amount::Money { minor, currency: self.currency }.into())
    }

    /// What was said when it was resolved.
    async fn resolution(&self) -> Option<&str> {
        self.row.resolution.as_deref()
    }

    /// When it was resolved; null while it is open.
    async fn resolved_at(&self) -> Option<DateTime> {
        self.row.resolved_at.map(DateTime)
    }
}

impl Dispute {
    async fn named(&self, ctx: &Context<'_>) -> Result<Evidence> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| Named(services.clone(), actor.clone()));
        Ok(loader.load(self.row.id).await?.unwrap_or_default())
    }
}

/// What disputes name.
struct Named(Services, Actor);

impl Batch for Named {
    type Key = DisputeId;
    type Value = Evidence;

    async fn load(&self, keys: Vec<DisputeId>) -> Result<HashMap<DisputeId, Evidence>, Error> {
        self.0.settlement.disputed(&self.1, &keys).await
    }
}

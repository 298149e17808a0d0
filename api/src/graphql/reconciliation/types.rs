//! A comparison, what it comes to, and its items.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::amount::{self, Currency};
use entity::ids::{PurchaseId, ReconciliationItemId};
use entity::reconciliation::reconciliation::{self, Total};
use entity::reconciliation::reconciliation_item::{
    self, ReconciliationKind, ReconciliationOutcome,
};
use service::reconciliation::Filter;
use service::{Actor, Error, Services};

use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::ledger::Entry;
use crate::graphql::loaders::{Batch, Loaders};
use crate::graphql::money::Money;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::partners::Partner;
use crate::graphql::purchases::{Purchase, PurchaseReturn};
use crate::graphql::scalars::{DateTime, Points};

/// A partner's record of a period, compared with the books.
pub struct Reconciliation {
    pub(in crate::graphql) row: reconciliation::Model,
    pub(in crate::graphql) currency: Currency,
}

/// One thing that the record or the books have.
pub struct ReconciliationItem {
    pub(in crate::graphql) row: reconciliation_item::Model,
    pub(in crate::graphql) currency: Currency,
}

/// What the items of one kind and outcome come to: there is the partner's record, here are Florin's books.
#[derive(SimpleObject)]
pub struct ReconciliationTotal {
    /// Of which kind.
    kind: Enumeration<ReconciliationKind>,
    /// With which outcome.
    outcome: Enumeration<ReconciliationOutcome>,
    /// How many.
    count: i32,
    /// Their amounts in the record.
    amount_there: Money,
    /// Their amounts in the books.
    amount_here: Money,
    /// Their points in the record, of those lines that say some.
    points_there: Points,
    /// Their points in the books.
    points_here: Points,
}

fn money(minor: i64, currency: Currency) -> Money {
    amount::Money { minor, currency }.into()
}

fn total(of: &Total, currency: Currency) -> ReconciliationTotal {
    ReconciliationTotal {
        kind: Enumeration(of.kind),
        outcome: Enumeration(of.outcome),
        count: of.count,
        amount_there: money(of.amount_there_minor, currency),
        amount_here: money(of.amount_here_minor, currency),
        points_there: of.points_there.into(),
        points_here: of.points_here.into(),
    }
}

/// A partner's record of a period, compared with the books as they were then. It never changes: the books go
/// on, and another record of the period is another comparison. To its partner and to operators, with
/// `purchases:read`.
#[Object]
impl Reconciliation {
    /// Its id: `rcn_…`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// Whose record.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, self.row.partner_id).await?.map(Partner))
    }

    /// The period's first moment.
    async fn from(&self) -> DateTime {
        DateTime(self.row.from_at)
    }

    /// The first moment after it.
    async fn until(&self) -> DateTime {
        DateTime(self.row.until_at)
    }

    /// How many lines the record had, its header not counted.
    async fn line_count(&self) -> i32 {
        self.row.line_count
    }

    /// When it was compared.
    async fn reconciled_at(&self) -> DateTime {
        DateTime(self.row.reconciled_at)
    }

    /// How many items there are and what they come to, by kind and outcome; of those that there are.
    async fn totals(&self) -> Vec<ReconciliationTotal> {
        self.row.totals.0.iter().map(|one| total(one, self.currency)).collect()
    }

    /// The record's lines in their order, then what only the books have, by time.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection and a filter")]
    async fn items(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only with this outcome.")] outcome: Option<
            Enumeration<ReconciliationOutcome>,
        >,
        #[graphql(desc = "Only of this kind.")] kind: Option<Enumeration<ReconciliationKind>>,
    ) -> Result<Connection<ReconciliationItem>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<ReconciliationItem, i32>()?;
        let filter = Filter { outcome: outcome.map(|one| one.0), kind: kind.map(|one| one.0) };
        let page = services.reconciliation.items(actor, &self.row, filter, window).await?;
        let currency = self.currency;
        Ok(Connection::new(page, |row| row.place, |row| ReconciliationItem { row, currency }))
    }

    /// All items as CSV (RFC 4180), one a line, for a spreadsheet: no cell of it runs as a formula.
    async fn file(&self, ctx: &Context<'_>) -> Result<String> {
        let (services, actor) = app(ctx);
        Ok(services.reconciliation.file(actor, &self.row).await?)
    }
}

/// One thing that the partner's record (there) or Florin's books (here) have. It never changes.
#[Object]
impl ReconciliationItem {
    /// Its id: `rci_…`. By it the item is named elsewhere.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// Of which comparison: `rcn_…`.
    async fn reconciliation_id(&self) -> ID {
        self.row.reconciliation_id.to_string().into()
    }

    /// What it is.
    async fn kind(&self) -> Enumeration<ReconciliationKind> {
        Enumeration(self.row.kind)
    }

    /// How record and books agree.
    async fn outcome(&self) -> Enumeration<ReconciliationOutcome> {
        Enumeration(self.row.outcome)
    }

    /// The line of the file where the record has it, the header's being 1; null where it is missing there.
    async fn line(&self) -> Option<i32> {
        self.row.line
    }

    /// The earlier line that has it as well, with which the books were compared.
    async fn repeats_line(&self) -> Option<i32> {
        self.row.repeats_line
    }

    /// The receipt's number; of a payment, if the record says one.
    async fn receipt_number(&self) -> Option<&str> {
        self.row.receipt_number.as_deref()
    }

    /// The store's code, if it is said.
    async fn store_code(&self) -> Option<&str> {
        self.row.store_code.as_deref()
    }

    /// What names the payment: as the record has it, else the partner's own reference, else its entry's id.
    async fn payment(&self) -> Option<&str> {
        self.row.payment.as_deref()
    }

    /// When it happened, as the record says; else as the books do.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.row.occurred_at)
    }

    /// The card of the buyer, if the record says it.
    async fn card_number(&self) -> Option<&str> {
        self.row.card_number.as_deref()
    }

    /// The partner's own customer number of the buyer, if the record says it.
    async fn customer_number(&self) -> Option<&str> {
        self.row.customer_number.as_deref()
    }

    /// The amount in the record; null for payments, and where it is missing there.
    async fn amount_there(&self) -> Option<Money> {
        self.row.amount_there_minor.map(|minor| money(minor, self.currency))
    }

    /// The amount in the books; null for payments, and where it is missing here.
    async fn amount_here(&self) -> Option<Money> {
        self.row.amount_here_minor.map(|minor| money(minor, self.currency))
    }

    /// The points in the record; null where it says none.
    async fn points_there(&self) -> Option<Points> {
        self.row.points_there.map(Into::into)
    }

    /// The points in the books: of a sale what it had earned by then, of a return what its goods had earned,
    /// of a payment that was undone 0; null where it is missing here.
    async fn points_here(&self) -> Option<Points> {
        self.row.points_here.map(Into::into)
    }

    /// The receipt in the books; of a return, that of its goods. Of a sale that was missing here, the one
    /// that has been recorded since, if so.
    async fn purchase(&self, ctx: &Context<'_>) -> Result<Option<Purchase>> {
        let id = match self.row.purchase_id {
            Some(id) => Some(id),
            None if self.was_missing_sale() => self.recorded_since(ctx).await?,
            None => None,
        };
        let Some(id) = id else { return Ok(None) };
        Ok(load(ctx, id).await?.map(Purchase))
    }

    /// The return in the books.
    async fn purchase_return(&self, ctx: &Context<'_>) -> Result<Option<PurchaseReturn>> {
        let Some(id) = self.row.return_id else { return Ok(None) };
        let currency = self.currency;
        Ok(load(ctx, id).await?.map(|row| PurchaseReturn { row, currency }))
    }

    /// The ledger's entry: that earned, took back, or paid. Null where the receipt had no member, and where it
    /// was archived after years.
    async fn entry(&self, ctx: &Context<'_>) -> Result<Option<Entry>> {
        let Some(id) = self.row.entry_id else { return Ok(None) };
        Ok(load(ctx, id).await?.map(Entry))
    }
}

impl ReconciliationItem {
    fn was_missing_sale(&self) -> bool {
        self.row.kind == ReconciliationKind::Sale
            && self.row.outcome == ReconciliationOutcome::MissingHere
    }

    async fn recorded_since(&self, ctx: &Context<'_>) -> Result<Option<PurchaseId>> {
        let (services, actor) = app(ctx);
        let loader = ctx.data_unchecked::<Loaders>().of(|| Since(services.clone(), actor.clone()));
        loader.load(self.row.id).await
    }
}

/// What was recorded since of sales that were missing.
struct Since(Services, Actor);

impl Batch for Since {
    type Key = ReconciliationItemId;
    type Value = PurchaseId;

    async fn load(
        &self,
        keys: Vec<ReconciliationItemId>,
    ) -> Result<HashMap<ReconciliationItemId, PurchaseId>, Error> {
        let Self(services, actor) = self;
        let missing = services.reconciliation.items_by_ids(actor, &keys).await?;
        services.reconciliation.recorded_since(actor, &missing).await
    }
}

//! Partners, stores, contracts, API clients.

use async_graphql::{Context, ID, Object};
use entity::amount;
use entity::partners::contract::{Funding, OnUs};
use entity::partners::partner::{PartnerStatus, ReceiptScope};
use entity::partners::{api_client, contract, partner, store};

use super::accounts::{PartnerBankAccount, PartnerBankAccounts};
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::loaders::Loaders;
use crate::graphql::money::{Decimal, Money};
use crate::graphql::page::{Asked, Connection};
use crate::graphql::scalars::{BasisPoints, DateTime, Points};
use crate::graphql::settlement::exposure::{PartnerExposure, PartnerExposures};

/// A business in the programme.
pub struct Partner(pub(in crate::graphql) partner::Model);

/// Where a partner sells.
pub struct Store(pub(in crate::graphql) store::Model);

/// A version of a partner's commercial terms.
pub struct Contract(pub(in crate::graphql) contract::Model);

/// A partner's machine client.
pub struct ApiClient(pub(in crate::graphql) api_client::Model);

/// A business in the programme. Everybody with a token may see who takes part.
#[Object]
impl Partner {
    /// Its id: `ptn_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its short name, unique in the programme.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Role `ISSUES`: its purchases earn points.
    async fn is_issuer(&self) -> bool {
        self.0.issues
    }

    /// Role `ACCEPTS`: members pay with points here.
    async fn is_acceptor(&self) -> bool {
        self.0.accepts
    }

    /// Role `SUPPLIES`: it delivers third-party rewards.
    async fn is_supplier(&self) -> bool {
        self.0.supplies
    }

    /// Whether it takes part just now.
    async fn status(&self) -> Enumeration<PartnerStatus> {
        Enumeration(self.0.status)
    }

    /// Within what its receipt numbers are unique.
    async fn receipt_scope(&self) -> Enumeration<ReceiptScope> {
        Enumeration(self.0.receipt_scope)
    }

    /// Thousandths of a point for each unit of settlement currency, on the net amount.
    async fn base_rate_millipoints(&self) -> Points {
        Points::change(self.0.base_rate_millipoints).unwrap_or_default()
    }

    /// Purchase categories that earn nothing.
    async fn excluded_categories(&self) -> &[String] {
        &self.0.excluded_categories.0
    }

    /// How much of what counts comes back as money.
    async fn cashback_bp(&self) -> BasisPoints {
        BasisPoints(self.0.cashback_bp)
    }

    /// Counts its changes: give it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it joined.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Where it is paid; null where nothing is set. For operators and the partner itself, null to others.
    async fn bank_account(&self, ctx: &Context<'_>) -> Result<Option<PartnerBankAccount>> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| PartnerBankAccounts(services.clone(), actor.clone()));
        Ok(loader.load(self.0.id).await?.map(PartnerBankAccount))
    }

    /// What it owes and may owe, as of now. For operators and the partner itself with `settlement:read`, null to
    /// others.
    async fn exposure(&self, ctx: &Context<'_>) -> Result<Option<PartnerExposure>> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| PartnerExposures(services.clone(), actor.clone()));
        Ok(loader.load(self.0.id).await?.map(PartnerExposure))
    }

    /// Its stores, oldest first.
    async fn stores(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Store>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Store, uuid::Uuid>()?;
        let page = services.partners.stores(actor, self.0.id, window).await?;
        Ok(Connection::new(page, |store| store.id.uuid(), Store))
    }

    /// The versions of its contract, oldest first. To operators and the partner itself; an error to
    /// others.
    async fn contracts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Option<Result<Connection<Contract>>> {
        Some(self.contracts_of(ctx, Asked { first, after, last, before }).await)
    }

    /// Its API clients, oldest first, revoked ones too. To operators and the partner itself; an error
    /// to others.
    async fn api_clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Option<Result<Connection<ApiClient>>> {
        Some(self.clients_of(ctx, Asked { first, after, last, before }).await)
    }
}

impl Partner {
    async fn contracts_of(&self, ctx: &Context<'_>, asked: Asked) -> Result<Connection<Contract>> {
        let (services, actor) = app(ctx);
        let window = asked.window::<Contract, uuid::Uuid>()?;
        let page = services.partners.contracts(actor, self.0.id, window).await?;
        Ok(Connection::new(page, |contract| contract.id.uuid(), Contract))
    }

    async fn clients_of(&self, ctx: &Context<'_>, asked: Asked) -> Result<Connection<ApiClient>> {
        let (services, actor) = app(ctx);
        let window = asked.window::<ApiClient, uuid::Uuid>()?;
        let page = services.partners.clients(actor, self.0.id, window).await?;
        Ok(Connection::new(page, |client| client.id.uuid(), ApiClient))
    }
}

/// Where a partner sells.
#[Object]
impl Store {
    /// Its id: `sto_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The partner's own code for it, unique within the partner.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Since when it is closed; null while it is open.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }
}

/// A version of a partner's commercial terms. It never changes; a change is the next version.
#[Object]
impl Contract {
    /// Its id: `ctr_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Counts the partner's versions, from 1.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// From when it is in force, until the next version is.
    async fn valid_from(&self) -> DateTime {
        DateTime(self.0.valid_from)
    }

    /// When the partner pays for its points.
    async fn funding(&self) -> Enumeration<Funding> {
        Enumeration(self.0.funding)
    }

    /// The share due at issue.
    async fn issue_share_bp(&self) -> BasisPoints {
        BasisPoints(self.0.issue_share_bp)
    }

    /// What it pays for a point that it issues, in settlement currency, to the micro-unit.
    async fn issue_price(&self) -> Decimal {
        Decimal::scaled(self.0.issue_price_micros, 6)
    }

    /// What it is paid for a point spent there, in settlement currency, to the micro-unit.
    async fn acceptance_price(&self) -> Decimal {
        Decimal::scaled(self.0.acceptance_price_micros, 6)
    }

    /// The programme's fee on the money value that it issues.
    async fn service_fee_bp(&self) -> BasisPoints {
        BasisPoints(self.0.service_fee_bp)
    }

    /// Its share of the reserve set free when its points expire.
    async fn breakage_share_bp(&self) -> BasisPoints {
        BasisPoints(self.0.breakage_share_bp)
    }

    /// How points spent where they were issued are settled.
    async fn on_us(&self) -> Enumeration<OnUs> {
        Enumeration(self.0.on_us)
    }

    /// The most that it may owe unsettled; null is without limit. Beyond it sales are recorded with no points.
    async fn credit_limit(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        money(ctx, self.0.credit_limit_minor).await
    }

    /// What it may owe before the operator is told.
    async fn credit_alert(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        money(ctx, self.0.credit_alert_minor).await
    }

    /// Days to pay a statement.
    async fn payment_days(&self) -> i32 {
        self.0.payment_days
    }

    /// Days to dispute a line of it.
    async fn dispute_days(&self) -> i32 {
        self.0.dispute_days
    }

    /// The tax code on its lines.
    async fn tax_code(&self) -> &str {
        &self.0.tax_code
    }

    /// When it was signed.
    async fn signed_at(&self) -> DateTime {
        DateTime(self.0.signed_at)
    }
}

async fn money(ctx: &Context<'_>, minor: Option<i64>) -> Result<Option<Money>> {
    let (services, actor) = app(ctx);
    let currency = services.programmes.own(actor).await?.programme.currency;
    Ok(minor.map(|minor| amount::Money { minor, currency }.into()))
}

/// A partner's machine client. It gets tokens at `/oauth/token`.
#[Object]
impl ApiClient {
    /// Its id: `cli_…`, the `client_id` of RFC 6749.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What the partner calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What its tokens may be used for.
    async fn scopes(&self) -> Vec<&str> {
        self.0.scopes.split_whitespace().collect()
    }

    /// Since when it gets no tokens; null while it does.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }

    /// When it was registered.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

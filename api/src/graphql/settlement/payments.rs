//! What is to be paid, and what was.

use async_graphql::{Context, Object};
use entity::amount::{self, Currency};
use entity::settlement::payment_instruction::PaymentDirection;
use entity::settlement::settlement_payment::{self, PaymentSource};
use service::settlement::Due;

use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::money::Money;
use crate::graphql::partners::Partner;
use crate::graphql::scalars::{Date, DateTime};

/// What is to be paid for a cycle.
pub struct PaymentInstruction(pub(in crate::graphql) Due);

impl PaymentInstruction {
    fn money(&self, minor: i64) -> Money {
        amount::Money { minor, currency: self.0.row.currency }.into()
    }
}

/// What a partner is to pay for a cycle, or to be paid. At most one a partner and cycle.
#[Object]
impl PaymentInstruction {
    /// What a bank transfer for it quotes.
    async fn reference(&self) -> &str {
        &self.0.row.reference
    }

    /// Who pays, or is paid.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, self.0.row.partner_id).await?.map(Partner))
    }

    /// Which way the money goes.
    async fn direction(&self) -> Enumeration<PaymentDirection> {
        Enumeration(self.0.row.direction)
    }

    /// How much.
    async fn amount(&self) -> Money {
        self.money(self.0.row.amount_minor)
    }

    /// How much of it was paid.
    async fn paid(&self) -> Money {
        self.money(self.0.paid_minor)
    }

    /// How much is still to be paid.
    async fn open(&self) -> Money {
        self.money(self.0.open_minor())
    }

    /// By when, in the programme's time zone.
    async fn due_on(&self) -> Date {
        Date(self.0.row.due_on.date())
    }

    /// For how many days what is open should have been paid; 0 where nothing is, or it isn't due yet.
    async fn days_overdue(&self, ctx: &Context<'_>) -> Result<i32> {
        let (services, actor) = app(ctx);
        Ok(services.settlement.days_overdue(actor, &self.0).await?)
    }

    /// When it was made.
    async fn made_at(&self) -> DateTime {
        DateTime(self.0.row.made_at)
    }

    /// What was paid, oldest first.
    async fn payments(&self, ctx: &Context<'_>) -> Result<Vec<SettlementPayment>> {
        let (services, actor) = app(ctx);
        let currency = self.0.row.currency;
        let rows = services.settlement.payments(actor, &self.0).await?;
        Ok(rows.into_iter().map(|row| SettlementPayment { row, currency }).collect())
    }
}

/// Money that a partner paid, or was paid.
pub struct SettlementPayment {
    pub(super) row: settlement_payment::Model,
    pub(super) currency: Currency,
}

/// Money that a partner paid, or was paid.
#[Object]
impl SettlementPayment {
    /// How much.
    async fn amount(&self) -> Money {
        amount::Money { minor: self.row.amount_minor, currency: self.currency }.into()
    }

    /// The bank's day.
    async fn paid_on(&self) -> Date {
        Date(self.row.paid_on.date())
    }

    /// Who said so.
    async fn source(&self) -> Enumeration<PaymentSource> {
        Enumeration(self.row.source)
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.row.recorded_at)
    }
}

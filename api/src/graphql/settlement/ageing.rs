//! For how long what is unpaid should have been paid.

use async_graphql::{Context, Object};
use entity::amount::{self, Currency};
use entity::settlement::payment_instruction::PaymentDirection;
use service::settlement::Age;

use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::money::Money;
use crate::graphql::partners::Partner;

/// What is unpaid between a partner and the programme, by age.
pub struct SettlementAge {
    pub(super) age: Age,
    pub(super) currency: Currency,
}

impl SettlementAge {
    fn money(&self, minor: i64) -> Money {
        amount::Money { minor, currency: self.currency }.into()
    }
}

/// What is unpaid between a partner and the programme in one direction, by how many days it is overdue today,
/// in the programme's time zone.
#[Object]
impl SettlementAge {
    /// Whose.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, self.age.partner_id).await?.map(Partner))
    }

    /// Which way the money goes.
    async fn direction(&self) -> Enumeration<PaymentDirection> {
        Enumeration(self.age.direction)
    }

    /// Due today or later.
    async fn not_due(&self) -> Money {
        self.money(self.age.not_due_minor)
    }

    /// Overdue for 1 to 30 days.
    async fn days1_to30(&self) -> Money {
        self.money(self.age.to_30_minor)
    }

    /// Overdue for 31 to 60 days.
    async fn days31_to60(&self) -> Money {
        self.money(self.age.to_60_minor)
    }

    /// Overdue for 61 to 90 days.
    async fn days61_to90(&self) -> Money {
        self.money(self.age.to_90_minor)
    }

    /// Overdue for more than 90 days.
    async fn over90_days(&self) -> Money {
        self.money(self.age.over_90_minor)
    }

    /// All of it.
    async fn total(&self) -> Money {
        self.money(self.age.total_minor)
    }
}

//! What partners owe and may owe, worked out at once for a whole answer.

use std::collections::HashMap;

use async_graphql::Object;
use entity::amount;
use entity::ids::PartnerId;
use service::settlement::Exposure;
use service::{Actor, Error, Services};

use crate::graphql::loaders::Batch;
use crate::graphql::money::Money;

/// What a partner owes, and may owe.
pub struct PartnerExposure(pub(in crate::graphql) Exposure);

impl PartnerExposure {
    fn money(&self, minor: i64) -> Money {
        amount::Money { minor, currency: self.0.currency }.into()
    }
}

/// What a partner owes and hasn't paid, as of now, and how much its contract lets it owe.
#[Object]
impl PartnerExposure {
    /// What it owes less what it is owed: left open by its last statement and not paid since, billed in cycles
    /// that aren't approved, and issued lately. Below zero what it is owed.
    async fn owed(&self) -> Money {
        self.money(self.0.owed_minor)
    }

    /// What of that was issued lately and isn't in the money books yet.
    async fn reserved(&self) -> Money {
        self.money(self.0.reserved_minor)
    }

    /// The most that it may owe; null is without limit. Beyond it its sales are recorded with no points.
    async fn limit(&self) -> Option<Money> {
        self.0.limit_minor.map(|minor| self.money(minor))
    }

    /// What it may still owe; below zero what it owes beyond its limit. Null is without limit.
    async fn headroom(&self) -> Option<Money> {
        self.0.headroom_minor().map(|minor| self.money(minor))
    }

    /// At how much the operator is told; null is never.
    async fn alert_level(&self) -> Option<Money> {
        self.0.alert_minor.map(|minor| self.money(minor))
    }

    /// Whether it owes as much as the alert level says.
    async fn is_alert_reached(&self) -> bool {
        self.0.is_alert_reached()
    }

    /// Whether the money books are so far behind that what was issued lately is left out.
    async fn is_behind(&self) -> bool {
        self.0.is_behind
    }
}

/// Partners' exposures.
pub struct PartnerExposures(pub Services, pub Actor);

impl Batch for PartnerExposures {
    type Key = PartnerId;
    type Value = Exposure;

    async fn load(&self, keys: Vec<PartnerId>) -> Result<HashMap<PartnerId, Exposure>, Error> {
        self.0.settlement.exposures(&self.1, &keys).await
    }
}

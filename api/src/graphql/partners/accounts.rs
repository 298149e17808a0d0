//! Partners' bank accounts as operators and the partners themselves see them, read at once for a whole
//! answer. Their numbers leave masked.

use std::collections::HashMap;

use async_graphql::{Object, SimpleObject};
use entity::ids::PartnerId;
use entity::partners::partner_bank_account::{MandateScheme, Model};
use service::bank::iban;
use service::{Actor, Error, Services};

use crate::graphql::enumeration::Enumeration;
use crate::graphql::loaders::Batch;
use crate::graphql::scalars::{Date, DateTime};

/// Where a partner is paid.
pub struct PartnerBankAccount(pub(super) Model);

/// A partner's leave to fetch money from its account.
#[derive(SimpleObject)]
pub struct Mandate {
    /// Names it.
    reference: String,
    /// Which scheme it is signed for.
    scheme: Enumeration<MandateScheme>,
    /// The day on which it was signed.
    signed_on: Date,
}

/// Where a partner is paid and, with a mandate, where money is fetched from.
#[Object]
impl PartnerBankAccount {
    /// The account's holder.
    async fn holder(&self) -> &str {
        &self.0.holder
    }

    /// The account's number, masked: `DE89 **** **** 3000`.
    async fn iban(&self) -> String {
        iban::masked(&self.0.iban)
    }

    /// The bank's code, where it wants to be named.
    async fn bic(&self) -> Option<&str> {
        self.0.bic.as_deref()
    }

    /// Leave to fetch money from it by SEPA direct debit; null where there is none.
    async fn mandate(&self) -> Option<Mandate> {
        Some(Mandate {
            reference: self.0.mandate_reference.clone()?,
            scheme: Enumeration(self.0.mandate_scheme?),
            signed_on: Date(self.0.mandate_signed_on.as_deref()?.parse().ok()?),
        })
    }

    /// Since when it holds.
    async fn set_at(&self) -> DateTime {
        DateTime(self.0.set_at)
    }
}

/// Partners' bank accounts.
pub struct PartnerBankAccounts(pub Services, pub Actor);

impl Batch for PartnerBankAccounts {
    type Key = PartnerId;
    type Value = Model;

    async fn load(&self, keys: Vec<PartnerId>) -> Result<HashMap<PartnerId, Model>, Error> {
        let rows = self.0.partners.bank_accounts(&self.1, &keys).await?;
        Ok(rows.into_iter().map(|row| (row.partner_id, row)).collect())
    }
}

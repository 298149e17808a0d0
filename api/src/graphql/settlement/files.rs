//! Files for the bank, of what is open of a cycle.

use async_graphql::{Context, Object};
use entity::settlement::payment_instruction::PaymentDirection;
use entity::settlement::settlement_cycle;

use crate::graphql::app;
use crate::graphql::error::Result;

/// What is open of a cycle, as files for the bank.
pub struct PaymentFiles(pub(super) settlement_cycle::Model);

impl PaymentFiles {
    async fn file(&self, ctx: &Context<'_>, direction: PaymentDirection) -> Result<Option<String>> {
        let (services, actor) = app(ctx);
        Ok(services.settlement.payment_file(actor, &self.0, direction).await?)
    }
}

/// What is open of a cycle, as files for the bank: the same bytes for as long as nothing has changed. A
/// payment's end-to-end id is its instruction's reference. Money moves on the day on which it is due; where
/// that is no bank day, or not after the day of the approval, on the first bank day then. They hold partners'
/// account numbers, and are noted in the audit trail. What an earlier file had asked for is in the next one
/// too until it is paid by the books: import the bank's statement first.
#[Object]
impl PaymentFiles {
    /// What is to be paid, ISO 20022 pain.001.001.09, from the programme's account (an error with the message
    /// of `DEBTOR_MISSING` where it has none). Null where nothing is.
    async fn transfers(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        self.file(ctx, PaymentDirection::Pay).await.transpose()
    }

    /// What is to be fetched by partners' mandates, ISO 20022 pain.008.001.08, to the programme's account and
    /// under its creditor identifier (an error with the message of `CREDITOR_ID_MISSING` where it has none);
    /// in euros only. Null where nothing is.
    async fn collections(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        self.file(ctx, PaymentDirection::Collect).await.transpose()
    }

    /// The codes of partners whose open payments are in neither: they have no bank account, or no mandate to
    /// fetch money by.
    async fn without_account(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let (services, actor) = app(ctx);
        let partners = services.settlement.without_account(actor, &self.0).await?;
        let directory = services.partners.directory(actor.programme()?).await?;
        let code = |id| directory.partner(id).map(|partner| partner.code.clone());
        let mut codes: Vec<String> = partners.into_iter().filter_map(code).collect();
        codes.sort();
        Ok(codes)
    }
}

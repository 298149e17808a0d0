//! Payout runs: what operators do with payouts, and the file for the bank.

use async_graphql::{Context, ID, Object};
use entity::amount;
use entity::cashback::payout_run;
use service::cashback::{Confirm, Failure, Filter, Ran, Run};

use super::inputs::{ConfirmPayoutsInput, RunPayoutsInput};
use super::types::Payout;
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::money::Money;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::page::{Asked, Connection};
use crate::graphql::proposals::Proposal;
use crate::graphql::scalars::DateTime;

/// Payouts that go to the bank in one file.
pub struct PayoutRun(pub(in crate::graphql) payout_run::Model);

/// Payouts that go to the bank in one file. For operators.
#[Object]
impl PayoutRun {
    /// Its id: `pyr_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// How many payouts there are in it.
    async fn payout_count(&self) -> i32 {
        self.0.payouts
    }

    /// What they come to.
    async fn total(&self) -> Money {
        amount::Money { minor: self.0.total_minor, currency: self.0.currency }.into()
    }

    /// When it was made.
    async fn made_at(&self) -> DateTime {
        DateTime(self.0.made_at)
    }

    /// The operator who made it, or proposed it.
    async fn made_by(&self) -> ID {
        self.0.made_by.to_string().into()
    }

    /// The id of the proposal by which a second operator agreed; null where one did it alone.
    async fn proposal_id(&self) -> Option<ID> {
        self.0.proposal_id.map(|id| id.to_string().into())
    }

    /// The file for the bank, ISO 20022 pain.001.001.09: the same bytes each time. It holds the members'
    /// account numbers; keep it no longer than it takes to send it.
    async fn file(&self, ctx: &Context<'_>) -> Result<String> {
        let (services, actor) = app(ctx);
        Ok(services.cashback.run_file(actor, &self.0).await?)
    }

    /// Its payouts, oldest first.
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Payout>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Payout, uuid::Uuid>()?;
        let filter = Filter { run: Some(self.0.id), ..Filter::default() };
        let page = services.cashback.payouts(actor, filter, window).await?;
        let currency = self.0.currency;
        Ok(Connection::new(page, |row| row.id.uuid(), |row| Payout { row, currency }))
    }
}

mutation! {
    RunPayouts refuses [
        PayoutsMissing, DebtorMissing, Overflow, ProposalsTooMany, IdempotencyKeyInvalid,
        IdempotencyKeyReused,
    ];
    /// What running payouts did.
    pub struct RunPayoutsPayload {
        /// The run; null when refused, while it waits for a second operator, and where that one said no.
        run: Option<PayoutRun>,
        /// What a second operator decides, or has decided; null where one operator did it alone.
        proposal: Option<Proposal>,
        /// Whether an earlier request with the same key had asked for it.
        is_replayed: bool,
    }
}

mutation! {
    ConfirmPayouts refuses [
        PayoutRunNotFound, PayoutNotInRun, PayoutAlreadyClosed, PayoutsMissing, PayoutsTooMany,
        ReasonInvalid, Overflow, IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What confirming payouts did.
    pub struct ConfirmPayoutsPayload {
        /// The run; null when refused.
        run: Option<PayoutRun>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

/// The mutations of payout runs.
#[derive(Default)]
pub struct PayoutRunsMutation;

#[Object]
impl PayoutRunsMutation {
    /// Collects the payouts that wait, oldest first and at most 1,000, into a run, whose file goes to the
    /// bank. Where that comes to more than the operator may have paid out alone within 24 hours, the
    /// programme's `payoutRunLimit`, it is proposed: the payouts go on waiting, and those that still do are
    /// run when a second operator approves. For operators with `payouts:write`.
    async fn run_payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RunPayoutsInput,
    ) -> Result<RunPayoutsPayload> {
        let (services, actor) = app(ctx);
        let wish = Run { idempotency_key: input.idempotency_key };
        let outcome = services.cashback.run_payouts(actor, wish).await;
        answer(outcome, |Ran { run, proposal, is_replay }| RunPayoutsPayload {
            run: run.map(PayoutRun),
            proposal: proposal.map(Proposal),
            is_replayed: is_replay,
            ..RunPayoutsPayload::default()
        })
    }

    /// Notes what the bank did with a run's payouts: those that failed go back into the wallet, a paid
    /// one too that comes back later. Saying it again changes nothing. For operators with
    /// `payouts:write`.
    async fn confirm_payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ConfirmPayoutsInput,
    ) -> Result<ConfirmPayoutsPayload> {
        let (services, actor) = app(ctx);
        let failed = input.failed.into_iter();
        let wish = Confirm {
            run: input.run_id.0,
            paid: input.paid.into_iter().map(|id| id.0).collect(),
            failed: failed
                .map(|one| Failure { payout: one.payout_id.0, reason: one.reason })
                .collect(),
            idempotency_key: input.idempotency_key,
        };
        answer(services.cashback.confirm_payouts(actor, wish).await, |done| ConfirmPayoutsPayload {
            run: Some(PayoutRun(done.run)),
            is_replayed: done.is_replay,
            ..ConfirmPayoutsPayload::default()
        })
    }
}

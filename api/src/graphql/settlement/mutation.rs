//! What operators do with cycles, payments and disputes, and partners with theirs.

use async_graphql::{Context, Object};
use entity::amount;
use service::settlement::{self, Raise, Raised, RecordPayment, RecordedPayment, Resolution};
use service::{Code, Refusal};

use super::disputes::Dispute;
use super::inputs::{
    ApproveCycleInput, CalculateCycleInput, DisputeResolution, RaiseDisputeInput,
    RecordSettlementPaymentInput, ResolveDisputeInput, ReviewCycleInput, SetTaxRateInput, TaxRate,
};
use super::payments::{PaymentInstruction, SettlementPayment};
use super::types::SettlementCycle;
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::money::MoneyInput;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::purchases::currency;

mutation! {
    CalculateCycle refuses [CycleNotFound, CycleClosed, CycleRuns, CycleNotNext];
    /// What asking for a calculation did.
    pub struct CalculateCyclePayload {
        /// The cycle; null when refused.
        cycle: Option<SettlementCycle>,
    }
}

mutation! {
    ReviewCycle refuses [CycleNotFound, CycleClosed, CycleNotCalculated, CalculationRuns];
    /// What reviewing did.
    pub struct ReviewCyclePayload {
        /// The cycle; null when refused.
        cycle: Option<SettlementCycle>,
    }
}

mutation! {
    ApproveCycle refuses [
        CycleNotFound, CycleClosed, CycleNotCalculated, CycleNotInReview, CalculationRuns,
        ApproverIsCalculator, CalculationStale, Overflow,
    ];
    /// What approving did.
    pub struct ApproveCyclePayload {
        /// The cycle; null when refused.
        cycle: Option<SettlementCycle>,
    }
}

mutation! {
    RecordSettlementPayment refuses [
        InstructionNotFound, PaymentExceedsDue, PaymentCurrencyMismatch, AmountInvalid, OccurredInFuture,
        IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What recording a payment did.
    pub struct RecordSettlementPaymentPayload {
        /// The payment; null when refused.
        payment: Option<SettlementPayment>,
        /// What it follows; null when refused.
        instruction: Option<PaymentInstruction>,
        /// Whether an earlier request with the same key had recorded it.
        is_replayed: bool,
    }
}

mutation! {
    RaiseDispute refuses [
        StatementNotFound, StatementLineNotFound, DisputeTooLate, DisputeExceedsLine, DisputeEntryNotFound,
        ReconciliationItemNotFound, ReconciliationItemMatched, AmountInvalid, PaymentCurrencyMismatch,
        ReasonInvalid, ValueOutOfRange, IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What raising a dispute did.
    pub struct RaiseDisputePayload {
        /// The dispute; null when refused.
        dispute: Option<Dispute>,
        /// Whether an earlier request with the same key had raised it.
        is_replayed: bool,
    }
}

mutation! {
    ResolveDispute refuses [
        DisputeNotFound, DisputeAlreadyResolved, AmountInvalid, PaymentCurrencyMismatch, ReasonInvalid,
    ];
    /// What resolving did.
    pub struct ResolveDisputePayload {
        /// The dispute; null when refused.
        dispute: Option<Dispute>,
    }
}

mutation! {
    SetTaxRate refuses [TaxRateTaken, ValueOutOfRange];
    /// What setting a rate did.
    pub struct SetTaxRatePayload {
        /// The rate; null when refused.
        tax_rate: Option<TaxRate>,
    }
}

/// The mutations of this context.
#[derive(Default)]
pub struct SettlementMutation;

#[Object]
impl SettlementMutation {
    /// Asks for a cycle that has ended to be calculated, or to be calculated anew. It is done in the
    /// background: the cycle is closed, what comes later falls into the next, and statements are drafted. See
    /// `calculationProgress`. Asking again changes nothing. For operators with `settlement:write`.
    async fn calculate_cycle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CalculateCycleInput,
    ) -> Result<CalculateCyclePayload> {
        let (services, actor) = app(ctx);
        answer(services.settlement.calculate(actor, input.cycle_id.0).await, |row| {
            let cycle = Some(SettlementCycle(row));
            CalculateCyclePayload { cycle, ..CalculateCyclePayload::default() }
        })
    }

    /// Notes that an operator looks at what was calculated; a calculation can be approved after that. Again
    /// changes nothing. For operators with `settlement:write`.
    async fn review_cycle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ReviewCycleInput,
    ) -> Result<ReviewCyclePayload> {
        let (services, actor) = app(ctx);
        answer(services.settlement.review(actor, input.cycle_id.0).await, |row| {
            let cycle = Some(SettlementCycle(row));
            ReviewCyclePayload { cycle, ..ReviewCyclePayload::default() }
        })
    }

    /// Approves exactly what the digest names: its statements are issued, and what they come to is due. Not
    /// for whoever had it calculated. Approved is for ever: what is wrong is corrected in the next cycle. A
    /// cycle for which nothing is due is settled at once. For operators with `settlement:approve`.
    async fn approve_cycle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ApproveCycleInput,
    ) -> Result<ApproveCyclePayload> {
        let (services, actor) = app(ctx);
        let approved = services.settlement.approve(actor, input.cycle_id.0, &input.digest).await;
        answer(approved, |row| {
            let cycle = Some(SettlementCycle(row));
            ApproveCyclePayload { cycle, ..ApproveCyclePayload::default() }
        })
    }

    /// Notes that a partner paid, or was paid, wholly or in part. The last payment of a cycle settles it. For
    /// operators with `settlement:write`.
    async fn record_settlement_payment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RecordSettlementPaymentInput,
    ) -> Result<RecordSettlementPaymentPayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            let amount = money(input.amount, "amount")?;
            let wish = RecordPayment {
                reference: input.reference,
                amount_minor: amount.minor,
                currency: amount.currency,
                paid_on: input.paid_on.0,
                idempotency_key: input.idempotency_key,
            };
            services.settlement.record_payment(actor, wish).await
        };
        answer(outcome.await, |RecordedPayment { payment, instruction, is_replay }| {
            let currency = instruction.row.currency;
            RecordSettlementPaymentPayload {
                payment: Some(SettlementPayment { row: payment, currency }),
                instruction: Some(PaymentInstruction(instruction)),
                is_replayed: is_replay,
                ..RecordSettlementPaymentPayload::default()
            }
        })
    }

    /// Disputes a line of an own statement, or entries behind it, within the days of the contract. The rest of
    /// the statement goes on; what is disputed is due until an operator accepts it. For partners with
    /// `disputes:write`.
    async fn raise_dispute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RaiseDisputeInput,
    ) -> Result<RaiseDisputePayload> {
        let (services, actor) = app(ctx);
        let currency = currency(ctx).await?;
        let outcome = async {
            let wish = Raise {
                statement: input.statement_id.0,
                line: input.line.0,
                amount_minor: settled_in(input.amount, "amount", currency)?,
                entries: input.entry_ids.into_iter().map(|id| id.0).collect(),
                items: input.reconciliation_item_ids.into_iter().map(|id| id.0).collect(),
                reason: input.reason,
                evidence: input.evidence,
                idempotency_key: input.idempotency_key,
            };
            services.settlement.raise_dispute(actor, wish).await
        };
        answer(outcome.await, |Raised { dispute, is_replay }| RaiseDisputePayload {
            dispute: Some(Dispute { row: dispute, currency }),
            is_replayed: is_replay,
            ..RaiseDisputePayload::default()
        })
    }

    /// Accepts or rejects a dispute, for operators with `settlement:write`; or takes it back, for the partner
    /// with `disputes:write`. What is accepted is corrected on the statement of the cycle that is open. The
    /// same again changes nothing.
    async fn resolve_dispute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ResolveDisputeInput,
    ) -> Result<ResolveDisputePayload> {
        let (services, actor) = app(ctx);
        let currency = currency(ctx).await?;
        let outcome = async {
            let accepted = input.accepted.map(|money| settled_in(money, "accepted", currency));
            let resolution = match input.resolution {
                DisputeResolution::Accept => Resolution::Accept(accepted.transpose()?),
                DisputeResolution::Reject => Resolution::Reject,
                DisputeResolution::Withdraw => Resolution::Withdraw,
            };
            let (id, reason) = (input.dispute_id.0, input.reason);
            services.settlement.resolve_dispute(actor, id, resolution, reason).await
        };
        answer(outcome.await, |row| ResolveDisputePayload {
            dispute: Some(Dispute { row, currency }),
            ..ResolveDisputePayload::default()
        })
    }

    /// Sets a tax rate from a day on. Statements that are issued keep theirs. The same again changes nothing.
    /// For operators with `settlement:write`.
    async fn set_tax_rate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SetTaxRateInput,
    ) -> Result<SetTaxRatePayload> {
        let (services, actor) = app(ctx);
        let wish =
            settlement::SetTaxRate { code: input.code, from: input.from.0, rate_bp: input.rate.0 };
        answer(services.settlement.set_tax_rate(actor, wish).await, |row| SetTaxRatePayload {
            tax_rate: Some(row.into()),
            ..SetTaxRatePayload::default()
        })
    }
}

/// The amount, of whatever currency.
fn money(input: MoneyInput, field: &str) -> Result<amount::Money, Refusal> {
    amount::Money::try_from(input).map_err(|wrong| {
        let refusal = Refusal::new(Code::AmountInvalid).because(wrong.to_string());
        refusal.at(&format!("{field}.amount"))
    })
}

/// The amount in minor units of the currency that partners settle in.
pub(super) fn settled_in(
    input: MoneyInput,
    field: &str,
    currency: amount::Currency,
) -> Result<i64, Refusal> {
    let money = money(input, field)?;
    if money.currency != currency {
        let message = format!("Partners settle in {currency}.");
        let refusal = Refusal::new(Code::PaymentCurrencyMismatch).because(message);
        return Err(refusal.at(&format!("{field}.currencyCode")));
    }
    Ok(money.minor)
}

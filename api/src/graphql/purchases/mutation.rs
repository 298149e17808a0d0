//! Recording, returning and claiming receipts.

use async_graphql::{Context, Object};
use service::purchases::{BATCH_MAX, Claim, Mode, Recorded, Return};
use service::{Error, Refusal};

use super::inputs::{
    ClaimPurchasesInput, RecordPurchaseInput, RecordPurchasesInput, ReturnPurchaseInput, micros,
};
use super::types::{Purchase, PurchaseReturn, currency};
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::members::Member;
use crate::graphql::mutation::{Payload, answer, mutation};
use crate::graphql::scalars::Points;

/// The mutations of this context.
#[derive(Default)]
pub struct PurchasesMutation;

mutation! {
    RecordPurchase refuses [
        PartnerNotFound, PartnerSuspended, PartnerRoleMissing, ContractMissing, StoreNotFound, StoreClosed,
        StoreRequired, ReceiptNumberInvalid, ReceiptReused, MemberNotFound, MemberClosed, CardBlocked,
        CardNumberInvalid, OccurredInFuture, OccurredTooLongAgo, CurrencyMismatch, AmountInvalid,
        QuantityInvalid, LineInvalid, LinesMissing, LinesTooMany, TotalMismatch, CouponsTooMany, Overflow,
    ];
    /// What recording a receipt did.
    pub struct RecordPurchasePayload {
        /// The receipt; null when refused.
        purchase: Option<Purchase>,
        /// What it earned; 0 while it has no member.
        points: Points,
        /// Whether it had been recorded before.
        is_replayed: bool,
    }
}

/// What recording receipts did.
#[derive(async_graphql::SimpleObject)]
pub struct RecordPurchasesPayload {
    /// One answer for each receipt, in their order.
    results: Vec<RecordPurchasePayload>,
}

mutation! {
    ReturnPurchase refuses [
        PurchaseNotFound, LineNotFound, ReturnEmpty, ReturnExceedsPurchase, AmountInvalid,
        OccurredBeforePurchase, OccurredInFuture, IdempotencyKeyInvalid, IdempotencyKeyReused,
        MemberNotFound, Overflow,
    ];
    /// What taking goods back did.
    pub struct ReturnPurchasePayload {
        /// The return; null when refused.
        purchase_return: Option<PurchaseReturn>,
        /// The receipt; null when refused.
        purchase: Option<Purchase>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    ClaimPurchases refuses [
        MemberNotFound, CardNotFound, CardBlocked, MemberClosed, PurchaseNotFound, PurchaseAlreadyClaimed,
        ClaimPeriodOver, ContractMissing, PartnerNotFound, PartnerRoleMissing, PartnerSuspended, Overflow,
    ];
    /// What claiming did.
    pub struct ClaimPurchasesPayload {
        /// Who has them now; null when refused.
        member: Option<Member>,
        /// The receipts that found their buyer.
        purchases: Vec<Purchase>,
    }
}

#[Object]
impl PurchasesMutation {
    /// Records a receipt, and the points it earns. For partners with `purchases:write`. Sent again
    /// with the same content it answers as the first time.
    async fn record_purchase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RecordPurchaseInput,
    ) -> Result<RecordPurchasePayload> {
        let (services, actor) = app(ctx);
        actor.partner(service::Scope::PurchasesWrite)?;
        let outcome = async { services.purchases.record(actor, input.of(actor)?).await };
        answer(outcome.await, recorded)
    }

    /// Records up to 500 receipts, each with its own answer. For partners with `purchases:write`.
    async fn record_purchases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RecordPurchasesInput,
    ) -> Result<RecordPurchasesPayload> {
        let (services, actor) = app(ctx);
        actor.partner(service::Scope::PurchasesWrite)?;
        if input.purchases.is_empty() || input.purchases.len() > BATCH_MAX {
            let message = format!("a batch has 1 to {BATCH_MAX} receipts");
            return Err(Error::bad_input("input.purchases", message).into());
        }
        let read: Vec<_> = input.purchases.into_iter().map(|receipt| receipt.of(actor)).collect();
        let good: Vec<_> =
            read.iter().filter_map(|receipt| receipt.as_ref().ok().cloned()).collect();
        let mut answers = if good.is_empty() {
            Vec::new().into_iter()
        } else {
            services.purchases.record_many(actor, good, Mode::Live).await?.into_iter()
        };
        let mut results = Vec::with_capacity(read.len());
        for (place, receipt) in read.into_iter().enumerate() {
            let outcome = match receipt {
                Ok(_) => {
                    answers.next().ok_or_else(|| Error::internal("a receipt without an answer"))?
                }
                Err(refusal) => Err(refusal),
            };
            let at = format!("purchases.{place}");
            results.push(match outcome {
                Ok(done) => recorded(done),
                Err(refusal) => RecordPurchasePayload::refused(Refusal::under(refusal, &at).into()),
            });
        }
        Ok(RecordPurchasesPayload { results })
    }

    /// Takes goods back, and the points they had earned: whole, by line, by quantity or amount,
    /// several times, never more than was bought. For the receipt's partner, with
    /// `purchases:write`.
    async fn return_purchase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ReturnPurchaseInput,
    ) -> Result<ReturnPurchasePayload> {
        let (services, actor) = app(ctx);
        let currency = currency(ctx).await?;
        let outcome = async {
            let lines = input.lines.map(|lines| {
                lines
                    .into_iter()
                    .enumerate()
                    .map(|(place, line)| line.of(place, currency))
                    .collect::<Result<_, _>>()
            });
            let wish = Return {
                purchase: input.purchase_id.0,
                lines: lines.transpose()?,
                occurred_at: micros(input.occurred_at),
                idempotency_key: input.idempotency_key,
            };
            services.purchases.take_back(actor, wish).await
        };
        answer(outcome.await, |done| ReturnPurchasePayload {
            purchase_return: Some(PurchaseReturn { row: done.purchase_return, currency }),
            purchase: Some(Purchase(done.purchase)),
            is_replayed: done.is_replay,
            ..ReturnPurchasePayload::default()
        })
    }

    /// Gives receipts that were kept without a member to their buyer: all with the card on them, or
    /// one. A member claims with its own card; partners claim their own receipts, operators any.
    /// Claiming again claims nothing more.
    async fn claim_purchases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ClaimPurchasesInput,
    ) -> Result<ClaimPurchasesPayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            let wish = Claim {
                member: input.member.of(actor)?,
                purchase: input.purchase_id.map(|id| id.0),
            };
            services.purchases.claim(actor, wish).await
        };
        answer(outcome.await, |done| ClaimPurchasesPayload {
            member: Some(Member(done.member)),
            purchases: done.purchases.into_iter().map(Purchase).collect(),
            ..ClaimPurchasesPayload::default()
        })
    }
}

fn recorded(done: Recorded) -> RecordPurchasePayload {
    RecordPurchasePayload {
        purchase: Some(Purchase(done.purchase)),
        points: done.points.into(),
        is_replayed: done.is_replay,
        ..RecordPurchasePayload::default()
    }
}

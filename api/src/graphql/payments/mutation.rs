//! Holding, capturing, releasing, paying and undoing.

use async_graphql::{Context, Object};
use chrono::SubsecRound;
use entity::ids::HoldId;
use service::payments::{self, Capture, Pay, Release, Reverse};

use super::inputs::{
    CaptureHoldInput, PayWithPointsInput, PlaceHoldInput, ReleaseHoldInput, ReversePaymentInput,
};
use super::types::Hold;
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::ledger::{Entry, above_zero};
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::scalars::Id;

/// The queries of this context.
#[derive(Default)]
pub struct PaymentsQuery;

/// The mutations of this context.
#[derive(Default)]
pub struct PaymentsMutation;

#[Object]
impl PaymentsQuery {
    /// The hold; null where there is none that the caller may see: its partner, its member,
    /// operators.
    async fn hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: Id<HoldId>,
    ) -> Result<Option<Hold>> {
        let (services, actor) = app(ctx);
        Ok(services.payments.holds(actor, &[id.0]).await?.pop().map(Hold))
    }
}

mutation! {
    PlaceHold refuses [
        PartnerNotFound, PartnerSuspended, PartnerRoleMissing, StoreNotFound, StoreClosed, MemberNotFound,
        CardNotFound, CardBlocked, MemberSuspended, MemberClosed, PointsInvalid, InsufficientPoints,
        ReferenceInvalid, ValueOutOfRange, IdempotencyKeyInvalid, IdempotencyKeyReused, Overflow,
    ];
    /// What placing a hold did.
    pub struct PlaceHoldPayload {
        /// The hold; null when refused.
        hold: Option<Hold>,
        /// Its entry; null when refused.
        entry: Option<Entry>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    CaptureHold refuses [
        PartnerNotFound, PartnerSuspended, PartnerRoleMissing, ContractMissing, HoldNotFound,
        HoldAlreadyCaptured, HoldAlreadyReleased, HoldLapsed, CaptureExceedsHold, PointsInvalid,
        OccurredBeforeHold, OccurredInFuture, OccurredTooLongAgo, IdempotencyKeyInvalid,
        IdempotencyKeyReused, Overflow,
    ];
    /// What capturing did.
    pub struct CaptureHoldPayload {
        /// The hold; null when refused.
        hold: Option<Hold>,
        /// The payment; null when refused.
        entry: Option<Entry>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    ReleaseHold refuses [
        PartnerNotFound, HoldNotFound, HoldAlreadyCaptured, HoldAlreadyReleased, HoldLapsed,
        IdempotencyKeyInvalid, IdempotencyKeyReused, Overflow,
    ];
    /// What releasing did.
    pub struct ReleaseHoldPayload {
        /// The hold; null when refused.
        hold: Option<Hold>,
        /// Its entry; null when refused.
        entry: Option<Entry>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    PayWithPoints refuses [
        PartnerNotFound, PartnerSuspended, PartnerRoleMissing, ContractMissing, StoreNotFound, StoreClosed,
        MemberNotFound, CardNotFound, CardBlocked, MemberSuspended, MemberClosed, PointsInvalid,
        InsufficientPoints, ReferenceInvalid, OccurredInFuture, OccurredTooLongAgo, IdempotencyKeyInvalid,
        IdempotencyKeyReused, Overflow,
    ];
    /// What paying did.
    pub struct PayWithPointsPayload {
        /// The payment; null when refused.
        entry: Option<Entry>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    ReversePayment refuses [
        PartnerNotFound, PaymentNotFound, PaymentAlreadyReversed, IdempotencyKeyInvalid,
        IdempotencyKeyReused, Overflow,
    ];
    /// What undoing a payment did.
    pub struct ReversePaymentPayload {
        /// The reversal; null when refused.
        entry: Option<Entry>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

#[Object]
impl PaymentsMutation {
    /// Sets points aside for a payment. For partners that accept points, with `payments:write`.
    async fn place_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: PlaceHoldInput,
    ) -> Result<PlaceHoldPayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            let wish = payments::PlaceHold {
                member: input.member.of(actor)?,
                store_code: input.store_code,
                points: above_zero(input.points)?,
                minutes: input.minutes,
                reference: input.reference,
                idempotency_key: input.idempotency_key,
            };
            services.payments.place_hold(actor, wish).await
        };
        answer(outcome.await, |done| PlaceHoldPayload {
            hold: Some(Hold(done.hold)),
            entry: Some(Entry(done.entry)),
            is_replayed: done.is_replay,
            ..PlaceHoldPayload::default()
        })
    }

    /// Pays with a hold, in whole or in part; the rest goes back. Once. For the hold's partner, with
    /// `payments:write`.
    async fn capture_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CaptureHoldInput,
    ) -> Result<CaptureHoldPayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            let wish = Capture {
                hold: input.hold_id.0,
                points: input.points.map(above_zero).transpose()?,
                occurred_at: input.occurred_at.0.trunc_subsecs(6),
                idempotency_key: input.idempotency_key,
            };
            services.payments.capture(actor, wish).await
        };
        answer(outcome.await, |done| CaptureHoldPayload {
            hold: Some(Hold(done.hold)),
            entry: Some(Entry(done.entry)),
            is_replayed: done.is_replay,
            ..CaptureHoldPayload::default()
        })
    }

    /// Gives a hold back. For the hold's partner, with `payments:write`; a suspended one too.
    async fn release_hold(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ReleaseHoldInput,
    ) -> Result<ReleaseHoldPayload> {
        let (services, actor) = app(ctx);
        let wish = Release { hold: input.hold_id.0, idempotency_key: input.idempotency_key };
        answer(services.payments.release(actor, wish).await, |done| ReleaseHoldPayload {
            hold: Some(Hold(done.hold)),
            entry: Some(Entry(done.entry)),
            is_replayed: done.is_replay,
            ..ReleaseHoldPayload::default()
        })
    }

    /// Pays with points in one step. For partners that accept points, with `payments:write`.
    async fn pay_with_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: PayWithPointsInput,
    ) -> Result<PayWithPointsPayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            let wish = Pay {
                member: input.member.of(actor)?,
                store_code: input.store_code,
                points: above_zero(input.points)?,
                occurred_at: input.occurred_at.0.trunc_subsecs(6),
                reference: input.reference,
                idempotency_key: input.idempotency_key,
            };
            services.payments.pay(actor, wish).await
        };
        answer(outcome.await, |done| PayWithPointsPayload {
            entry: Some(Entry(done.entry)),
            is_replayed: done.is_replay,
            ..PayWithPointsPayload::default()
        })
    }

    /// Undoes a payment, whole: the lots that paid get back what they gave. For the payment's
    /// partner, with `payments:write`; a suspended one too.
    async fn reverse_payment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ReversePaymentInput,
    ) -> Result<ReversePaymentPayload> {
        let (services, actor) = app(ctx);
        let wish = Reverse { payment: input.payment_id.0, idempotency_key: input.idempotency_key };
        answer(services.payments.reverse(actor, wish).await, |done| ReversePaymentPayload {
            entry: Some(Entry(done.entry)),
            is_replayed: done.is_replay,
            ..ReversePaymentPayload::default()
        })
    }
}

//! Plans for operators; payments, cancellations and refunds for partners and operators. All need
//! `memberships:write`.

use async_graphql::{Context, Object};
use entity::amount::Currency;
use service::memberships::{Amend, Create, Pay, Stop, Stopped};
use service::{Code, Refusal};

use super::inputs::{
    CancelMembershipInput, CreateMembershipPlanInput, RecordMembershipPaymentInput,
    RefundMembershipInput, RetireMembershipPlanInput, UpdateMembershipPlanInput,
};
use super::types::{Membership, MembershipPlan};
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::money::Decimal;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::purchases::currency;

/// The mutations of this context.
#[derive(Default)]
pub struct MembershipsMutation;

mutation! {
    CreateMembershipPlan refuses [
        CodeInvalid, CodeTaken, NameInvalid, AmountInvalid, ValueOutOfRange, TierSetNotFound, TierNotFound,
    ];
    /// What making a plan did.
    pub struct CreateMembershipPlanPayload {
        /// The plan; null when refused.
        membership_plan: Option<MembershipPlan>,
    }
}

mutation! {
    UpdateMembershipPlan refuses [
        MembershipPlanNotFound, MembershipPlanRetired, CodeInvalid, NameInvalid, AmountInvalid,
        ValueOutOfRange,
    ];
    /// What changing a plan did.
    pub struct UpdateMembershipPlanPayload {
        /// The plan; null when refused.
        membership_plan: Option<MembershipPlan>,
    }
}

mutation! {
    RetireMembershipPlan refuses [MembershipPlanNotFound];
    /// What retiring a plan did.
    pub struct RetireMembershipPlanPayload {
        /// The plan; null when refused.
        membership_plan: Option<MembershipPlan>,
    }
}

mutation! {
    RecordMembershipPayment refuses [
        MemberNotFound, CardNotFound, CardBlocked, MemberClosed, MembershipPlanNotFound,
        MembershipPlanRetired, MembershipFeeMismatch, MembershipRuns, AmountInvalid, CurrencyMismatch,
        OccurredInFuture, ReferenceInvalid, PaymentReferenceReused, IdempotencyKeyInvalid,
        IdempotencyKeyReused, Overflow,
    ];
    /// What reporting a payment did.
    pub struct RecordMembershipPaymentPayload {
        /// The membership; null when refused.
        membership: Option<Membership>,
        /// Whether the payment was known by its key or its reference.
        is_replayed: bool,
    }
}

mutation! {
    CancelMembership refuses [
        MembershipNotFound, MembershipEnded, IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What cancelling did.
    pub struct CancelMembershipPayload {
        /// The membership; null when refused.
        membership: Option<Membership>,
        /// Whether it had been cancelled before, with the same key or another.
        is_replayed: bool,
    }
}

mutation! {
    RefundMembership refuses [
        MembershipNotFound, MembershipEnded, IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What refunding did.
    pub struct RefundMembershipPayload {
        /// The membership; null when refused.
        membership: Option<Membership>,
        /// Whether it had been refunded before, with the same key or another.
        is_replayed: bool,
    }
}

fn minor(amount: Decimal, currency: Currency, at: &str) -> Result<i64, Refusal> {
    let minor = amount.units(currency.exponent());
    minor.map_err(|error| Refusal::new(Code::AmountInvalid).because(error.to_string()).at(at))
}

#[Object]
impl MembershipsMutation {
    /// Makes a membership plan. For operators with `memberships:write`.
    async fn create_membership_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CreateMembershipPlanInput,
    ) -> Result<CreateMembershipPlanPayload> {
        let (services, actor) = app(ctx);
        let currency = currency(ctx).await?;
        let outcome = async {
            let wish = Create {
                code: input.code,
                name: input.name,
                fee_minor: minor(input.fee, currency, "fee")?,
                period_months: input.period_months,
                is_renewable: input.is_renewable,
                perks: input.perks.into_iter().map(Into::into).collect(),
                tier: input.tier.map(|tier| (tier.tier_set_id.0, tier.tier_code)),
                multiplier_bp: input.multiplier_bp,
            };
            services.memberships.create_plan(actor, wish).await
        };
        answer(outcome.await, |plan| CreateMembershipPlanPayload {
            membership_plan: Some(MembershipPlan(plan)),
            ..CreateMembershipPlanPayload::default()
        })
    }

    /// Changes a membership plan, for payments that are reported from now on. For operators with
    /// `memberships:write`.
    async fn update_membership_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: UpdateMembershipPlanInput,
    ) -> Result<UpdateMembershipPlanPayload> {
        let (services, actor) = app(ctx);
        let currency = currency(ctx).await?;
        let outcome = async {
            let fee = input.fee.map(|fee| minor(fee, currency, "fee")).transpose()?;
            let wish = Amend {
                plan: input.membership_plan_id.0,
                expected_version: input.expected_version,
                name: input.name,
                fee_minor: fee,
                period_months: input.period_months,
                is_renewable: input.is_renewable,
                perks: input.perks.map(|perks| perks.into_iter().map(Into::into).collect()),
                multiplier_bp: input.multiplier_bp,
            };
            services.memberships.amend_plan(actor, wish).await
        };
        answer(outcome.await, |plan| UpdateMembershipPlanPayload {
            membership_plan: Some(MembershipPlan(plan)),
            ..UpdateMembershipPlanPayload::default()
        })
    }

    /// Retires a membership plan: nobody can pay for it any more. Again, it changes nothing. For operators
    /// with `memberships:write`.
    async fn retire_membership_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RetireMembershipPlanInput,
    ) -> Result<RetireMembershipPlanPayload> {
        let (services, actor) = app(ctx);
        let outcome = services.memberships.retire_plan(actor, input.membership_plan_id.0).await;
        answer(outcome, |plan| RetireMembershipPlanPayload {
            membership_plan: Some(MembershipPlan(plan)),
            ..RetireMembershipPlanPayload::default()
        })
    }

    /// Takes note of a payment: it starts a membership, or adds a period at the end of the running one. For
    /// partners and operators with `memberships:write`.
    async fn record_membership_payment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RecordMembershipPaymentInput,
    ) -> Result<RecordMembershipPaymentPayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            let currency = input.amount.currency_code.0;
            let wish = Pay {
                member: input.member.of(actor)?,
                plan: input.membership_plan_id.0,
                paid_at: input.paid_at.0,
                amount_minor: minor(input.amount.amount, currency, "amount.amount")?,
                currency,
                reference: input.reference,
                idempotency_key: input.idempotency_key,
            };
            services.memberships.record_payment(actor, wish).await
        };
        answer(outcome.await, |paid| RecordMembershipPaymentPayload {
            membership: Some(Membership(paid.membership)),
            is_replayed: paid.is_replay,
            ..RecordMembershipPaymentPayload::default()
        })
    }

    /// Has a membership end with its period; what it brings lasts until then. Again, it changes nothing. For
    /// operators, and the partner that it was last paid through, with `memberships:write`.
    async fn cancel_membership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CancelMembershipInput,
    ) -> Result<CancelMembershipPayload> {
        let (services, actor) = app(ctx);
        let CancelMembershipInput { membership_id, idempotency_key } = input;
        let wish = Stop { membership: membership_id.0, idempotency_key };
        let outcome = services.memberships.cancel(actor, wish).await;
        answer(outcome, |Stopped { membership, is_replay }| CancelMembershipPayload {
            membership: Some(Membership(membership)),
            is_replayed: is_replay,
            ..CancelMembershipPayload::default()
        })
    }

    /// Ends a membership at once, because its money went back. Again, it changes nothing. For operators, and
    /// the partner that it was last paid through, with `memberships:write`.
    async fn refund_membership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RefundMembershipInput,
    ) -> Result<RefundMembershipPayload> {
        let (services, actor) = app(ctx);
        let RefundMembershipInput { membership_id, idempotency_key } = input;
        let wish = Stop { membership: membership_id.0, idempotency_key };
        let outcome = services.memberships.refund(actor, wish).await;
        answer(outcome, |Stopped { membership, is_replay }| RefundMembershipPayload {
            membership: Some(Membership(membership)),
            is_replayed: is_replay,
            ..RefundMembershipPayload::default()
        })
    }
}

//! Claiming, giving back, and what tills do with vouchers.

use async_graphql::{Context, Object};
use service::rewards::claims;
use service::rewards::vouchers::{Redeem, Reserve};

use super::claim_inputs::{
    CancelClaimInput, CancelVoucherUseInput, ClaimRewardInput, ConfirmVoucherInput,
    RedeemVoucherInput, ReserveVoucherInput,
};
use super::claims::{RewardClaim, VoucherUse};
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::purchases::currency;

mutation! {
    ClaimReward refuses [
        RewardNotFound, RewardNotAvailable, RewardNotForMember, RewardOutOfStock, ClaimLimitReached,
        PriceOptionNotFound, PriceChanged, AmountInvalid, InsufficientPoints, MemberNotFound,
        MemberSuspended, MemberClosed, PartnerNotFound, PartnerSuspended, PartnerRoleMissing,
        ContractMissing, IdempotencyKeyInvalid, IdempotencyKeyReused, Overflow,
    ];
    /// What claiming did.
    pub struct ClaimRewardPayload {
        /// The claim; null when refused.
        claim: Option<RewardClaim>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    CancelClaim refuses [
        RewardClaimNotFound, RewardClaimUsed, RewardClaimExpired, RewardClaimCancelled,
        CancellationTooLate, ReasonInvalid, IdempotencyKeyInvalid, IdempotencyKeyReused, Overflow,
    ];
    /// What giving a claim back did.
    pub struct CancelClaimPayload {
        /// The claim; null when refused.
        claim: Option<RewardClaim>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    RedeemVoucher refuses [
        VoucherNotFound, VoucherUsed, VoucherSetAside, VoucherExpired, VoucherCancelled, StoreNotFound,
        StoreClosed, PartnerNotFound, PartnerSuspended, PartnerRoleMissing, ReferenceInvalid,
        IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What using a voucher did.
    pub struct RedeemVoucherPayload {
        /// The use; null when refused.
        voucher_use: Option<VoucherUse>,
        /// The claim that it is shown for; null when refused.
        claim: Option<RewardClaim>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    ReserveVoucher refuses [
        VoucherNotFound, VoucherUsed, VoucherSetAside, VoucherExpired, VoucherCancelled, StoreNotFound,
        StoreClosed, PartnerNotFound, PartnerSuspended, PartnerRoleMissing, ReferenceInvalid,
        IdempotencyKeyInvalid, IdempotencyKeyReused,
        ValueOutOfRange,
    ];
    /// What setting a voucher aside did.
    pub struct ReserveVoucherPayload {
        /// The use; null when refused.
        voucher_use: Option<VoucherUse>,
        /// The claim that it is shown for; null when refused.
        claim: Option<RewardClaim>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    ConfirmVoucher refuses [
        VoucherUseNotFound, VoucherUseLapsed, VoucherUseCancelled, VoucherUsed, IdempotencyKeyInvalid,
        IdempotencyKeyReused,
    ];
    /// What confirming did.
    pub struct ConfirmVoucherPayload {
        /// The use; null when refused.
        voucher_use: Option<VoucherUse>,
        /// The claim that it is shown for; null when refused.
        claim: Option<RewardClaim>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    CancelVoucherUse refuses [
        VoucherUseNotFound, VoucherUseLapsed, VoucherUseCancelled, VoucherExpired, VoucherCancelled, IdempotencyKeyInvalid,
        IdempotencyKeyReused,
    ];
    /// What giving a use back did.
    pub struct CancelVoucherUsePayload {
        /// The use; null when refused.
        voucher_use: Option<VoucherUse>,
        /// The claim that it is shown for; null when refused.
        claim: Option<RewardClaim>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

/// The mutations of this context.
#[derive(Default)]
pub struct ClaimsMutation;

#[Object]
impl ClaimsMutation {
    /// Claims a reward for the member who asks: its points are paid and its voucher issued, all at once or not at
    /// all. For members.
    async fn claim_reward(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ClaimRewardInput,
    ) -> Result<ClaimRewardPayload> {
        let (services, actor) = app(ctx);
        actor.member()?;
        let currency = currency(ctx).await?;
        let claimed = async {
            let wish = claims::ClaimReward {
                reward: input.reward_id.0,
                price: input.price_code,
                expected: input.expected_price.of(currency)?,
                idempotency_key: input.idempotency_key,
            };
            services.rewards.claim(actor, wish).await
        };
        answer(claimed.await, |done| ClaimRewardPayload {
            claim: Some(RewardClaim(done.claim)),
            is_replayed: done.is_replay,
            ..ClaimRewardPayload::default()
        })
    }

    /// Gives a claim back that wasn't used: its points come back to the lots that gave them. For its member
    /// within the hours that the reward says, for the reward's partner with `payments:write`, and for operators
    /// with `rewards:write`.
    async fn cancel_claim(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CancelClaimInput,
    ) -> Result<CancelClaimPayload> {
        let (services, actor) = app(ctx);
        let wish = claims::CancelClaim {
            claim: input.reward_claim_id.0,
            reason: input.reason,
            idempotency_key: input.idempotency_key,
        };
        answer(services.rewards.cancel_claim(actor, wish).await, |done| CancelClaimPayload {
            claim: Some(RewardClaim(done.claim)),
            is_replayed: done.is_replay,
            ..CancelClaimPayload::default()
        })
    }

    /// Uses a voucher at once. For partners that accept points, with `payments:write`. A code of another partner
    /// answers like one that isn't there; whoever tries many that aren't has to wait (`THROTTLED`).
    async fn redeem_voucher(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RedeemVoucherInput,
    ) -> Result<RedeemVoucherPayload> {
        let (services, actor) = app(ctx);
        answer(services.rewards.redeem(actor, input.into()).await, |done| RedeemVoucherPayload {
            voucher_use: Some(VoucherUse(done.used)),
            claim: Some(RewardClaim(done.claim)),
            is_replayed: done.is_replay,
            ..RedeemVoucherPayload::default()
        })
    }

    /// Sets a voucher aside while a sale is made: nobody else can use it until it is confirmed or given back, or
    /// its time is over. For partners that accept points, with `payments:write`.
    async fn reserve_voucher(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ReserveVoucherInput,
    ) -> Result<ReserveVoucherPayload> {
        let (services, actor) = app(ctx);
        let shown = Redeem {
            code: input.code,
            store_code: input.store_code,
            reference: input.reference,
            idempotency_key: input.idempotency_key,
        };
        let wish = Reserve { shown, minutes: input.minutes };
        answer(services.rewards.reserve(actor, wish).await, |done| ReserveVoucherPayload {
            voucher_use: Some(VoucherUse(done.used)),
            claim: Some(RewardClaim(done.claim)),
            is_replayed: done.is_replay,
            ..ReserveVoucherPayload::default()
        })
    }

    /// Uses what was set aside. For its partner, with `payments:write`.
    async fn confirm_voucher(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ConfirmVoucherInput,
    ) -> Result<ConfirmVoucherPayload> {
        let (services, actor) = app(ctx);
        let (id, key) = (input.voucher_use_id.0, &input.idempotency_key);
        answer(services.rewards.confirm_use(actor, id, key).await, |done| ConfirmVoucherPayload {
            voucher_use: Some(VoucherUse(done.used)),
            claim: Some(RewardClaim(done.claim)),
            is_replayed: done.is_replay,
            ..ConfirmVoucherPayload::default()
        })
    }

    /// Gives back what was set aside, or what was used for a sale that came to nothing. For its partner, with
    /// `payments:write`.
    async fn cancel_voucher_use(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CancelVoucherUseInput,
    ) -> Result<CancelVoucherUsePayload> {
        let (services, actor) = app(ctx);
        let (id, key) = (input.voucher_use_id.0, &input.idempotency_key);
        answer(services.rewards.cancel_use(actor, id, key).await, |done| CancelVoucherUsePayload {
            voucher_use: Some(VoucherUse(done.used)),
            claim: Some(RewardClaim(done.claim)),
            is_replayed: done.is_replay,
            ..CancelVoucherUsePayload::default()
        })
    }
}

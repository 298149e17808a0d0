//! Writing coupons. For operators, and a partner its own, with `rewards:write`.

use async_graphql::{Context, Object};
use entity::ids::PartnerId;
use service::coupons::{Codes, Draft, Turn};
use service::{Actor, Scope, Who};

use super::inputs::{
    AssignCouponInput, DraftCouponInput, MakeCouponCodesInput, SetCouponStatusInput,
    UpdateCouponInput,
};
use super::types::Coupon;
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::purchases::currency;
use crate::graphql::scalars::Points;

mutation! {
    DraftCoupon refuses [
        CodeInvalid, CodeTaken, PartnerNotFound, NameInvalid, LanguageInvalid, LineInvalid, AmountInvalid,
        CouponScopeInvalid, ScheduleInvalid, SegmentNotFound, ValueOutOfRange,
    ];
    /// What drafting did.
    pub struct DraftCouponPayload {
        /// The coupon; null when refused.
        coupon: Option<Coupon>,
    }
}

mutation! {
    UpdateCoupon refuses [
        CouponNotFound, CouponEnded, CodeInvalid, PartnerNotFound, NameInvalid, LanguageInvalid, LineInvalid,
        AmountInvalid, CouponScopeInvalid, ScheduleInvalid, SegmentNotFound, ValueOutOfRange,
    ];
    /// What changing did.
    pub struct UpdateCouponPayload {
        /// The coupon with its next version; null when refused.
        coupon: Option<Coupon>,
    }
}

mutation! {
    SetCouponStatus refuses [CouponNotFound, CouponEnded, StatusInvalid, SegmentNotFound];
    /// What launching, pausing or ending did.
    pub struct SetCouponStatusPayload {
        /// The coupon with its next version; null when refused.
        coupon: Option<Coupon>,
    }
}

mutation! {
    MakeCouponCodes refuses [
        CouponNotFound, CouponEnded, CouponCodesInvalid, CouponBatchReused, CodeInvalid, ValueOutOfRange,
    ];
    /// What making codes did.
    pub struct MakeCouponCodesPayload {
        /// The coupon; null when refused.
        coupon: Option<Coupon>,
        /// The codes of the batch, each good for one use.
        codes: Vec<String>,
    }
}

mutation! {
    AssignCoupon refuses [CouponNotFound, CouponEnded, CouponCodesInvalid, MemberNotFound];
    /// What naming members did.
    pub struct AssignCouponPayload {
        /// The coupon; null when refused.
        coupon: Option<Coupon>,
        /// For how many something changed.
        changed: Points,
    }
}

/// The partner who asks, if it is one.
fn asker(actor: &Actor) -> Option<PartnerId> {
    if let Who::Partner(partner, _) = actor.who() { Some(partner) } else { None }
}

/// The mutations of this context.
#[derive(Default)]
pub struct CouponsMutation;

#[Object]
impl CouponsMutation {
    /// Drafts a coupon, which nobody can use until it is launched. For operators and partners with
    /// `rewards:write`.
    async fn draft_coupon(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: DraftCouponInput,
    ) -> Result<DraftCouponPayload> {
        let (services, actor) = app(ctx);
        actor.with(Scope::RewardsWrite)?;
        let currency = currency(ctx).await?;
        let drafted = async {
            let definition = input.terms.of(currency, asker(actor));
            let wish = Draft {
                code: input.code,
                partner: input.partner_id.map(|id| id.0),
                distribution: input.distribution.0,
                shared_code: input.shared_code,
                definition: definition.map_err(|own| own.under("terms"))?,
            };
            services.coupons.draft(actor, wish).await
        };
        answer(drafted.await, |coupon| DraftCouponPayload {
            coupon: Some(Coupon(coupon)),
            ..DraftCouponPayload::default()
        })
    }

    /// Has a coupon say something else from now on; its earlier versions stay. For operators, and a partner its
    /// own, with `rewards:write`. `CONFLICT` when it was changed since it was read.
    async fn update_coupon(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: UpdateCouponInput,
    ) -> Result<UpdateCouponPayload> {
        let (services, actor) = app(ctx);
        actor.with(Scope::RewardsWrite)?;
        let currency = currency(ctx).await?;
        let amended = async {
            let definition = input.terms.of(currency, asker(actor));
            let definition = definition.map_err(|own| own.under("terms"))?;
            let named = (input.coupon_id.0, input.expected_version);
            services.coupons.amend(actor, named, definition).await
        };
        answer(amended.await, |coupon| UpdateCouponPayload {
            coupon: Some(Coupon(coupon)),
            ..UpdateCouponPayload::default()
        })
    }

    /// Launches, pauses or ends a coupon. To be what it is already changes nothing. For operators, and a partner
    /// its own, with `rewards:write`. `CONFLICT` when it was changed since it was read.
    async fn set_coupon_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SetCouponStatusInput,
    ) -> Result<SetCouponStatusPayload> {
        let (services, actor) = app(ctx);
        let wish = Turn {
            coupon: input.coupon_id.0,
            expected_version: input.expected_version,
            status: input.status.0,
        };
        answer(services.coupons.turn(actor, wish).await, |coupon| SetCouponStatusPayload {
            coupon: Some(Coupon(coupon)),
            ..SetCouponStatusPayload::default()
        })
    }

    /// Makes single-use codes, each of 16 characters drawn at random and one that checks them: 80 bits of
    /// entropy. For operators, and a partner its own, with `rewards:write`.
    async fn make_coupon_codes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: MakeCouponCodesInput,
    ) -> Result<MakeCouponCodesPayload> {
        let (services, actor) = app(ctx);
        let wish = Codes {
            coupon: input.coupon_id.0,
            batch: input.batch,
            count: usize::try_from(input.count).unwrap_or(0),
        };
        answer(services.coupons.make_codes(actor, &wish).await, |(coupon, codes)| {
            MakeCouponCodesPayload {
                coupon: Some(Coupon(coupon)),
                codes: codes.into_iter().map(|row| row.code).collect(),
                ..MakeCouponCodesPayload::default()
            }
        })
    }

    /// Names members that a coupon is for, and takes others off. Doing it again changes nothing. For operators,
    /// and a partner its own, with `rewards:write`.
    async fn assign_coupon(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: AssignCouponInput,
    ) -> Result<AssignCouponPayload> {
        let (services, actor) = app(ctx);
        let ids = |all: Vec<crate::graphql::scalars::Id<entity::ids::MemberId>>| {
            all.into_iter().map(|id| id.0).collect::<Vec<_>>()
        };
        let (add, remove) = (ids(input.add), ids(input.remove));
        let assigned = services.coupons.assign(actor, input.coupon_id.0, (&add, &remove)).await;
        answer(assigned, |(coupon, changed)| AssignCouponPayload {
            coupon: Some(Coupon(coupon)),
            changed: i64::try_from(changed).ok().and_then(Points::change).unwrap_or_default(),
            ..AssignCouponPayload::default()
        })
    }
}

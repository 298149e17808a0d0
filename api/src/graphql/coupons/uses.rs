//! Coupons on a sale: what a quote says of them, and what became of them.

use async_graphql::{Context, Object, SimpleObject};
use entity::amount::{self, Currency};
use entity::coupons::coupon_redemption::{self, CouponOutcome, CouponRefusal, LineDiscount};
use service::coupons::Tried;

use super::types::Coupon;
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::members::Member;
use crate::graphql::money::Money;
use crate::graphql::purchases::{Purchase, currency};
use crate::graphql::scalars::DateTime;

/// What a coupon takes off one line of a receipt.
#[derive(SimpleObject)]
pub struct CouponLine {
    /// The line's place on the receipt, from 0.
    line: i32,
    /// How much.
    discount: Money,
}

/// Why a coupon gives nothing. The sale goes on without it.
#[derive(SimpleObject)]
pub struct CouponRefused {
    /// Why, for a program to act on.
    code: Enumeration<CouponRefusal>,
    /// One sentence for a person, with the figures.
    message: String,
    /// Which of the receipt's coupons, from the input's root.
    path: Vec<String>,
}

/// What a coupon would give for a sale, or why nothing.
#[derive(SimpleObject)]
pub struct QuotedCoupon {
    /// The coupon; null where none is known by what was named.
    coupon: Option<Coupon>,
    /// What it takes off.
    discount: Money,
    /// Of which lines; they add up to the discount.
    lines: Vec<CouponLine>,
    /// What it multiplies base points by, in basis points; null where it doesn't.
    factor_bp: Option<i32>,
    /// Why it gives nothing; null where it gives something.
    refusal: Option<CouponRefused>,
}

fn money(minor: i64, currency: Currency) -> Money {
    amount::Money { minor, currency }.into()
}

fn line(own: &LineDiscount, currency: Currency) -> CouponLine {
    let line = i32::try_from(own.line).unwrap_or(i32::MAX);
    CouponLine { line, discount: money(own.minor, currency) }
}

fn refused(why: CouponRefusal, message: String, place: impl ToString) -> CouponRefused {
    let path = vec!["coupons".to_owned(), place.to_string()];
    CouponRefused { code: Enumeration(why), message, path }
}

impl QuotedCoupon {
    pub(in crate::graphql) fn of(own: Tried, currency: Currency) -> Self {
        let Tried { place, coupon, outcome, .. } = own;
        let (used, why) = match outcome {
            Ok(used) => (Some(used), None),
            Err(why) => (None, Some(refused(why.refusal, why.message, place))),
        };
        let discounts = used.as_ref().map_or(&[][..], |used| &used.discounts);
        Self {
            coupon: coupon.map(Coupon),
            discount: money(used.as_ref().map_or(0, |used| used.discount_minor), currency),
            lines: discounts.iter().map(|own| line(own, currency)).collect(),
            factor_bp: used.and_then(|used| i32::try_from(used.factor_bp?).ok()),
            refusal: why,
        }
    }
}

/// What became of a coupon that a receipt named.
pub struct CouponRedemption(pub(in crate::graphql) coupon_redemption::Model);

/// What became of a coupon that a receipt named: used, refused, or used and given back.
#[Object]
impl CouponRedemption {
    /// What became of it.
    async fn outcome(&self) -> Enumeration<CouponOutcome> {
        Enumeration(self.0.outcome)
    }

    /// The coupon; null where none is known by what was named, or none that the caller may see.
    async fn coupon(&self, ctx: &Context<'_>) -> Result<Option<Coupon>> {
        let Some(id) = self.0.coupon_id else { return Ok(None) };
        Ok(load(ctx, id).await?.map(Coupon))
    }

    /// The version of the coupon that was in force; null where none is known.
    async fn version(&self) -> Option<i32> {
        self.0.version
    }

    /// On which receipt; null to whom may not see it.
    async fn purchase(&self, ctx: &Context<'_>) -> Result<Option<Purchase>> {
        Ok(load(ctx, self.0.purchase_id).await?.map(Purchase))
    }

    /// Who used it; null where the receipt had no buyer then, or to whom may not see it.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        let Some(id) = self.0.member_id else { return Ok(None) };
        Ok(load(ctx, id).await?.map(Member))
    }

    /// The single-use code that was used; null where there was none.
    async fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What it took off.
    async fn discount(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(money(self.0.discount_minor, currency(ctx).await?))
    }

    /// Of which lines; they add up to the discount.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<CouponLine>> {
        let currency = currency(ctx).await?;
        Ok(self.0.discounts.0.iter().map(|own| line(own, currency)).collect())
    }

    /// How much of the discount belonged to what came back of the receipt.
    async fn returned_discount(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(money(self.0.returned_minor, currency(ctx).await?))
    }

    /// What it multiplied base points by, in basis points; null where it didn't.
    async fn factor_bp(&self) -> Option<i32> {
        self.0.factor_bp.and_then(|factor| i32::try_from(factor).ok())
    }

    /// Why it was refused; null where it was used.
    async fn refusal(&self) -> Option<CouponRefused> {
        let message = self.0.message.clone().unwrap_or_default();
        self.0.refusal.map(|why| refused(why, message, self.0.place))
    }

    /// When the receipt was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// When the use was given back, all that it covered having come back; null where it wasn't.
    async fn given_back_at(&self) -> Option<DateTime> {
        self.0.given_back_at.map(DateTime)
    }
}

/// Whether the caller keeps the coupon: operators, and its partner.
pub(super) fn is_keeper(ctx: &Context<'_>, partner: Option<entity::ids::PartnerId>) -> bool {
    let (_, actor) = app(ctx);
    match actor.who() {
        service::Who::Operator(_) => true,
        service::Who::Partner(own, _) => partner == Some(own),
        _ => false,
    }
}

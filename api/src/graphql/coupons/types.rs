//! Coupons.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::amount;
use entity::coupons::coupon::{CouponDistribution, CouponStatus};
use entity::coupons::definition::{Audience, Benefit, Stacking};
use service::coupons::Written;

use super::uses::{CouponRedemption, is_keeper};
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::money::Money;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::partners::Partner;
use crate::graphql::purchases::currency;
use crate::graphql::scalars::{DateTime, Points};

/// What a coupon is called in one language.
#[derive(SimpleObject)]
pub struct CouponName {
    /// The language, a tag of BCP 47.
    language: String,
    /// What it is called there.
    name: String,
}

/// What a coupon gives; one of these.
#[derive(Default, SimpleObject)]
pub struct CouponBenefit {
    /// A share of what it is about, in basis points.
    share_bp: Option<i32>,
    /// An amount, at most all that it is about.
    amount: Option<Money>,
    /// One piece of this article.
    free_sku: Option<String>,
    /// The receipt's base points so many times, in basis points; 10000 is once.
    factor_bp: Option<i32>,
}

/// Something that takes something off a sale.
pub struct Coupon(pub(in crate::graphql) Written);

/// Something that takes something off a sale, as its latest version says. Members and partners find what was
/// launched, a partner its own drafts too, operators all.
#[Object]
impl Coupon {
    /// Its id: `cpn_…`. A till names by it what needs no code of its own.
    pub async fn id(&self) -> ID {
        self.0.row.id.to_string().into()
    }

    /// Its short name, unique in the programme. It isn't what is typed.
    async fn code(&self) -> &str {
        &self.0.row.code
    }

    /// At whose tills alone it can be used; null where at all.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let Some(id) = self.0.row.partner_id else { return Ok(None) };
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, id).await?.map(Partner))
    }

    /// Who pays for it; null where the programme does.
    async fn funder(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let Some(id) = self.0.version.definition.funder else { return Ok(None) };
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, id).await?.map(Partner))
    }

    /// How a till names it.
    async fn distribution(&self) -> Enumeration<CouponDistribution> {
        Enumeration(self.0.row.distribution)
    }

    /// The one code for all. To operators and its partner; null to others, and where there is none.
    async fn shared_code(&self, ctx: &Context<'_>) -> Option<&str> {
        let may_see = is_keeper(ctx, self.0.row.partner_id);
        self.0.row.shared_code.as_deref().filter(|_| may_see)
    }

    /// Whether it can be used.
    async fn status(&self) -> Enumeration<CouponStatus> {
        Enumeration(self.0.row.status)
    }

    /// Counts its versions: give it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.row.version
    }

    /// What it is called, the first for whoever speaks none of the others.
    async fn names(&self) -> Vec<CouponName> {
        let name = |own: &entity::coupons::definition::Name| CouponName {
            language: own.language.clone(),
            name: own.text.clone(),
        };
        self.0.version.definition.names.iter().map(name).collect()
    }

    /// What it gives.
    async fn benefit(&self, ctx: &Context<'_>) -> Result<CouponBenefit> {
        let currency = currency(ctx).await?;
        let none = CouponBenefit::default();
        let bp = |own: i64| i32::try_from(own).ok();
        Ok(match &self.0.version.definition.benefit {
            Benefit::PercentOff { share_bp } => CouponBenefit { share_bp: bp(*share_bp), ..none },
            Benefit::AmountOff { amount_minor } => {
                let amount = amount::Money { minor: *amount_minor, currency };
                CouponBenefit { amount: Some(amount.into()), ..none }
            }
            Benefit::FreeProduct { sku } => CouponBenefit { free_sku: Some(sku.clone()), ..none },
            Benefit::PointsMultiplier { factor_bp } => {
                CouponBenefit { factor_bp: bp(*factor_bp), ..none }
            }
        })
    }

    /// The articles that it is about, at most 20,000; with no category either, all.
    async fn skus(&self) -> &[String] {
        &self.0.version.definition.scope.skus
    }

    /// The categories that it is about; with no article either, all.
    async fn categories(&self) -> &[String] {
        &self.0.version.definition.scope.categories
    }

    /// How much must be paid for what it is about, before coupons.
    async fn minimum(&self, ctx: &Context<'_>) -> Result<Money> {
        let currency = currency(ctx).await?;
        Ok(amount::Money { minor: self.0.version.definition.minimum_minor, currency }.into())
    }

    /// From when on it can be used; null is always before.
    async fn opens_at(&self) -> Option<DateTime> {
        self.0.row.opens_at.map(DateTime)
    }

    /// Until when, that moment not included; null is without end.
    async fn closes_at(&self) -> Option<DateTime> {
        self.0.row.closes_at.map(DateTime)
    }

    /// How often in all; null is without bound.
    async fn uses_max(&self) -> Option<Points> {
        self.0.row.uses_max.and_then(Points::change)
    }

    /// How often by one member; null is without bound.
    async fn member_uses_max(&self) -> Option<Points> {
        self.0.row.member_uses_max.and_then(Points::change)
    }

    /// The segment that it is for; null where it isn't for one.
    async fn segment_code(&self) -> Option<&str> {
        self.0.row.segment_code.as_deref()
    }

    /// Whether it is for members that are named one by one.
    async fn is_for_named_members(&self) -> bool {
        self.0.version.definition.audience == Audience::Members
    }

    /// Whether it can be used beside no other.
    async fn is_exclusive(&self) -> bool {
        self.0.version.definition.stacking == Stacking::Exclusive
    }

    /// Of this group a receipt uses one at most; null is of none.
    async fn stacking_group(&self) -> Option<&str> {
        match &self.0.version.definition.stacking {
            Stacking::Stackable { group } => group.as_deref(),
            Stacking::Exclusive => None,
        }
    }

    /// How often it was used, uses that were given back not counted. To operators and its partner; null to
    /// others.
    async fn uses(&self, ctx: &Context<'_>) -> Option<Points> {
        is_keeper(ctx, self.0.row.partner_id).then(|| Points::change(self.0.row.uses)).flatten()
    }

    /// The single-use codes of a batch, at most 1,000. For operators, and a partner its own.
    async fn codes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the batch is called.")] batch: String,
    ) -> Result<Vec<String>> {
        let (services, actor) = app(ctx);
        let rows = services.coupons.codes_of(actor, &self.0, &batch).await?;
        Ok(rows.into_iter().map(|row| row.code).collect())
    }

    /// What it was used for, oldest first, what was given back among it. For operators, and a partner its own.
    async fn redemptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<CouponRedemption>> {
        let (services, actor) = app(ctx);
        let asked = Asked { first, after, last, before };
        let window = asked.window::<CouponRedemption, uuid::Uuid>()?;
        let page = services.coupons.redemptions(actor, &self.0, window).await?;
        Ok(Connection::new(page, |own| own.id.uuid(), CouponRedemption))
    }

    /// When it was drafted.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.row.created_at)
    }
}

//! What operators and partners say about coupons, and how a till names them. Bounds are the service's; here only
//! what has no other form.

use async_graphql::{InputObject, OneofObject};
use entity::amount::Currency;
use entity::coupons::coupon::{CouponDistribution, CouponStatus};
use entity::coupons::definition::{Audience, Benefit, Definition, Name, Scope, Stacking};
use entity::ids::{CouponId, MemberId, PartnerId};
use service::coupons::CouponRef;
use service::{Code, Refusal};

use crate::graphql::enumeration::Enumeration;
use crate::graphql::money::Decimal;
use crate::graphql::scalars::{DateTime, Id};

/// What names a coupon on a sale: one of these.
#[derive(Clone, OneofObject)]
pub enum CouponUseInput {
    /// What the buyer showed: a shared or a single-use code, 1 to 64 characters. Spaces, hyphens and small letters
    /// make no difference.
    Code(String),
    /// The coupon itself, where it needs no code of its own: what is in the member's app.
    CouponId(Id<CouponId>),
}

impl From<CouponUseInput> for CouponRef {
    fn from(own: CouponUseInput) -> Self {
        match own {
            CouponUseInput::Code(code) => Self::Code(code),
            CouponUseInput::CouponId(id) => Self::Id(id.0),
        }
    }
}

/// A coupon to be drafted.
#[derive(InputObject)]
pub struct DraftCouponInput {
    /// 1 to 64 lower-case letters, digits and hyphens; unique in the programme. It isn't what is typed.
    pub(super) code: String,
    /// At whose tills alone it can be used: to an operator at all if left out, to a partner always at its own.
    pub(super) partner_id: Option<Id<PartnerId>>,
    /// How a till names it; that can't change.
    pub(super) distribution: Enumeration<CouponDistribution>,
    /// The one code for all, 4 to 40 letters and digits, where it is shared by one; unique in the programme.
    pub(super) shared_code: Option<String>,
    /// What it says.
    pub(super) terms: CouponTermsInput,
}

/// A coupon that is to say something else.
#[derive(InputObject)]
pub struct UpdateCouponInput {
    /// Which.
    pub(super) coupon_id: Id<CouponId>,
    /// The version that was seen; `CONFLICT` if it has another.
    pub(super) expected_version: i32,
    /// All that it says from now on.
    pub(super) terms: CouponTermsInput,
}

/// A coupon that is launched, paused or ended.
#[derive(InputObject)]
pub struct SetCouponStatusInput {
    /// Which.
    pub(super) coupon_id: Id<CouponId>,
    /// The version that was seen; `CONFLICT` if it has another.
    pub(super) expected_version: i32,
    /// What it is to be.
    pub(super) status: Enumeration<CouponStatus>,
}

/// Single-use codes to be made.
#[derive(InputObject)]
pub struct MakeCouponCodesInput {
    /// Of which coupon.
    pub(super) coupon_id: Id<CouponId>,
    /// What they are called, 1 to 64 lower-case letters, digits and hyphens: the same name and number answer with
    /// the same codes again.
    pub(super) batch: String,
    /// How many, 1 to 1000.
    pub(super) count: i32,
}

/// Members that a coupon is for, where they are named one by one; at most 1,000 together.
#[derive(InputObject)]
pub struct AssignCouponInput {
    /// Which coupon.
    pub(super) coupon_id: Id<CouponId>,
    /// Whom it is for from now on.
    #[graphql(default)]
    pub(super) add: Vec<Id<MemberId>>,
    /// Whom it isn't for any more.
    #[graphql(default)]
    pub(super) remove: Vec<Id<MemberId>>,
}

/// What a coupon says.
#[derive(InputObject)]
pub struct CouponTermsInput {
    /// What it is called, in 1 to 50 languages, each once; the first is for whoever speaks none of the others.
    names: Vec<CouponNameInput>,
    /// Who pays for it: to an operator the programme if left out, to a partner always itself.
    funder_id: Option<Id<PartnerId>>,
    /// What it gives.
    benefit: CouponBenefitInput,
    /// Which lines it is about; the whole receipt if left out, and for a multiplier of points.
    scope: Option<CouponScopeInput>,
    /// How much must be paid for what it is about, before coupons; nothing if left out.
    minimum: Option<Decimal>,
    /// It can be used from then on, by when the sale occurred.
    opens_at: Option<DateTime>,
    /// Until then, that moment not included.
    closes_at: Option<DateTime>,
    /// How often in all; without bound if left out.
    uses_max: Option<i32>,
    /// How often by one member, which then must be known; without bound if left out.
    member_uses_max: Option<i32>,
    /// For whom; for everybody if left out.
    audience: Option<CouponAudienceInput>,
    /// Whether it can be used beside others.
    #[graphql(default)]
    is_stackable: bool,
    /// Of this group a receipt uses one at most, if it is stackable: 1 to 64 lower-case letters, digits and
    /// hyphens.
    stacking_group: Option<String>,
}

/// What a coupon is called in one language.
#[derive(InputObject)]
pub struct CouponNameInput {
    /// A tag of BCP 47 such as `de` or `pt-BR`.
    language: String,
    /// What it is called there, 1 to 200 characters.
    name: String,
}

/// What a coupon gives: one of these.
#[derive(OneofObject)]
pub enum CouponBenefitInput {
    /// A share of what it is about, in basis points, 1 to 10000.
    ShareBp(i32),
    /// An amount in the settlement currency, above zero; at most all that it is about.
    Amount(Decimal),
    /// One piece of this article.
    FreeSku(String),
    /// The receipt's base points so many times, in basis points, 10001 to 1000000.
    FactorBp(i32),
}

/// Which lines of a receipt a coupon is about: those of these articles and of these categories.
#[derive(InputObject)]
pub struct CouponScopeInput {
    /// By article, at most 20,000.
    #[graphql(default)]
    skus: Vec<String>,
    /// By category, at most 1,000.
    #[graphql(default)]
    categories: Vec<String>,
}

/// Whom a coupon is for: one of these.
#[derive(OneofObject)]
pub enum CouponAudienceInput {
    /// The members of this segment.
    SegmentCode(String),
    /// Members that `assignCoupon` names one by one, if true; else everybody.
    NamedMembers(bool),
}

fn minor(amount: Decimal, currency: Currency, at: &str) -> Result<i64, Refusal> {
    let minor = amount.units(currency.exponent());
    minor.map_err(|error| Refusal::new(Code::AmountInvalid).because(error.to_string()).at(at))
}

impl CouponTermsInput {
    /// As the service takes it, with amounts of that currency; paid by `own` if nobody is named.
    pub(super) fn of(
        self,
        currency: Currency,
        own: Option<PartnerId>,
    ) -> Result<Definition, Refusal> {
        let name = |own: CouponNameInput| Name { language: own.language, text: own.name };
        let benefit = match self.benefit {
            CouponBenefitInput::ShareBp(share) => Benefit::PercentOff { share_bp: share.into() },
            CouponBenefitInput::Amount(amount) => {
                Benefit::AmountOff { amount_minor: minor(amount, currency, "benefit.amount")? }
            }
            CouponBenefitInput::FreeSku(sku) => Benefit::FreeProduct { sku },
            CouponBenefitInput::FactorBp(factor) => {
                Benefit::PointsMultiplier { factor_bp: factor.into() }
            }
        };
        let scope = self
            .scope
            .map_or(Scope::default(), |own| Scope { skus: own.skus, categories: own.categories });
        let audience = match self.audience {
            Some(CouponAudienceInput::SegmentCode(code)) => Audience::Segment { code },
            Some(CouponAudienceInput::NamedMembers(true)) => Audience::Members,
            None | Some(CouponAudienceInput::NamedMembers(false)) => Audience::Everybody,
        };
        let group = self.stacking_group;
        let stacking =
            if self.is_stackable { Stacking::Stackable { group } } else { Stacking::Exclusive };
        let minimum = self.minimum.map(|own| minor(own, currency, "minimum")).transpose()?;
        Ok(Definition {
            names: self.names.into_iter().map(name).collect(),
            funder: self.funder_id.map(|id| id.0).or(own),
            benefit,
            scope,
            minimum_minor: minimum.unwrap_or(0),
            from: self.opens_at.map(|at| at.0),
            until: self.closes_at.map(|at| at.0),
            uses_max: self.uses_max.map(i64::from),
            member_uses_max: self.member_uses_max.map(i64::from),
            audience,
            stacking,
        })
    }
}

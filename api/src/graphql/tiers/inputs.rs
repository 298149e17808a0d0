//! What operators say about tiers.

use async_graphql::InputObject;
use entity::amount::Currency;
use entity::ids::{MemberId, TierSetId};
use entity::tiers::tier_set::{TierDowngrade, TierMetric, TierWindow};
use entity::tiers::tier_terms;
use service::tiers::Shape;
use service::{Code, Refusal};

use super::types::places;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::money::Decimal;
use crate::graphql::scalars::{Date, Id};

/// Something that a tier or a membership brings.
#[derive(InputObject)]
pub struct PerkInput {
    /// For machines: 1 to 64 lower-case letters, digits and hyphens.
    code: String,
    /// For people: 1 to 500 characters.
    text: String,
}

impl From<PerkInput> for tier_terms::Perk {
    fn from(perk: PerkInput) -> Self {
        Self { code: perk.code, text: perk.text }
    }
}

/// One tier.
#[derive(InputObject)]
pub struct TierInput {
    /// 1 to 64 lower-case letters, digits and hyphens; unique in the set.
    code: String,
    /// What people call it, 1 to 200 characters.
    name: String,
    /// From how much on it is reached: points, units of the settlement currency, or purchases, as the set
    /// counts. Above that of the tier below; 0 for the lowest gives it to everybody.
    threshold: Decimal,
    /// What is earned in it, in basis points, 0 to 1000000; 10000, which is once, if left out.
    #[graphql(default = 10_000)]
    multiplier_bp: i32,
    /// What else it brings, at most 20.
    #[graphql(default)]
    perks: Vec<PerkInput>,
}

/// How long tiers last, and which there are.
#[derive(InputObject)]
pub struct TierTermsInput {
    /// How many months a reached tier lasts, 1 to 120; to the end of the following window if left out.
    validity_months: Option<i32>,
    /// For how many days it is kept after that, 0 to 366.
    #[graphql(default)]
    grace_days: i32,
    /// How a wallet falls whose tier isn't kept.
    downgrade: Enumeration<TierDowngrade>,
    /// The tiers, lowest first, 1 to 20.
    tiers: Vec<TierInput>,
}

impl TierTermsInput {
    pub(super) fn shape(self, metric: TierMetric, currency: Currency) -> Result<Shape, Refusal> {
        let places = places(metric, currency);
        let tier = |(place, tier): (usize, TierInput)| {
            let threshold = tier.threshold.units(places).map_err(|_| {
                let message = format!("A threshold has at most {places} digits after the point.");
                let at = format!("terms.tiers.{place}.threshold");
                Refusal::new(Code::TiersInvalid).because(message).at(&at)
            })?;
            Ok(tier_terms::Tier {
                code: tier.code,
                name: tier.name,
                threshold,
                multiplier_bp: tier.multiplier_bp,
                perks: tier.perks.into_iter().map(Into::into).collect(),
            })
        };
        Ok(Shape {
            validity_months: self.validity_months,
            grace_days: self.grace_days,
            downgrade: self.downgrade.0,
            tiers: self.tiers.into_iter().enumerate().map(tier).collect::<Result<_, Refusal>>()?,
        })
    }
}

/// A tier set to be made. What it counts, and over which window, can't be changed later.
#[derive(InputObject)]
pub struct CreateTierSetInput {
    /// 1 to 64 lower-case letters, digits and hyphens; unique in the programme.
    pub(super) code: String,
    /// What people call it, 1 to 200 characters.
    pub(super) name: String,
    /// What it counts.
    pub(super) metric: Enumeration<TierMetric>,
    /// Over which days.
    pub(super) window: Enumeration<TierWindow>,
    /// How many months a rolling window has, 1 to 60; left out for another.
    pub(super) window_months: Option<i32>,
    /// Its first terms, for all that was bought so far too.
    pub(super) terms: TierTermsInput,
}

/// What changes about a tier set; what is left out stays.
#[derive(InputObject)]
pub struct UpdateTierSetInput {
    /// Which.
    pub(super) tier_set_id: Id<TierSetId>,
    /// The version that was seen; `CONFLICT` if it has another.
    pub(super) expected_version: i32,
    /// A new name.
    pub(super) name: Option<String>,
    /// New terms, from tomorrow on, where the programme is. They keep all tiers, in their order.
    pub(super) terms: Option<TierTermsInput>,
}

/// A tier set that ends.
#[derive(InputObject)]
pub struct ArchiveTierSetInput {
    /// Which.
    pub(super) tier_set_id: Id<TierSetId>,
}

/// A tier that is given.
#[derive(InputObject)]
pub struct GrantTierInput {
    /// To whom; whoever shares the wallet has it too.
    pub(super) member_id: Id<MemberId>,
    /// In which set.
    pub(super) tier_set_id: Id<TierSetId>,
    /// Which tier.
    pub(super) tier_code: String,
    /// Why, 1 to 500 characters. The member reads it.
    pub(super) reason: String,
    /// The last day, where the programme is: today or later, within ten years.
    pub(super) until: Date,
}

/// Granted tiers that are taken back.
#[derive(InputObject)]
pub struct RevokeTierInput {
    /// From whom.
    pub(super) member_id: Id<MemberId>,
    /// In which set.
    pub(super) tier_set_id: Id<TierSetId>,
    /// Why, 1 to 500 characters. The member reads it.
    pub(super) reason: String,
}

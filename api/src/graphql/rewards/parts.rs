//! The parts of a reward: what people read, what it is worth, what it costs, how many there are.

use async_graphql::{ID, SimpleObject};
use entity::amount::{self, Currency};
use entity::earning::definition::Period;
use entity::rewards::definition::{self, Cost};
use service::rewards;

use crate::graphql::enumeration::Enumeration;
use crate::graphql::money::Money;
use crate::graphql::scalars::{DateTime, Points};

/// A reward in one language.
#[derive(SimpleObject)]
pub struct RewardWording {
    /// The language, a tag of BCP 47.
    language: String,
    /// What it is called.
    title: String,
    /// What it is.
    text: Option<String>,
    /// On what terms.
    terms: Option<String>,
}

impl From<&definition::Wording> for RewardWording {
    fn from(own: &definition::Wording) -> Self {
        let definition::Wording { language, title, text, terms } = own.clone();
        Self { language, title, text, terms }
    }
}

/// What a reward is worth, as far as its kind has such a figure.
#[derive(SimpleObject)]
pub struct RewardBenefit {
    /// How much is taken off, in basis points; null where it is no share.
    share_bp: Option<i32>,
    /// How much is taken off, or on the card; null where it is no amount.
    amount: Option<Money>,
}

/// One way to pay for a reward.
#[derive(SimpleObject)]
pub struct RewardPrice {
    /// The option's name, unique in the reward.
    code: String,
    /// What everybody pays in points.
    points: Option<Points>,
    /// What is paid besides; null where that is nothing.
    money: Option<Money>,
    /// What members of certain tiers pay instead, at most 20.
    tier_prices: Vec<RewardTierPrice>,
}

/// What members of a tier pay.
#[derive(SimpleObject)]
pub struct RewardTierPrice {
    /// The id of the tier set.
    tier_set_id: ID,
    /// The code of the tier.
    tier_code: String,
    /// What they pay in points.
    points: Option<Points>,
    /// What they pay besides; null where that is nothing.
    money: Option<Money>,
}

/// What the member who looks pays by one option.
#[derive(SimpleObject)]
pub struct ViewerPrice {
    /// The option's name.
    code: String,
    /// What it pays in points: the least of what is asked of everybody and of its tiers.
    points: Option<Points>,
    /// What it pays besides; null where that is nothing.
    money: Option<Money>,
}

/// How whoever claims a reward gets it.
#[derive(SimpleObject)]
pub struct RewardDelivery {
    /// How often its voucher can be used.
    uses: i32,
    /// Until the end of which day after the claim it can be used; null is without end.
    valid_days: Option<i32>,
    /// For how many hours after the claim the member may give it back; null is never by itself.
    cancel_hours: Option<i32>,
    /// The id of the pool whose codes its vouchers have; null where they are drawn for each claim.
    code_pool_id: Option<ID>,
}

impl From<definition::Delivery> for RewardDelivery {
    fn from(own: definition::Delivery) -> Self {
        let definition::Delivery { uses, valid_days, cancel_hours, pool } = own;
        let code_pool_id = pool.map(|id| id.to_string().into());
        Self { uses, valid_days, cancel_hours, code_pool_id }
    }
}

/// Who delivers a reward to the programme.
#[derive(SimpleObject)]
pub struct RewardSupply {
    /// The id of the partner.
    partner_id: ID,
    /// What it is paid for one.
    cost: Option<Money>,
}

pub(super) fn supply(own: definition::Supply, currency: Currency) -> RewardSupply {
    let partner_id = own.partner.to_string().into();
    RewardSupply { partner_id, cost: money(own.cost_minor, currency) }
}

/// How many there are of a reward.
#[derive(SimpleObject)]
pub struct RewardStock {
    /// In all; null is without bound.
    total: Option<Points>,
    /// On a day of the programme's calendar; null is without bound.
    per_day: Option<Points>,
}

/// How many of a reward a member gets.
#[derive(SimpleObject)]
pub struct RewardLimit {
    /// In which period of the programme's calendar.
    period: Enumeration<Period>,
    /// How many.
    count: Option<Points>,
}

/// Whether the member who looks has the points for a reward, by the option that takes fewest.
#[derive(SimpleObject)]
pub struct Affordability {
    /// Whether it has them now.
    can_afford: bool,
    /// How many are missing.
    missing_points: Option<Points>,
    /// When it will have them by what its wallet waits for, pending points that first fill a debt counted; now
    /// if it has them, null if what it waits for isn't enough.
    when: Option<DateTime>,
}

impl From<rewards::Affordability> for Affordability {
    fn from(own: rewards::Affordability) -> Self {
        Self {
            can_afford: own.can_afford,
            missing_points: Points::change(own.missing_points),
            when: own.when.map(DateTime),
        }
    }
}

pub(super) fn money(minor: i64, currency: Currency) -> Option<Money> {
    (minor != 0).then(|| amount::Money { minor, currency }.into())
}

pub(super) fn benefit(own: definition::Benefit, currency: Currency) -> RewardBenefit {
    let amount = own.amount_minor.and_then(|minor| money(minor, currency));
    RewardBenefit { share_bp: own.share_bp, amount }
}

pub(super) fn price(own: &definition::Price, currency: Currency) -> RewardPrice {
    let tier = |own: &definition::TierPrice| RewardTierPrice {
        tier_set_id: own.tier_set.to_string().into(),
        tier_code: own.tier.clone(),
        points: Points::change(own.cost.points),
        money: money(own.cost.money_minor, currency),
    };
    RewardPrice {
        code: own.code.clone(),
        points: Points::change(own.cost.points),
        money: money(own.cost.money_minor, currency),
        tier_prices: own.tiers.iter().map(tier).collect(),
    }
}

pub(super) fn viewer_price((code, cost): (String, Cost), currency: Currency) -> ViewerPrice {
    let points = Points::change(cost.points);
    ViewerPrice { code, points, money: money(cost.money_minor, currency) }
}

pub(super) fn stock(own: definition::Stock) -> RewardStock {
    RewardStock {
        total: own.total.and_then(Points::change),
        per_day: own.per_day.and_then(Points::change),
    }
}

pub(super) fn limit(own: &definition::ClaimLimit) -> RewardLimit {
    RewardLimit { period: Enumeration(own.period), count: Points::change(own.count) }
}

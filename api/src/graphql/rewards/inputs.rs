//! What operators and partners say about rewards. Bounds are the service's; here only what has no other form.

use async_graphql::InputObject;
use entity::amount::Currency;
use entity::earning::definition::Period;
use entity::ids::{CodePoolId, PartnerId, RewardId, TierSetId};
use entity::rewards::definition::{
    Benefit, ClaimLimit, Cost, Definition, Delivery, Price, Stock, Supply, TierPrice, Wording,
};
use entity::rewards::reward::{RewardKind, RewardStatus};
use service::{Code, Refusal};

use crate::graphql::enumeration::Enumeration;
use crate::graphql::money::Decimal;
use crate::graphql::scalars::{DateTime, Id, Points};

/// A reward to be drafted.
#[derive(InputObject)]
pub struct DraftRewardInput {
    /// 1 to 64 lower-case letters, digits and hyphens; unique in the programme.
    pub(super) code: String,
    /// Whose it is: to an operator the programme's own if left out, to a partner always its own.
    pub(super) partner_id: Option<Id<PartnerId>>,
    /// What it is; it can't become anything else.
    pub(super) kind: Enumeration<RewardKind>,
    /// What it says.
    pub(super) terms: RewardTermsInput,
}

/// A reward that is to say something else.
#[derive(InputObject)]
pub struct UpdateRewardInput {
    /// Which.
    pub(super) reward_id: Id<RewardId>,
    /// The version that was seen; `CONFLICT` if it has another.
    pub(super) expected_version: i32,
    /// All that it says from now on.
    pub(super) terms: RewardTermsInput,
}

/// A reward that is launched, paused or ended.
#[derive(InputObject)]
pub struct SetRewardStatusInput {
    /// Which.
    pub(super) reward_id: Id<RewardId>,
    /// The version that was seen; `CONFLICT` if it has another.
    pub(super) expected_version: i32,
    /// What it is to be.
    pub(super) status: Enumeration<RewardStatus>,
}

/// What a reward says.
#[derive(InputObject)]
pub struct RewardTermsInput {
    /// The language of whoever speaks none of the others: a tag of BCP 47 such as `de` or `pt-BR`.
    pub(super) default_language: String,
    /// What people read, in at most 50 languages, each once, the default among them.
    pub(super) wordings: Vec<RewardWordingInput>,
    /// Where pictures lie: at most 10 https URLs.
    #[graphql(default)]
    pub(super) pictures: Vec<String>,
    /// What it is found under: 1 to 64 lower-case letters, digits and hyphens.
    pub(super) category: Option<String>,
    /// What it is worth: a share for `PERCENT_OFF`, an amount for `AMOUNT_OFF` and `GIFT_CARD`; left out for
    /// other kinds.
    pub(super) benefit: Option<RewardBenefitInput>,
    /// What it costs, 1 to 10 options; the member chooses one.
    pub(super) prices: Vec<RewardPriceInput>,
    /// How whoever claims it gets it; a voucher that is used once and has no end if left out.
    pub(super) delivery: Option<RewardDeliveryInput>,
    /// Who delivers it, if another partner does, and is paid for that by the programme. Operators alone name one.
    pub(super) supply: Option<RewardSupplyInput>,
    /// How many there are; without bound if left out.
    pub(super) stock: Option<RewardStockInput>,
    /// How many a member gets, each period at most once; as many as it likes if left out.
    #[graphql(default)]
    pub(super) limits: Vec<RewardLimitInput>,
    /// It is there from then on.
    pub(super) opens_at: Option<DateTime>,
    /// It is there until then, that moment not included.
    pub(super) closes_at: Option<DateTime>,
    /// For whom, in CEL (<https://cel.dev>) over `member`, as an earning rule's condition has it; for everybody
    /// if left out. Example: `member.tier == "GOLD" || "new" in member.segments`.
    pub(super) condition: Option<String>,
}

/// A reward in one language.
#[derive(InputObject)]
pub struct RewardWordingInput {
    /// A tag of BCP 47 such as `de` or `pt-BR`.
    pub(super) language: String,
    /// What it is called, 1 to 200 characters.
    pub(super) title: String,
    /// What it is, at most 5,000 characters.
    pub(super) text: Option<String>,
    /// On what terms, at most 5,000 characters.
    pub(super) terms: Option<String>,
}

/// What a reward is worth.
#[derive(InputObject)]
pub struct RewardBenefitInput {
    /// How much is taken off, in basis points, 1 to 10000.
    pub(super) share_bp: Option<i32>,
    /// How much is taken off, or on the card, in the settlement currency, above zero.
    pub(super) amount: Option<Decimal>,
}

/// One way to pay for a reward.
#[derive(InputObject)]
pub struct RewardPriceInput {
    /// 1 to 64 lower-case letters, digits and hyphens; unique in the reward.
    pub(super) code: String,
    /// What everybody pays in points, 1 to 1,000,000,000.
    pub(super) points: Points,
    /// What is paid besides, in the settlement currency; nothing if left out.
    pub(super) money: Option<Decimal>,
    /// What members of at most 20 tiers pay instead.
    #[graphql(default)]
    pub(super) tiers: Vec<RewardTierPriceInput>,
}

/// What members of a tier pay.
#[derive(InputObject)]
pub struct RewardTierPriceInput {
    /// In which set.
    pub(super) tier_set_id: Id<TierSetId>,
    /// Which tier.
    pub(super) tier_code: String,
    /// What they pay in points, 1 to 1,000,000,000.
    pub(super) points: Points,
    /// What they pay besides, in the settlement currency; nothing if left out.
    pub(super) money: Option<Decimal>,
}

/// How many there are of a reward; without bound where nothing is said.
#[derive(InputObject)]
pub struct RewardStockInput {
    /// In all.
    pub(super) total: Option<i32>,
    /// On a day of the programme's calendar.
    pub(super) per_day: Option<i32>,
}

/// How many of a reward a member gets.
#[derive(InputObject)]
pub struct RewardLimitInput {
    /// In which period of the programme's calendar.
    pub(super) period: Enumeration<Period>,
    /// How many, at least one.
    pub(super) count: i32,
}

pub(super) fn minor(
    amount: Option<Decimal>,
    currency: Currency,
    at: &str,
) -> Result<Option<i64>, Refusal> {
    let minor = amount.map(|amount| amount.units(currency.exponent())).transpose();
    minor.map_err(|error| Refusal::new(Code::AmountInvalid).because(error.to_string()).at(at))
}

/// How whoever claims a reward gets it.
#[derive(InputObject)]
pub struct RewardDeliveryInput {
    /// How often its voucher can be used, 1 to 1000.
    #[graphql(default = 1)]
    uses: i32,
    /// Until the end of which day after the claim it can be used, 0 to 3650; without end if left out.
    valid_days: Option<i32>,
    /// For how many hours after the claim the member may give it back, 1 to 8784; never by itself if left out.
    cancel_hours: Option<i32>,
    /// Whose codes its vouchers have: a pool of the programme, of the reward's partner or of its supplier. They are
    /// drawn for each claim if left out.
    code_pool_id: Option<Id<CodePoolId>>,
}

impl From<RewardDeliveryInput> for Delivery {
    fn from(own: RewardDeliveryInput) -> Self {
        let RewardDeliveryInput { uses, valid_days, cancel_hours, code_pool_id } = own;
        Self { uses, valid_days, cancel_hours, pool: code_pool_id.map(|id| id.0) }
    }
}

/// Who delivers a reward to the programme.
#[derive(InputObject)]
pub struct RewardSupplyInput {
    /// A partner that supplies rewards.
    partner_id: Id<PartnerId>,
    /// What it is paid for one, in the settlement currency, above zero: `REWARD_SUPPLY` on its statements.
    cost: Decimal,
}

impl RewardTermsInput {
    /// As the service takes it, with amounts of that currency.
    pub(super) fn of(self, currency: Currency) -> Result<Definition, Refusal> {
        let wording = |own: RewardWordingInput| Wording {
            language: own.language,
            title: own.title,
            text: own.text,
            terms: own.terms,
        };
        let benefit = match self.benefit {
            None => Benefit::default(),
            Some(own) => Benefit {
                share_bp: own.share_bp,
                amount_minor: minor(own.amount, currency, "benefit.amount")?,
            },
        };
        let supply = match self.supply {
            None => None,
            Some(own) => Some(Supply {
                partner: own.partner_id.0,
                cost_minor: minor(Some(own.cost), currency, "supply.cost")?.unwrap_or(0),
            }),
        };
        let prices = self.prices.into_iter().enumerate();
        let prices = prices.map(|(place, own)| own.of(currency, &format!("prices.{place}")));
        let stock = self.stock.map_or(Stock::default(), |own| Stock {
            total: own.total.map(i64::from),
            per_day: own.per_day.map(i64::from),
        });
        let limit = |own: RewardLimitInput| ClaimLimit {
            period: own.period.0,
            count: i64::from(own.count),
        };
        Ok(Definition {
            default_language: self.default_language,
            wordings: self.wordings.into_iter().map(wording).collect(),
            pictures: self.pictures,
            category: self.category,
            benefit,
            prices: prices.collect::<Result<_, _>>()?,
            delivery: self.delivery.map_or_else(Delivery::default, Delivery::from),
            supply,
            stock,
            limits: self.limits.into_iter().map(limit).collect(),
            from: self.opens_at.map(|at| at.0),
            until: self.closes_at.map(|at| at.0),
            condition: self.condition,
        })
    }
}

impl RewardPriceInput {
    fn of(self, currency: Currency, at: &str) -> Result<Price, Refusal> {
        let tier = |(place, own): (usize, RewardTierPriceInput)| {
            let at = format!("{at}.tiers.{place}.money");
            Ok(TierPrice {
                tier_set: own.tier_set_id.0,
                tier: own.tier_code,
                cost: cost(own.points, minor(own.money, currency, &at)?),
            })
        };
        let money = minor(self.money, currency, &format!("{at}.money"))?;
        Ok(Price {
            code: self.code,
            cost: cost(self.points, money),
            tiers: self.tiers.into_iter().enumerate().map(tier).collect::<Result<_, Refusal>>()?,
        })
    }
}

fn cost(points: Points, money: Option<i64>) -> Cost {
    Cost { points: points.get(), money_minor: money.unwrap_or(0) }
}

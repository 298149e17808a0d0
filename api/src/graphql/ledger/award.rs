//! What rules gave, for people to read and for programs to compute with.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::amount::{self, Currency};
use entity::earning::definition::CapKind;
use entity::programmes::programme::Rounding;
use service::earning::{Award, Cap, Explanation};

use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::money::Money;
use crate::graphql::purchases::currency;
use crate::graphql::scalars::{BasisPoints, Points};

/// How the points of a receipt or event came about.
pub struct EarningReason(pub(in crate::graphql) Explanation);

/// How the points of a receipt or event came about: amount × rate, rounded once, and what rules gave.
#[Object]
impl EarningReason {
    /// What counts for the base rate, in minor units of the settlement currency.
    async fn eligible_minor(&self) -> Points {
        Points::change(self.0.eligible_minor).unwrap_or_default()
    }

    /// What doesn't, in minor units.
    async fn excluded_minor(&self) -> Points {
        Points::change(self.0.excluded_minor).unwrap_or_default()
    }

    /// The places on the receipt, from 0, of the lines that don't count.
    async fn excluded_lines(&self) -> Vec<i32> {
        places(&self.0.excluded_lines)
    }

    /// Thousandths of a point for each unit of settlement currency.
    async fn rate_millipoints(&self) -> Points {
        Points::change(self.0.rate_millipoints).unwrap_or_default()
    }

    /// What the member's tier multiplied the base by, in basis points; null is once.
    async fn multiplier_bp(&self) -> Option<i32> {
        self.0.multiplier_bp.and_then(|factor| i32::try_from(factor).ok())
    }

    /// What coupons multiplied it by besides, in basis points; null is once.
    async fn coupon_factor_bp(&self) -> Option<i32> {
        self.0.coupon_bp.and_then(|factor| i32::try_from(factor).ok())
    }

    /// How much of what counts comes back as money, by the partner's own rate.
    async fn cashback_bp(&self) -> BasisPoints {
        BasisPoints(self.0.cashback_bp)
    }

    /// The base before rounding, as a decimal, exactly.
    async fn exact(&self) -> &str {
        &self.0.exact
    }

    /// How it becomes whole.
    async fn rounding(&self) -> Enumeration<Rounding> {
        Enumeration(self.0.rounding)
    }

    /// What the base rate gives.
    async fn base_points(&self) -> Points {
        self.0.base_points().into()
    }

    /// What cut the base off: `PARTNER_CREDIT_EXCEEDED` where the partner owes too much, and then rules give no
    /// points either.
    async fn caps(&self) -> Vec<EarningCap> {
        self.0.caps.iter().cloned().map(EarningCap::from).collect()
    }

    /// What rules give besides, in the order in which they were asked; a rule of which a limit cut off
    /// everything is among them.
    async fn awards(&self, ctx: &Context<'_>) -> Result<Vec<EarningAward>> {
        if self.0.awards.is_empty() {
            return Ok(Vec::new());
        }
        let currency = currency(ctx).await?;
        Ok(self.0.awards.iter().cloned().map(|own| EarningAward::of(own, currency)).collect())
    }

    /// The result: the base and what rules give.
    async fn points(&self) -> Points {
        self.0.points.into()
    }
}

/// What a rule gave, and why.
#[derive(SimpleObject)]
pub struct EarningAward {
    /// The rule: `rul_…`.
    rule_id: ID,
    /// Its short name.
    rule_code: String,
    /// Its name at the time.
    name: String,
    /// The version that gave it.
    version: i32,
    /// The campaign that it ran in: `cmp_…`.
    campaign_id: Option<ID>,
    /// The campaign's version.
    campaign_version: Option<i32>,
    /// The places on the receipt, from 0, of the lines that it was about.
    lines: Vec<i32>,
    /// The arithmetic before rounding and limits.
    exact: String,
    /// What it came to before limits.
    wanted: Points,
    /// What limits cut off.
    caps: Vec<EarningCap>,
    /// What it gave.
    points: Points,
    /// Money that it gives back.
    cashback: Money,
    /// Stamps that it gave.
    stamps: Points,
    /// Days until the receipt's points can be spent, where this rule said so.
    pending_days: Option<i32>,
    /// Months until the receipt's points expire, where this rule said so.
    expiry_months: Option<i32>,
    /// Who pays.
    funding: Vec<AwardFunding>,
}

/// A limit that cut something off.
#[derive(SimpleObject)]
pub struct EarningCap {
    /// Which.
    kind: Enumeration<CapKind>,
    /// How many points it cut off.
    cut: Points,
}

/// Who pays for a part of what a rule gave.
#[derive(SimpleObject)]
pub struct AwardFunding {
    /// The partner: `ptn_…`; null is the programme itself.
    partner_id: Option<ID>,
    /// Its part, in basis points.
    share_bp: i32,
}

impl From<Cap> for EarningCap {
    fn from(Cap { kind, cut }: Cap) -> Self {
        Self { kind: Enumeration(kind), cut: cut.into() }
    }
}

impl EarningAward {
    /// The award, its money in this currency.
    pub fn of(from: Award, currency: Currency) -> Self {
        let (campaign, campaign_version) = from.campaign.unzip();
        let funder = |(partner, share_bp): (Option<entity::ids::PartnerId>, i32)| AwardFunding {
            partner_id: partner.map(|id| id.to_string().into()),
            share_bp,
        };
        let number = |number: Option<u32>| i32::try_from(number?).ok();
        Self {
            rule_id: from.rule.to_string().into(),
            rule_code: from.code,
            name: from.name,
            version: from.version,
            campaign_id: campaign.map(|id| id.to_string().into()),
            campaign_version,
            lines: places(&from.lines),
            exact: from.exact,
            wanted: from.wanted.into(),
            caps: from.caps.into_iter().map(EarningCap::from).collect(),
            points: from.points.into(),
            cashback: amount::Money { minor: from.cashback_minor, currency }.into(),
            stamps: Points::change(from.stamps).unwrap_or_default(),
            pending_days: number(from.dates.pending_days),
            expiry_months: number(from.dates.expiry_months),
            funding: from.funding.into_iter().map(funder).collect(),
        }
    }
}

fn places(lines: &[usize]) -> Vec<i32> {
    lines.iter().filter_map(|line| i32::try_from(*line).ok()).collect()
}

//! The parts of rules and campaigns: schedules, effects, limits, budgets, funders.

use async_graphql::{Context, SimpleObject};
use entity::amount::{self, Currency};
use entity::earning::definition::{self, Budget, Effect, Period};
use service::Who;
use uuid::Uuid;

use super::loads::BudgetsLeft;
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::loaders::Loaders;
use crate::graphql::money::{Decimal, Money};
use crate::graphql::partners::Partner;
use crate::graphql::purchases::currency;
use crate::graphql::scalars::{DateTime, Points};

/// When something holds, in the programme's time zone.
#[derive(SimpleObject)]
pub struct Schedule {
    /// From then on; null is always before.
    from: Option<DateTime>,
    /// Until then, that moment not included; null is without end.
    until: Option<DateTime>,
    /// On these days, 1 for Monday to 7 for Sunday; empty is all.
    weekdays: Vec<i32>,
    /// From this minute of the day; null is all day.
    from_minute: Option<i32>,
    /// Until this minute of the day, not included.
    until_minute: Option<i32>,
}

impl From<&definition::Schedule> for Schedule {
    fn from(from: &definition::Schedule) -> Self {
        let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            from: from.from.map(DateTime),
            until: from.until.map(DateTime),
            weekdays: from.weekdays.iter().copied().map(number).collect(),
            from_minute: from.minutes.map(|(from, _)| number(from)),
            until_minute: from.minutes.map(|(_, until)| number(until)),
        }
    }
}

/// What a rule gives. What doesn't belong to its kind is null.
#[derive(Default, SimpleObject)]
pub struct EarningEffect {
    /// Which kind, as the input names it.
    kind: String,
    /// How many points.
    points: Option<Points>,
    /// Thousandths of a point for each unit of settlement currency.
    millipoints: Option<Points>,
    /// What base points are multiplied by; 20,000 is double.
    factor_bp: Option<i32>,
    /// Whether it is for each piece.
    each_piece: Option<bool>,
    /// From which amount on.
    minimum: Option<Money>,
    /// Whether it gives again for each further time the amount is reached.
    repeats: Option<bool>,
    /// Each how many times.
    every: Option<i32>,
    /// How many stamps fill a card.
    card: Option<i32>,
    /// Which share of what was paid comes back, in basis points.
    share_bp: Option<i32>,
    /// Days until points can be spent.
    pending_days: Option<i32>,
    /// Months until points expire.
    expiry_months: Option<i32>,
}

/// A rule's effect as the schema shows it.
pub(super) fn effect(from: &Effect, currency: Currency) -> EarningEffect {
    let points = |points: i64| Points::change(points);
    let number = |number: i64| i32::try_from(number).ok();
    let of = |kind: &str| EarningEffect { kind: kind.to_owned(), ..EarningEffect::default() };
    match from {
        Effect::PerAmount { millipoints } => {
            EarningEffect { millipoints: points(*millipoints), ..of("perAmount") }
        }
        Effect::Multiplier { factor_bp } => {
            EarningEffect { factor_bp: number(*factor_bp), ..of("multiplier") }
        }
        Effect::Fixed { points: fixed } => EarningEffect { points: points(*fixed), ..of("fixed") },
        Effect::PerLine { points: each, each_piece } => {
            EarningEffect { points: points(*each), each_piece: Some(*each_piece), ..of("perLine") }
        }
        Effect::Threshold { minimum_minor, points: reached, repeats } => EarningEffect {
            minimum: Some(amount::Money { minor: *minimum_minor, currency }.into()),
            points: points(*reached),
            repeats: Some(*repeats),
            ..of("threshold")
        },
        Effect::EveryNth { every, points: due } => {
            EarningEffect { every: number(*every), points: points(*due), ..of("everyNth") }
        }
        Effect::Stamps { card, points: full, each_piece } => EarningEffect {
            card: number(*card),
            points: points(*full),
            each_piece: Some(*each_piece),
            ..of("stamps")
        },
        Effect::Cashback { share_bp } => {
            EarningEffect { share_bp: number(*share_bp), ..of("cashback") }
        }
        Effect::Dates { pending_days, expiry_months } => EarningEffect {
            pending_days: pending_days.and_then(|days| i32::try_from(days).ok()),
            expiry_months: expiry_months.and_then(|months| i32::try_from(months).ok()),
            ..of("dates")
        },
    }
}

/// How much of a rule one wallet gets in a period.
#[derive(SimpleObject)]
pub struct EarningLimit {
    /// Over what.
    period: Enumeration<Period>,
    /// How many times; null is without bound.
    count: Option<Points>,
    /// How many points; null is without bound.
    points: Option<Points>,
}

impl From<&definition::Limit> for EarningLimit {
    fn from(from: &definition::Limit) -> Self {
        let number = |number: Option<i64>| number.and_then(Points::change);
        Self {
            period: Enumeration(from.period),
            count: number(from.count),
            points: number(from.points),
        }
    }
}

/// A budget, with what it has left just now.
#[derive(SimpleObject)]
pub struct BudgetState {
    /// In points; null is without bound.
    points: Option<Points>,
    /// How many points it has left.
    points_left: Option<Points>,
    /// In what they cost whoever funds them; null is without bound.
    cost: Option<Money>,
    /// How much of that it has left, rounded down.
    cost_left: Option<Money>,
}

impl BudgetState {
    /// To operators; none to others, and where there is no budget.
    pub(super) async fn of(
        ctx: &Context<'_>,
        budget: &Budget,
        owner: Uuid,
    ) -> Result<Option<Self>> {
        let (services, actor) = app(ctx);
        if !budget.is_some() || !matches!(actor.who(), Who::Operator(_)) {
            return Ok(None);
        }
        let currency = currency(ctx).await?;
        let money = |minor: i64| Money::from(amount::Money { minor, currency });
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| BudgetsLeft(services.clone(), actor.clone()));
        let [points_left, cost_left] = loader.load(owner).await?.unwrap_or_default();
        let points = |points: Option<i64>| points.and_then(Points::change);
        Ok(Some(Self {
            points: points(budget.points),
            points_left: points(points_left),
            cost: budget.cost_minor.map(money),
            cost_left: cost_left.map(money),
        }))
    }
}

/// A part of what a rule costs.
#[derive(SimpleObject)]
pub struct Funder {
    /// Who pays by its contract; null is the programme itself.
    partner: Option<Partner>,
    /// Its part, in basis points.
    share_bp: i32,
    /// What the programme pays for a point; null for partners.
    price: Option<Decimal>,
}

/// Who pays, to operators and partners; nobody to others.
pub(super) async fn funders(
    ctx: &Context<'_>,
    funding: &[definition::Funder],
) -> Result<Vec<Funder>> {
    let (services, actor) = app(ctx);
    if !matches!(actor.who(), Who::Operator(_) | Who::Partner(..)) {
        return Ok(Vec::new());
    }
    let directory = services.partners.directory(actor.programme()?).await?;
    let funder = |own: &definition::Funder| Funder {
        partner: own.partner.and_then(|id| directory.partner(id).cloned()).map(Partner),
        share_bp: own.share_bp,
        price: own.partner.is_none().then(|| Decimal::scaled(own.price_micros, 6)),
    };
    Ok(funding.iter().map(funder).collect())
}

/// What a campaign is to reach.
#[derive(SimpleObject)]
pub struct CampaignTargets {
    /// Members who get something of it.
    members: Option<Points>,
    /// Receipts that it gives for.
    purchases: Option<Points>,
    /// What is paid in those.
    revenue: Option<Money>,
}

impl CampaignTargets {
    pub(super) fn of(from: &definition::Targets, currency: Currency) -> Self {
        let number = |number: Option<i64>| number.and_then(Points::change);
        let money = |minor: i64| Money::from(amount::Money { minor, currency });
        Self {
            members: number(from.members),
            purchases: number(from.purchases),
            revenue: from.revenue_minor.map(money),
        }
    }
}

//! Tier sets, tiers, and where a member stands in them.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::amount::Currency;
use entity::day::Day;
use entity::ids::MemberId;
use entity::tiers::tier_change::{self, TierChangeKind};
use entity::tiers::tier_set::{TierDowngrade, TierMetric, TierWindow};
use entity::tiers::tier_terms;
use service::tiers::{Progress, Set};
use service::{Actor, Error, Services};

use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::loaders::Batch;
use crate::graphql::money::Decimal;
use crate::graphql::scalars::{Date, DateTime};

/// A ladder of tiers.
pub struct TierSet(pub(in crate::graphql) Set);

/// One tier of a set.
pub struct Tier {
    pub(super) row: tier_terms::Tier,
    pub(super) places: u32,
}

/// Something that a tier or a membership brings.
#[derive(Clone, SimpleObject)]
pub struct Perk {
    /// For machines.
    code: String,
    /// For people.
    text: String,
}

impl From<&tier_terms::Perk> for Perk {
    fn from(perk: &tier_terms::Perk) -> Self {
        Self { code: perk.code.clone(), text: perk.text.clone() }
    }
}

/// How many places a metric's figures have behind the point.
pub(super) fn places(metric: TierMetric, currency: Currency) -> u32 {
    match metric {
        TierMetric::Spend => currency.exponent(),
        TierMetric::Points | TierMetric::Purchases => 0,
    }
}

async fn places_of(ctx: &Context<'_>, set: &Set) -> Result<u32> {
    let (services, actor) = app(ctx);
    let rules = services.programmes.own(actor).await?;
    Ok(places(set.row.metric, rules.programme.currency))
}

/// A ladder of tiers that wallets climb by what they do.
#[Object]
impl TierSet {
    /// Its id: `tis_…`.
    pub async fn id(&self) -> ID {
        self.0.row.id.to_string().into()
    }

    /// Unique in the programme.
    async fn code(&self) -> &str {
        &self.0.row.code
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.row.name
    }

    /// What it counts.
    async fn metric(&self) -> Enumeration<TierMetric> {
        Enumeration(self.0.row.metric)
    }

    /// Over which days.
    async fn window(&self) -> Enumeration<TierWindow> {
        Enumeration(self.0.row.window_kind)
    }

    /// How many months a rolling window has; null for another.
    async fn window_months(&self) -> Option<i32> {
        self.0.row.window_months
    }

    /// How many months a reached tier lasts; null where it lasts to the end of the following window.
    async fn validity_months(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        Ok(self.terms(ctx).await?.and_then(|terms| terms.validity_months))
    }

    /// For how many days a tier is kept after that.
    async fn grace_days(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.terms(ctx).await?.map_or(0, |terms| terms.grace_days))
    }

    /// How a wallet falls whose tier isn't kept.
    async fn downgrade(&self, ctx: &Context<'_>) -> Result<Option<Enumeration<TierDowngrade>>> {
        Ok(self.terms(ctx).await?.map(|terms| Enumeration(terms.downgrade)))
    }

    /// Its tiers, lowest first, as they are today.
    async fn tiers(&self, ctx: &Context<'_>) -> Result<Vec<Tier>> {
        let places = places_of(ctx, &self.0).await?;
        let rows = self.terms(ctx).await?.map(|terms| terms.tiers.0.clone()).unwrap_or_default();
        Ok(rows.into_iter().map(|row| Tier { row, places }).collect())
    }

    /// From which day on other terms are in force; null where none are to come.
    async fn changes_on(&self, ctx: &Context<'_>) -> Result<Option<Date>> {
        let (services, actor) = app(ctx);
        let today = services.tiers.today(actor).await?;
        let later = self.0.terms.iter().find(|terms| terms.from_day > today);
        Ok(later.map(|terms| Date(terms.from_day.date())))
    }

    /// Grows with each change; an update names the one that it saw.
    async fn version(&self) -> i32 {
        self.0.row.version
    }

    /// When it ended; null while wallets stand in it.
    async fn archived_at(&self) -> Option<DateTime> {
        self.0.row.archived_at.map(DateTime)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.row.created_at)
    }
}

impl TierSet {
    async fn terms(&self, ctx: &Context<'_>) -> Result<Option<&tier_terms::Model>> {
        let (services, actor) = app(ctx);
        Ok(self.0.terms_on(services.tiers.today(actor).await?))
    }
}

/// One tier of a set.
#[Object]
impl Tier {
    /// Unique in its set.
    async fn code(&self) -> &str {
        &self.row.code
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// From how much on it is reached: points, units of the settlement currency, or purchases, as the set
    /// counts.
    async fn threshold(&self) -> Decimal {
        Decimal::scaled(self.row.threshold, self.places)
    }

    /// What is earned in it, in basis points: 10000 is once.
    async fn multiplier_bp(&self) -> i32 {
        self.row.multiplier_bp
    }

    /// What else it brings, at most 20.
    async fn perks(&self) -> Vec<Perk> {
        self.row.perks.iter().map(Perk::from).collect()
    }
}

/// Where a member's wallet stands in a set, and how far it is.
pub struct TierStanding {
    pub(super) progress: Progress,
    pub(super) places: u32,
}

/// Where a member's wallet stands in a set, and how far it is to the next tier. What was bought shows in the
/// figures at once, and in the tier a moment later.
#[Object]
impl TierStanding {
    /// In which set.
    async fn set(&self) -> TierSet {
        TierSet(self.progress.set.clone())
    }

    /// The tier; null below the lowest.
    async fn tier(&self) -> Option<Tier> {
        self.progress.tier.clone().map(|row| Tier { row, places: self.places })
    }

    /// Since when; null where the tier is everybody's, or there is none.
    async fn since(&self) -> Option<Date> {
        let standing = self.progress.standing.as_ref();
        date(standing.filter(|own| own.tier_code.is_some()).and_then(|own| own.since))
    }

    /// The last day for which the tier was reached or given, before grace; null where it has no end.
    async fn valid_until(&self) -> Option<Date> {
        date(self.progress.standing.as_ref().and_then(|standing| standing.valid_until))
    }

    /// Whether it was given, and is above what was earned.
    async fn is_granted(&self) -> bool {
        let standing = self.progress.standing.as_ref();
        standing.is_some_and(|standing| standing.tier_code != standing.earned_code)
    }

    /// How much was done in the window: points, units of the settlement currency, or purchases.
    async fn progress(&self) -> Decimal {
        self.figure(self.progress.done)
    }

    /// The window's first day.
    async fn window_from(&self) -> Date {
        Date(self.progress.first.date())
    }

    /// The last day on which what is done today counts.
    async fn window_to(&self) -> Date {
        Date(self.progress.last.date())
    }

    /// The tier above; null at the top.
    async fn next(&self) -> Option<Tier> {
        self.progress.next.clone().map(|row| Tier { row, places: self.places })
    }

    /// What is missing to that; null at the top.
    async fn missing_to_next(&self) -> Option<Decimal> {
        self.progress.missing_to_next.map(|missing| self.figure(missing))
    }

    /// What is missing in this window to keep the tier for longer; null where it has no end.
    async fn missing_to_keep(&self) -> Option<Decimal> {
        self.progress.missing_to_keep.map(|missing| self.figure(missing))
    }
}

impl TierStanding {
    fn figure(&self, figure: i64) -> Decimal {
        Decimal::scaled(figure, self.places)
    }
}

fn date(day: Option<Day>) -> Option<Date> {
    day.map(|day| Date(day.date()))
}

/// One change of a wallet's tier.
#[derive(Clone)]
pub struct TierChange(tier_change::Model, Option<Set>);

/// One change of a wallet's tier, and why.
#[Object]
impl TierChange {
    /// In which set; null where it is archived, but to operators.
    async fn set(&self) -> Option<TierSet> {
        self.1.clone().map(TierSet)
    }

    /// The code of the tier before; null if there was none.
    async fn from_tier_code(&self) -> Option<&str> {
        self.0.from_code.as_deref()
    }

    /// The code of the tier after; null if there was none.
    async fn to_tier_code(&self) -> Option<&str> {
        self.0.to_code.as_deref()
    }

    /// Why.
    async fn kind(&self) -> Enumeration<TierChangeKind> {
        Enumeration(self.0.kind)
    }

    /// From which day on.
    async fn day(&self) -> Date {
        Date(self.0.day.date())
    }

    /// When it was noticed.
    async fn changed_at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Who did it, to operators; null to others.
    async fn actor(&self, ctx: &Context<'_>) -> Option<&str> {
        let is_operator = matches!(app(ctx).1.who(), service::Who::Operator(_));
        is_operator.then_some(self.0.actor.as_str())
    }

    /// What an operator gave as its reason.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

/// How far members are, by member.
pub(in crate::graphql) struct Standings(
    pub(in crate::graphql) Services,
    pub(in crate::graphql) Actor,
);

impl Batch for Standings {
    type Key = MemberId;
    type Value = Vec<Progress>;

    async fn load(&self, keys: Vec<MemberId>) -> Result<HashMap<MemberId, Vec<Progress>>, Error> {
        self.0.tiers.progress_of(&self.1, &keys).await
    }
}

/// How members came to their tiers, by member.
pub(in crate::graphql) struct Histories(
    pub(in crate::graphql) Services,
    pub(in crate::graphql) Actor,
);

impl Batch for Histories {
    type Key = MemberId;
    type Value = Vec<TierChange>;

    async fn load(&self, keys: Vec<MemberId>) -> Result<HashMap<MemberId, Vec<TierChange>>, Error> {
        let sets = self.0.tiers.list(&self.1).await?;
        let shown = |row: tier_change::Model| {
            let set = sets.iter().find(|set| set.row.id == row.set_id).cloned();
            TierChange(row, set)
        };
        let found = self.0.tiers.history_of(&self.1, &keys).await?.into_iter();
        Ok(found.map(|(member, rows)| (member, rows.into_iter().map(shown).collect())).collect())
    }
}

/// What a member's standings show.
pub(in crate::graphql) fn standings(
    progress: Vec<Progress>,
    currency: Currency,
) -> Vec<TierStanding> {
    let shown = |progress: Progress| {
        let places = places(progress.set.row.metric, currency);
        TierStanding { progress, places }
    };
    progress.into_iter().map(shown).collect()
}

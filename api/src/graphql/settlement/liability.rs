//! What the programme owes in points.

use async_graphql::{Context, Object, SimpleObject};
use entity::amount::Currency;
use entity::day::Day;
use entity::ids::PartnerId;
use service::settlement::core::cohorts::{Cohort, Flow};
use service::settlement::{Liability, Part};

use super::estimate::BreakageEstimate;
use super::types::rounded;
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::money::Money;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::partners::Partner;
use crate::graphql::scalars::{Date, Points};

/// What the programme owes in points at the end of a day.
pub struct LiabilityReport(pub(super) Liability);

/// What became of points until the end of a day.
#[derive(Clone, SimpleObject)]
pub struct PointsFlow {
    /// How many were issued.
    issued: Points,
    /// How many were burned.
    burned: Points,
    /// Of these, how many were undone.
    restored: Points,
    /// How many expired.
    expired: Points,
    /// How many were taken back because goods came back.
    returned: Points,
    /// How many filled what a member owed, for points that had been burned before.
    filled: Points,
    /// How many an operator took.
    adjusted: Points,
    /// How many are still out: issued and restored, less the rest. What holds have set aside is out.
    outstanding: Points,
}

impl From<&Flow> for PointsFlow {
    fn from(flow: &Flow) -> Self {
        let points = |points| Points::change(points).unwrap_or_default();
        Self {
            issued: points(flow.issued),
            burned: points(flow.burned),
            restored: points(flow.restored),
            expired: points(flow.expired),
            returned: points(flow.returned),
            filled: points(flow.filled),
            adjusted: points(flow.adjusted),
            outstanding: points(flow.out()),
        }
    }
}

/// Points of one issuer.
#[derive(SimpleObject)]
pub struct IssuerLiability {
    /// Who issued them; null where it is the programme itself.
    issuer: Option<Partner>,
    /// What became of them.
    flow: PointsFlow,
    /// What partners owe when those are burned that are out.
    due_at_burn: Money,
    /// How many of those that are out will never be burned, as far as something can be said; null where nothing
    /// can.
    breakage: Option<Points>,
}

/// Points of one month of issue.
#[derive(SimpleObject)]
pub struct MonthLiability {
    /// The first day of the month in which they were earned, in the programme's time zone.
    month: Date,
    /// What became of them.
    flow: PointsFlow,
    /// What partners owe when those are burned that are out.
    due_at_burn: Money,
    /// How many of those that are out will never be burned; null where nothing can be said.
    breakage: Option<Points>,
}

/// A cohort: points of one issuer and one month of issue.
#[derive(SimpleObject)]
pub struct CohortLiability {
    /// Who issued them; null where it is the programme itself.
    issuer: Option<Partner>,
    /// The first day of the month in which they were earned, in the programme's time zone.
    month: Date,
    /// What became of them.
    flow: PointsFlow,
    /// What partners owe when those are burned that are out.
    due_at_burn: Money,
    /// How many of those that are out will never be burned: the cohort's part of its month's, by what is out;
    /// null where nothing can be said.
    breakage: Option<Points>,
}

fn breakage(part: &Part) -> Option<Points> {
    (part.estimated != 0).then(|| Points::change(part.breakage).unwrap_or_default())
}

fn due(part: &Part, currency: Currency) -> Result<Money> {
    rounded(part.due.partners, currency)
}

/// What the programme owes in points at the end of a day, in the programme's time zone. A day that is over
/// always gives the same: what comes late counts on the day on which it was recorded. What happened in the last
/// moments may not be in it yet.
#[Object]
impl LiabilityReport {
    /// The day.
    async fn as_of(&self) -> Date {
        Date(self.0.as_of.date())
    }

    /// What became of all points.
    async fn flow(&self) -> Result<PointsFlow> {
        Ok((&self.0.total()?.flow).into())
    }

    /// What is held for points that are out: what was paid for them at issue.
    async fn reserve(&self) -> Result<Money> {
        rounded(self.0.reserve, self.0.currency)
    }

    /// What partners owe for the rest when the points that are out are burned.
    async fn due_at_burn(&self) -> Result<Money> {
        due(&self.0.total()?, self.0.currency)
    }

    /// What the programme itself pays then, as a funder.
    async fn own_at_burn(&self) -> Result<Money> {
        rounded(self.0.total()?.due.own, self.0.currency)
    }

    /// How many of the points that are out will never be burned.
    async fn breakage(&self) -> Result<BreakageEstimate> {
        Ok(BreakageEstimate::of(&self.0, self.0.total()?))
    }

    /// By issuer: the programme itself first, then partners by when they were onboarded.
    async fn issuers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<IssuerLiability>> {
        let issuers: Vec<(Option<PartnerId>, Part)> = self.0.issuers()?.into_iter().collect();
        let named = self.named(ctx, issuers).await?;
        let node = |(issuer, part): (Option<Partner>, Part)| {
            Ok(IssuerLiability {
                issuer,
                flow: (&part.flow).into(),
                due_at_burn: due(&part, self.0.currency)?,
                breakage: breakage(&part),
            })
        };
        let nodes = named.into_iter().map(node).collect::<Result<Vec<_>>>()?;
        let window = Asked { first, after, last, before }.window::<IssuerLiability, i64>()?;
        Ok(Connection::new(window.of_list(nodes), |(place, _)| *place, |(_, node)| node))
    }

    /// By month of issue, oldest first.
    async fn months(
        &self,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<MonthLiability>> {
        let node = |(month, part): (Day, Part)| {
            Ok(MonthLiability {
                month: Date(month.date()),
                flow: (&part.flow).into(),
                due_at_burn: due(&part, self.0.currency)?,
                breakage: breakage(&part),
            })
        };
        let nodes = self.0.months()?.into_iter().map(node).collect::<Result<Vec<_>>>()?;
        let window = Asked { first, after, last, before }.window::<MonthLiability, i64>()?;
        Ok(Connection::new(window.of_list(nodes), |(place, _)| *place, |(_, node)| node))
    }

    /// By month of issue, oldest first, and issuer.
    async fn cohorts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<CohortLiability>> {
        let window = Asked { first, after, last, before }.window::<CohortLiability, i64>()?;
        let cohorts: Vec<(Cohort, Part)> =
            self.0.cohorts.iter().map(|(cohort, part)| (*cohort, *part)).collect();
        let issuers = cohorts.iter().map(|(cohort, part)| (cohort.issuer, *part)).collect();
        let named = self.named(ctx, issuers).await?;
        let node = |((cohort, part), (issuer, _)): ((Cohort, Part), (Option<Partner>, Part))| {
            Ok(CohortLiability {
                issuer,
                month: Date(cohort.month.date()),
                flow: (&part.flow).into(),
                due_at_burn: due(&part, self.0.currency)?,
                breakage: breakage(&part),
            })
        };
        let nodes = cohorts.into_iter().zip(named).map(node).collect::<Result<Vec<_>>>()?;
        Ok(Connection::new(window.of_list(nodes), |(place, _)| *place, |(_, node)| node))
    }
}

impl LiabilityReport {
    /// Parts with their issuers.
    async fn named(
        &self,
        ctx: &Context<'_>,
        parts: Vec<(Option<PartnerId>, Part)>,
    ) -> Result<Vec<(Option<Partner>, Part)>> {
        let (services, actor) = app(ctx);
        let directory = services.partners.directory(actor.programme()?).await?;
        let partner = |id| directory.partner(id).cloned().map(Partner);
        Ok(parts.into_iter().map(|(issuer, part)| (issuer.and_then(partner), part)).collect())
    }
}

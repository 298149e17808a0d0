//! A past period under other rules: asked for, and looked at as it comes on.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::amount::{self, Currency};
use entity::earning::simulation::{Outcome, SimulationStatus, Wish};
use entity::earning::{simulation, simulation::Model};
use entity::ids::RuleId;
use service::{Refusal, Scope};

use super::inputs::EarningRuleTermsInput;
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::money::Money;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::page::{Asked, Connection};
use crate::graphql::purchases::currency;
use crate::graphql::scalars::{DateTime, Id, Points};

/// A past period, and what would have been other.
#[derive(InputObject)]
pub struct SimulateEarningInput {
    /// From then on.
    from: DateTime,
    /// Until then, that moment not included.
    until: DateTime,
    /// Rules that hold besides, at most 50.
    #[graphql(default)]
    add: Vec<SimulatedRuleInput>,
    /// Rules that don't hold.
    #[graphql(default)]
    leave_out: Vec<Id<RuleId>>,
}

/// A rule that holds in a simulation alone.
#[derive(InputObject)]
pub struct SimulatedRuleInput {
    /// How the outcome names it: 1 to 64 lower-case letters, digits or hyphens.
    code: String,
    /// What it says.
    terms: EarningRuleTermsInput,
}

mutation! {
    SimulateEarning refuses [
        ScheduleInvalid, ValueOutOfRange, CodeInvalid, NameInvalid, ConditionInvalid, EffectInvalid,
        LimitInvalid, FundingInvalid, AmountInvalid, PartnerNotFound, StoreNotFound,
    ];
    /// What asking did.
    pub struct SimulateEarningPayload {
        /// The simulation, which runs in the background; null when refused.
        simulation: Option<Simulation>,
    }
}

/// A past period under other rules.
pub struct Simulation {
    pub(in crate::graphql) row: Model,
    pub(in crate::graphql) currency: Currency,
}

/// A past period under other rules. Nothing of it is written to the books.
#[Object]
impl Simulation {
    /// Its id: `sim_…`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// How far it has come.
    async fn status(&self) -> Enumeration<SimulationStatus> {
        Enumeration(self.row.status)
    }

    /// How many receipts it has gone through.
    async fn seen(&self) -> Points {
        Points::change(self.row.seen).unwrap_or_default()
    }

    /// How many there were when it was asked for.
    async fn total(&self) -> Points {
        Points::change(self.row.total).unwrap_or_default()
    }

    /// When it was asked for.
    async fn asked_at(&self) -> DateTime {
        DateTime(self.row.asked_at)
    }

    /// When it was done.
    async fn finished_at(&self) -> Option<DateTime> {
        self.row.finished_at.map(DateTime)
    }

    /// What it comes to, of the receipts seen so far.
    async fn outcome(&self) -> SimulationOutcome {
        SimulationOutcome::of(&self.row.outcome, self.currency)
    }
}

/// What a period comes to under other rules, and what it came to. Returns aren't taken off.
#[derive(SimpleObject)]
pub struct SimulationOutcome {
    /// Points that would have been earned.
    points: Points,
    /// Points that were.
    points_then: Points,
    /// Money back that rules would have given.
    cashback: Money,
    /// Money back that they gave.
    cashback_then: Money,
    /// Members for whom it makes a difference.
    members: Points,
    /// What the points would have cost each funder.
    costs: Vec<SimulatedCost>,
    /// What each rule would have given.
    rules: Vec<SimulatedRule>,
}

/// What points would have cost a funder, rounded down to minor units.
#[derive(SimpleObject)]
pub struct SimulatedCost {
    /// The partner: `ptn_…`; null is the programme itself.
    partner_id: Option<ID>,
    /// What they would have cost.
    cost: Money,
    /// What they did.
    cost_then: Money,
}

/// What a rule would have given.
#[derive(SimpleObject)]
pub struct SimulatedRule {
    /// Its code.
    code: String,
    /// How often it would have given something, limits' cuts included.
    times: Points,
    /// How many points.
    points: Points,
    /// How often it did.
    times_then: Points,
    /// How many points it gave.
    points_then: Points,
}

impl SimulationOutcome {
    fn of(outcome: &Outcome, currency: Currency) -> Self {
        let number = |number: i64| Points::change(number).unwrap_or_default();
        let money = |minor: i64| Money::from(amount::Money { minor, currency });
        let minor = i128::from(amount::cost_of_minor(currency.minor_per_unit()));
        let cost = |text: &str| {
            let cost: i128 = text.parse().unwrap_or(0);
            money(i64::try_from(cost / minor).unwrap_or(i64::MAX))
        };
        let costs = outcome.costs.iter().map(|(partner, now, then)| SimulatedCost {
            partner_id: partner.map(|id| id.to_string().into()),
            cost: cost(now),
            cost_then: cost(then),
        });
        let rules = outcome.rules.iter().map(|(code, [times, points, times_then, points_then])| {
            SimulatedRule {
                code: code.clone(),
                times: number(*times),
                points: number(*points),
                times_then: number(*times_then),
                points_then: number(*points_then),
            }
        });
        Self {
            points: number(outcome.points),
            points_then: number(outcome.points_then),
            cashback: money(outcome.cashback_minor),
            cashback_then: money(outcome.cashback_minor_then),
            members: number(outcome.members),
            costs: costs.collect(),
            rules: rules.collect(),
        }
    }
}

/// The queries about simulations.
#[derive(Default)]
pub struct SimulationQuery;

#[Object]
impl SimulationQuery {
    /// Simulations, oldest first. For operators with `rules:write`.
    async fn simulations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Simulation>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Simulation, uuid::Uuid>()?;
        let page = services.earning.simulations(actor, window).await?;
        let currency = currency(ctx).await?;
        let show = move |row: simulation::Model| Simulation { row, currency };
        Ok(Connection::new(page, |row| row.id.uuid(), show))
    }
}

/// The mutations about simulations.
#[derive(Default)]
pub struct SimulationMutation;

#[Object]
impl SimulationMutation {
    /// Asks what a past period would have come to under other rules: points, cost by funder, members
    /// affected, against what happened. It is gone through in the background; `simulations` shows how far it
    /// has come. For operators with `rules:write`.
    async fn simulate_earning(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which period, under which rules.")] input: SimulateEarningInput,
    ) -> Result<SimulateEarningPayload> {
        let (services, actor) = app(ctx);
        actor.operator(Scope::RulesWrite)?;
        let currency = currency(ctx).await?;
        let asked = async {
            let add = input.add.into_iter().enumerate().map(|(place, own)| {
                let under = |own: Refusal| own.under(&format!("add.{place}.terms"));
                Ok::<_, Refusal>((own.code, own.terms.of(currency).map_err(under)?))
            });
            let wish = Wish {
                from: input.from.0,
                until: input.until.0,
                add: add.collect::<Result<_, _>>()?,
                leave_out: input.leave_out.into_iter().map(|id| id.0).collect(),
            };
            services.earning.simulate(actor, wish).await
        };
        answer(asked.await, |row| SimulateEarningPayload {
            simulation: Some(Simulation { row, currency }),
            ..SimulateEarningPayload::default()
        })
    }
}

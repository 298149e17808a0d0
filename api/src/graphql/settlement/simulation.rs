//! A past cycle under other terms of one partner.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::amount::{self, Currency};
use entity::ids::{PartnerId, SettlementCycleId};
use entity::partners::contract::{Funding, OnUs};
use entity::settlement::contract_simulation::{self, Attribution, OtherTerms};
use service::settlement::SimulateContract as Wish;
use service::{Code, Refusal};

use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::money::{Decimal, Money};
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::partners::Partner;
use crate::graphql::purchases::currency;
use crate::graphql::scalars::{BasisPoints, DateTime, Id};

/// A past cycle under other terms.
pub struct ContractSimulation {
    pub(in crate::graphql) row: contract_simulation::Model,
    pub(in crate::graphql) currency: Currency,
}

/// What would be other for a partner; what isn't said is as it was.
#[derive(InputObject)]
pub struct OtherTermsInput {
    /// When it pays for its points.
    funding: Option<Enumeration<Funding>>,
    /// Under `HYBRID`, and only there, the share due at issue.
    issue_share_bp: Option<BasisPoints>,
    /// Units of settlement currency a point, 0 to 1,000,000.
    issue_price: Option<Decimal>,
    /// Units of settlement currency a point, 0 to 1,000,000.
    acceptance_price: Option<Decimal>,
    /// On the money value it issues.
    service_fee_bp: Option<BasisPoints>,
    /// Of the reserve set free when its points expire.
    breakage_share_bp: Option<BasisPoints>,
    /// How points burned where they were issued are settled.
    on_us: Option<Enumeration<OnUs>>,
    /// Who is charged for points that are burned, of all partners' contracts: nothing else is other then.
    attribution: Option<Enumeration<Attribution>>,
}

/// Which cycle, and what would be other.
#[derive(InputObject)]
pub struct SimulateContractInput {
    /// A cycle that is closed.
    cycle_id: Id<SettlementCycleId>,
    /// Whose terms.
    partner_id: Id<PartnerId>,
    /// What would be other.
    terms: OtherTermsInput,
}

/// What a cycle came to, and would have come to.
#[derive(SimpleObject)]
pub struct SimulatedAmount {
    /// What it came to.
    then: Money,
    /// What it would have come to.
    simulated: Money,
    /// By how much that is more.
    difference: Money,
}

/// What a partner's cycle came to, and would have come to.
#[derive(SimpleObject)]
pub struct SimulatedPosition {
    /// Whose.
    partner: Partner,
    /// Above zero the partner owes it, below zero it is owed.
    net: SimulatedAmount,
}

fn amount([then, simulated]: [i64; 2], currency: Currency) -> SimulatedAmount {
    let money = |minor| amount::Money { minor, currency }.into();
    let difference = money(simulated.saturating_sub(then));
    SimulatedAmount { then: money(then), simulated: money(simulated), difference }
}

/// A past cycle under other terms of one partner, worked out in the background. Which points were burned stays
/// as it was; debts of earlier cycles are left out on both sides. For operators.
#[Object]
impl ContractSimulation {
    /// Its id: `csi_…`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// When it was asked for.
    async fn asked_at(&self) -> DateTime {
        DateTime(self.row.asked_at)
    }

    /// When it was done; null while it is worked out.
    async fn finished_at(&self) -> Option<DateTime> {
        self.row.finished_at.map(DateTime)
    }

    /// Each partner's net; null while it is worked out.
    async fn positions(&self, ctx: &Context<'_>) -> Result<Option<Vec<SimulatedPosition>>> {
        let (services, actor) = app(ctx);
        let Some(outcome) = &self.row.outcome else { return Ok(None) };
        let directory = services.partners.directory(actor.programme()?).await?;
        let position = |(id, sides): &(PartnerId, [i64; 2])| {
            let partner = Partner(directory.partner(*id).cloned()?);
            Some(SimulatedPosition { partner, net: amount(*sides, self.currency) })
        };
        let mut positions: Vec<_> = outcome.partners.iter().filter_map(position).collect();
        positions.sort_by(|a, b| a.partner.0.code.cmp(&b.partner.0.code));
        Ok(Some(positions))
    }

    /// The programme's margin, fees and breakage together; null while it is worked out.
    async fn programme(&self) -> Option<SimulatedAmount> {
        self.row.outcome.as_ref().map(|outcome| amount(outcome.programme, self.currency))
    }
}

mutation! {
    SimulateContract refuses [CycleNotFound, CycleNotCalculated, ContractMissing, ValueOutOfRange];
    /// What asking did.
    pub struct SimulateContractPayload {
        /// The simulation; null when refused.
        simulation: Option<ContractSimulation>,
    }
}

/// The mutation of this file.
#[derive(Default)]
pub struct ContractSimulationMutation;

#[Object]
impl ContractSimulationMutation {
    /// Asks what a cycle that is closed would have come to under other terms of a partner. It is worked out in
    /// the background; ask for the simulation by its id. Nothing is written to the books. For operators with
    /// `settlement:write`.
    async fn simulate_contract(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SimulateContractInput,
    ) -> Result<SimulateContractPayload> {
        let (services, actor) = app(ctx);
        let currency = currency(ctx).await?;
        let outcome = async {
            let terms = terms(input.terms)?;
            let wish = Wish { cycle: input.cycle_id.0, partner: input.partner_id.0, terms };
            services.settlement.simulate(actor, wish).await
        };
        answer(outcome.await, |row| SimulateContractPayload {
            simulation: Some(ContractSimulation { row, currency }),
            ..SimulateContractPayload::default()
        })
    }
}

fn terms(input: OtherTermsInput) -> Result<OtherTerms, Refusal> {
    let micros = |price: Option<Decimal>, field: &str| {
        let micros = price.map(|price| price.units(Decimal::PLACES_MAX)).transpose();
        micros.map_err(|wrong| {
            Refusal::new(Code::ValueOutOfRange).because(wrong.to_string()).at(field)
        })
    };
    Ok(OtherTerms {
        funding: input.funding.map(|funding| funding.0),
        issue_share_bp: input.issue_share_bp.map(|share| share.0),
        issue_price_micros: micros(input.issue_price, "terms.issuePrice")?,
        acceptance_price_micros: micros(input.acceptance_price, "terms.acceptancePrice")?,
        service_fee_bp: input.service_fee_bp.map(|share| share.0),
        breakage_share_bp: input.breakage_share_bp.map(|share| share.0),
        on_us: input.on_us.map(|on_us| on_us.0),
        attribution: input.attribution.map(|attribution| attribution.0),
    })
}

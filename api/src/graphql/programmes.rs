//! The programme as clients see it, and what its operators may change.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::amount;
use entity::programmes::programme::{DebtPolicy, ExpiryPolicy, Rounding, SettlementPeriod};
use service::Who;
use service::programmes::{Amend, Rules, settings};

use super::enumeration::Enumeration;
use super::error::Result;
use super::money::Money;
use super::mutation::{answer, mutation};
use super::proposals::Proposal;
use super::scalars::{CurrencyCode, Points};
use crate::graphql::app;

/// One coalition and its rules.
pub struct Programme(pub(super) Arc<Rules>);

/// One coalition and its rules.
#[Object]
impl Programme {
    /// Its id: `prg_…`.
    pub async fn id(&self) -> ID {
        self.0.id().to_string().into()
    }

    /// Its short name, unique in the installation.
    async fn code(&self) -> &str {
        &self.0.programme.code
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.programme.name
    }

    /// What one point is called on screens: `FLO`.
    async fn points_code(&self) -> &str {
        &self.0.programme.points_code
    }

    /// What points are called in a sentence.
    async fn points_name(&self) -> &str {
        &self.0.programme.points_name
    }

    /// What partners settle in.
    async fn currency_code(&self) -> CurrencyCode {
        CurrencyCode(self.0.programme.currency)
    }

    /// Its time zone, an IANA name: days and months begin there.
    async fn time_zone(&self) -> &str {
        &self.0.programme.time_zone
    }

    /// When points expire.
    async fn expiry_policy(&self) -> Enumeration<ExpiryPolicy> {
        Enumeration(self.0.programme.expiry_policy)
    }

    /// After how many months.
    async fn expiry_months(&self) -> i32 {
        self.0.programme.expiry_months
    }

    /// How many days points live that come back after they had expired.
    async fn expiry_grace_days(&self) -> i32 {
        self.0.programme.expiry_grace_days
    }

    /// Days from a purchase until its points can be spent.
    async fn pending_days(&self) -> i32 {
        self.0.programme.pending_days
    }

    /// How a purchase's points become whole.
    async fn rounding(&self) -> Enumeration<Rounding> {
        Enumeration(self.0.programme.rounding)
    }

    /// What happens when a return finds too few points.
    async fn debt_policy(&self) -> Enumeration<DebtPolicy> {
        Enumeration(self.0.programme.debt_policy)
    }

    /// A sale older than this many days is refused.
    async fn sale_age_days_max(&self) -> i32 {
        self.0.programme.sale_age_days_max
    }

    /// For how many days a receipt without a member can be claimed.
    async fn claim_days(&self) -> i32 {
        self.0.programme.claim_days
    }

    /// For how many minutes a hold may stand.
    async fn hold_minutes_max(&self) -> i32 {
        self.0.programme.hold_minutes_max
    }

    /// How many points an operator may adjust and write off alone within 24 hours, given and taken
    /// alike; what goes beyond needs a second operator.
    async fn adjustment_limit(&self) -> Points {
        self.0.programme.adjustment_limit.into()
    }

    /// The least cashback that is paid out.
    async fn payout_minimum(&self) -> Money {
        let programme = &self.0.programme;
        amount::Money { minor: programme.payout_min_minor, currency: programme.currency }.into()
    }

    /// How many points a member gets for each minor unit of cashback; 0 where none is converted.
    async fn points_per_minor(&self) -> Points {
        Points::change(self.0.programme.points_per_minor).unwrap_or_default()
    }

    /// How much cashback an operator may have paid out alone within 24 hours; what goes beyond needs a
    /// second operator.
    async fn payout_run_limit(&self) -> Money {
        let programme = &self.0.programme;
        let minor = programme.payout_run_limit_minor;
        amount::Money { minor, currency: programme.currency }.into()
    }

    /// How often partners are billed. Cycles that have begun keep their end.
    async fn settlement_period(&self) -> Enumeration<SettlementPeriod> {
        Enumeration(self.0.programme.settlement_period)
    }

    /// The least that a partner pays or is paid for a cycle; less is carried forward.
    async fn settlement_minimum(&self) -> Money {
        let programme = &self.0.programme;
        let minor = programme.settlement_min_minor;
        amount::Money { minor, currency: programme.currency }.into()
    }

    /// From which account cashback is paid out; null where none is set. For operators, null to others.
    async fn debtor(&self, ctx: &Context<'_>) -> Option<Debtor> {
        let (_, actor) = app(ctx);
        let Who::Operator(_) = actor.who() else { return None };
        let programme = &self.0.programme;
        Some(Debtor {
            name: programme.debtor_name.clone()?,
            iban: programme.debtor_iban.clone()?,
            bic: programme.debtor_bic.clone(),
        })
    }

    /// The SEPA creditor identifier under which money is fetched from partners; null where none is set. For
    /// operators and partners, null to others.
    async fn creditor_id(&self, ctx: &Context<'_>) -> Option<&str> {
        let (_, actor) = app(ctx);
        let (Who::Operator(_) | Who::Partner(..)) = actor.who() else { return None };
        self.0.programme.creditor_id.as_deref()
    }

    /// Counts its changes: give it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.programme.version
    }
}

/// Who pays cashback out, as the bank knows it.
#[derive(SimpleObject)]
pub struct Debtor {
    /// The account's holder.
    name: String,
    /// The account's number.
    iban: String,
    /// The bank's code, where it wants to be named.
    bic: Option<String>,
}

/// The account that cashback is paid from.
#[derive(InputObject)]
pub struct DebtorInput {
    /// The account's holder, 1 to 70 characters, which files for the bank write in basic Latin letters.
    name: String,
    /// The account's number, with or without spaces.
    iban: String,
    /// The bank's code, of 8 or 11 characters, where it wants to be named.
    bic: Option<String>,
}

/// The queries of this context.
#[derive(Default)]
pub struct ProgrammesQuery;

#[Object]
impl ProgrammesQuery {
    /// The caller's programme. For everybody with a token.
    async fn programme(&self, ctx: &Context<'_>) -> Result<Programme> {
        let (services, actor) = app(ctx);
        Ok(Programme(services.programmes.own(actor).await?))
    }
}

/// What changes about the programme; what is left out stays.
#[derive(InputObject)]
pub struct UpdateProgrammeInput {
    /// The version that was seen.
    expected_version: i32,
    /// 1 to 200 characters.
    name: Option<String>,
    /// An IANA name such as `Europe/Berlin`.
    time_zone: Option<String>,
    /// When points expire that are earned from now on. By date or by inactivity, a programme stays with
    /// the kind that it began with.
    expiry_policy: Option<Enumeration<ExpiryPolicy>>,
    /// 1 to 120.
    expiry_months: Option<i32>,
    /// 0 to 365.
    expiry_grace_days: Option<i32>,
    /// 0 to 365.
    pending_days: Option<i32>,
    /// How a purchase's points become whole.
    rounding: Option<Enumeration<Rounding>>,
    /// What happens when a return finds too few points.
    debt_policy: Option<Enumeration<DebtPolicy>>,
    /// 1 to 3,650.
    sale_age_days_max: Option<i32>,
    /// 0 to 365.
    claim_days: Option<i32>,
    /// 1 to 43,200.
    hold_minutes_max: Option<i32>,
    /// Not below zero. To raise it takes a second operator.
    adjustment_limit: Option<Points>,
    /// The least cashback that is paid out, in minor units, 1 to 10,000,000,000,000.
    payout_min_minor: Option<Points>,
    /// How many points a member gets for each minor unit of cashback, 0 to 1,000,000; 0 to offer none. To
    /// raise it takes a second operator.
    points_per_minor: Option<Points>,
    /// How much cashback an operator may have paid out alone within 24 hours, in minor units, 0 to
    /// 10,000,000,000,000. To raise it takes a second operator.
    payout_run_limit_minor: Option<Points>,
    /// How often partners are billed, from the next cycle on.
    settlement_period: Option<Enumeration<SettlementPeriod>>,
    /// The least that a partner pays or is paid for a cycle, in minor units, 0 to 10,000,000,000,000; less
    /// is carried forward.
    settlement_min_minor: Option<Points>,
    /// From which account cashback is paid out. To change it takes a second operator.
    debtor: Option<DebtorInput>,
    /// The SEPA creditor identifier under which money is fetched from partners, with or without spaces. To
    /// change it takes a second operator.
    creditor_id: Option<String>,
}

mutation! {
    UpdateProgramme refuses [
        NameInvalid, TimeZoneInUse, TimeZoneUnknown, ValueOutOfRange, PointsInvalid, IbanInvalid,
        BicInvalid, CreditorIdInvalid, ProposalsTooMany,
    ];
    /// What changing the programme did.
    pub struct UpdateProgrammePayload {
        /// The programme as it is now; null when refused.
        programme: Option<Programme>,
        /// What waits for a second operator, in place of the change; null when the change was made.
        proposal: Option<Proposal>,
    }
}

/// The mutations of this context.
#[derive(Default)]
pub struct ProgrammesMutation;

#[Object]
impl ProgrammesMutation {
    /// Changes the programme's rules from now on. A change that raises the adjustment limit, the payout run
    /// limit or the points for cashback, or sets another debtor or creditor identifier, is proposed, all of
    /// it, and waits for a second operator. For operators with `programme:write`. `CONFLICT` when it was
    /// changed since it was read.
    async fn update_programme(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: UpdateProgrammeInput,
    ) -> Result<UpdateProgrammePayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            let proposal = services.programmes.amend(actor, input.wish()?).await?;
            Ok((services.programmes.own(actor).await?, proposal))
        };
        answer(outcome.await, |(rules, proposal)| UpdateProgrammePayload {
            programme: Some(Programme(rules)),
            proposal: proposal.map(Proposal),
            ..UpdateProgrammePayload::default()
        })
    }
}

impl UpdateProgrammeInput {
    fn wish(self) -> std::result::Result<Amend, service::Refusal> {
        let limit = self.adjustment_limit.map(entity::amount::Points::try_from).transpose();
        let limit = limit.map_err(|_| {
            service::Refusal::new(service::Code::PointsInvalid).at("adjustmentLimit")
        })?;
        Ok(Amend {
            expected_version: self.expected_version,
            name: self.name,
            settings: settings::Change {
                time_zone: self.time_zone,
                expiry_policy: self.expiry_policy.map(|policy| policy.0),
                expiry_months: self.expiry_months,
                expiry_grace_days: self.expiry_grace_days,
                pending_days: self.pending_days,
                rounding: self.rounding.map(|rounding| rounding.0),
                debt_policy: self.debt_policy.map(|policy| policy.0),
                sale_age_days_max: self.sale_age_days_max,
                claim_days: self.claim_days,
                hold_minutes_max: self.hold_minutes_max,
                adjustment_limit: limit,
                payout_min_minor: self.payout_min_minor.map(Points::get),
                points_per_minor: self.points_per_minor.map(Points::get),
                payout_run_limit_minor: self.payout_run_limit_minor.map(Points::get),
                settlement_period: self.settlement_period.map(|period| period.0),
                settlement_min_minor: self.settlement_min_minor.map(Points::get),
                debtor: self.debtor.map(|debtor| settings::Debtor {
                    name: debtor.name,
                    iban: debtor.iban,
                    bic: debtor.bic,
                }),
                creditor_id: self.creditor_id,
            },
        })
    }
}

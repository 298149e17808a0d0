//! Seven partners with different contracts, and their stores.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::amount::BasisPoints;
use entity::ids::{OperatorId, ProgrammeId};
use entity::partners::contract::{Funding, OnUs};
use entity::partners::partner::{self, ReceiptScope};
use service::partners::{AddStore, Onboard, RegisterClient, Roles, Sign};
use service::programmes::{Create, Settings};
use service::{Actor, Code, Error, Result, Scope, Services, Who};

use super::rules::begin;
use super::{CODE, NAME, TOKENS};
use crate::cli::Failure;
use crate::config::Invalid;

/// Code, name, thousandths of a point a dollar, funding, issue and acceptance price in micro-units.
const PARTNERS: [(&str, &str, i64, Funding, i64, i64); 7] = [
    ("grocer", "Mercato Grocers", 1000, Funding::AtIssue, 12_000, 9_000),
    ("fuel", "Via Fuel", 500, Funding::AtIssue, 11_000, 9_500),
    ("pharmacy", "Salus Pharmacy", 1500, Funding::AtBurn, 10_000, 9_000),
    ("kitchen", "Forno Kitchen", 2000, Funding::AtBurn, 12_000, 8_500),
    ("garden", "Boboli Garden", 2000, Funding::Hybrid, 10_000, 8_000),
    ("spirits", "Chianti Spirits", 1000, Funding::AtIssue, 12_000, 9_000),
    ("travel", "Ponte Travel", 3000, Funding::Hybrid, 13_000, 10_000),
];

/// How long before the programme the contracts begin: longer than any history that is loaded.
const CONTRACTS_BEGIN: TimeDelta = TimeDelta::days(1100);

/// The programme and its operator, made at the first start. Books of somebody else's are left alone.
pub(super) async fn found(services: &Services) -> Result<Actor, Failure> {
    let known = services.programmes.all().await?;
    let programme = match known.into_iter().next() {
        None => services.programmes.create(wish()).await?.0,
        Some(programme) if programme.code == CODE && programme.name == NAME => programme,
        Some(other) => {
            let problem = format!(
                "the programme {} is there, which isn't the demo's; give the demo books of its own",
                other.code
            );
            return Err(Invalid::new("--data or DATABASE_URL", problem).into());
        }
    };
    let row = services.programmes.operator_named(programme.id, "operator").await?;
    Ok(operator(services, programme.id, row.id))
}

/// An operator with every scope.
pub(super) fn operator(services: &Services, programme: ProgrammeId, operator: OperatorId) -> Actor {
    let expires_at = services.clock.now() + TOKENS;
    let who = Who::Operator(operator);
    Actor::new(programme, who, Scope::ALL.to_vec(), expires_at).through("demo")
}

fn wish() -> Create {
    Create {
        code: CODE.to_owned(),
        name: NAME.to_owned(),
        points_code: "FLR".to_owned(),
        points_name: "Florins".to_owned(),
        currency: "USD".to_owned(),
        settings: Settings { pending_days: 7, ..Settings::default() },
        operator: "operator".to_owned(),
    }
}

/// The partners and their stores; what is there already stays.
pub(super) async fn prepare(
    services: &Services,
    actor: &Actor,
    stores: BTreeSet<&(String, String)>,
    shift: TimeDelta,
) -> Result<()> {
    let programme = services.programmes.own(actor).await?;
    let begin = begin(programme.programme.created_at, CONTRACTS_BEGIN, shift);
    for (code, name, rate, funding, issue, acceptance) in PARTNERS {
        if services.partners.find_by_code(actor, code).await?.is_some() {
            continue;
        }
        let wish = Onboard {
            code: code.to_owned(),
            name: name.to_owned(),
            roles: Roles { issues: true, accepts: true, supplies: false },
            receipt_scope: ReceiptScope::Partner,
            base_rate_millipoints: rate,
            excluded_categories: vec!["COUPON/MISC ITEMS".to_owned()],
            cashback_bp: BasisPoints::default(),
        };
        let partner = services.partners.onboard(actor, wish).await?;
        let terms = terms(&partner, begin, funding, (issue, acceptance))?;
        services.partners.sign(actor, terms).await?;
    }
    for (partner, code) in stores {
        let Some(partner) = services.partners.find_by_code(actor, partner).await? else { continue };
        let wish =
            AddStore { partner: partner.id, code: code.clone(), name: format!("Store {code}") };
        match services.partners.add_store(actor, wish).await {
            Err(Error::Refused(refusal)) if refusal.code == Code::CodeTaken => {}
            other => drop(other?),
        }
    }
    Ok(())
}

fn terms(
    partner: &partner::Model,
    valid_from: DateTime<Utc>,
    funding: Funding,
    (issue, acceptance): (i64, i64),
) -> Result<Sign> {
    let share = (funding == Funding::Hybrid).then(|| BasisPoints::new(4000)).transpose();
    Ok(Sign {
        partner: partner.id,
        valid_from,
        funding,
        issue_share_bp: share.map_err(Error::internal)?,
        issue_price_micros: issue,
        acceptance_price_micros: acceptance,
        service_fee_bp: BasisPoints::new(150).map_err(Error::internal)?,
        breakage_share_bp: BasisPoints::new(2000).map_err(Error::internal)?,
        on_us: OnUs::Full,
        credit_limit_minor: None,
        credit_alert_minor: None,
        payment_days: 14,
        dispute_days: 10,
        tax_code: "STD".to_owned(),
    })
}

/// A till of each partner, in the order of their codes; its client is made at the first start.
pub(super) async fn tills(services: &Services, actor: &Actor) -> Result<Vec<Actor>> {
    let mut tills = Vec::new();
    for (code, ..) in PARTNERS {
        tills.push(till(services, actor, code).await?);
    }
    Ok(tills)
}

/// A till of one partner.
pub(super) async fn till(services: &Services, actor: &Actor, partner: &str) -> Result<Actor> {
    let partner = services.partners.find_by_code(actor, partner).await?;
    let partner = partner.ok_or_else(|| Error::internal("the demo's partner is missing"))?;
    let known = services.partners.clients(actor, partner.id, super::first(100)).await?.items;
    let scopes = service::actor::PARTNER_SCOPES;
    let client = match known.into_iter().find(|client| client.revoked_at.is_none()) {
        Some(client) => client,
        None => {
            let scopes = scopes.iter().map(|scope| scope.name().to_owned()).collect();
            let wish = RegisterClient { partner: partner.id, name: "till".to_owned(), scopes };
            services.partners.register_client(actor, wish).await?.client
        }
    };
    let expires_at = services.clock.now() + TOKENS;
    let who = Who::Partner(partner.id, client.id);
    Ok(Actor::new(actor.programme()?, who, scopes.to_vec(), expires_at).through("demo"))
}

//! Seven partners with different contracts, their stores and members, and what members do.

use chrono::TimeDelta;
use entity::amount::{BasisPoints, Points};
use entity::ids::MemberId;
use entity::partners::contract::{Funding, OnUs};
use entity::partners::partner::ReceiptScope;
use entity::programmes::programme;
use service::ledger::Transfer;
use service::members::{Enrol, MemberRef};
use service::page::Window;
use service::partners::{AddStore, Onboard, RegisterClient, Roles, Sign};
use service::payments::{Pay, Reverse};
use service::programmes::{Create, Settings};
use service::{Actor, Code, Error, Result, Scope, Services, Who};

use super::sample::Rows;
use super::{CODE, TOKENS};

/// Code, thousandths of a point a dollar, funding, issue and acceptance price in micro-units.
const PARTNERS: [(&str, i64, Funding, i64, i64); 7] = [
    ("grocer", 1000, Funding::AtIssue, 12_000, 9_000),
    ("fuel", 500, Funding::AtIssue, 11_000, 9_500),
    ("pharmacy", 1500, Funding::AtBurn, 10_000, 9_000),
    ("kitchen", 2000, Funding::AtBurn, 12_000, 8_500),
    ("garden", 2000, Funding::Hybrid, 10_000, 8_000),
    ("spirits", 1000, Funding::AtIssue, 12_000, 9_000),
    ("travel", 3000, Funding::Hybrid, 13_000, 10_000),
];

/// The programme and its operator, made at the first start.
pub(super) async fn found(services: &Services) -> Result<(programme::Model, Actor)> {
    let programme = match services.programmes.by_code(Some(CODE)).await {
        Ok(programme) => programme,
        Err(Error::BadInput { .. }) => services.programmes.create(wish()).await?.0,
        Err(other) => return Err(other),
    };
    let operator = services.programmes.operator_named(programme.id, "operator").await?;
    let expires_at = services.clock.now() + TOKENS;
    let actor =
        Actor::new(programme.id, Who::Operator(operator.id), Scope::ALL.to_vec(), expires_at);
    Ok((programme, actor.through("demo")))
}

fn wish() -> Create {
    Create {
        code: CODE.to_owned(),
        name: "Arno Card".to_owned(),
        points_code: "FLR".to_owned(),
        points_name: "Florins".to_owned(),
        currency: "USD".to_owned(),
        settings: Settings { pending_days: 7, ..Settings::default() },
        operator: "operator".to_owned(),
    }
}

/// What the receipts need; what is there already stays.
pub(super) async fn prepare(
    services: &Services,
    actor: &Actor,
    programme: &programme::Model,
    rows: &Rows,
) -> Result<()> {
    for (code, rate, funding, issue, acceptance) in PARTNERS {
        if services.partners.find_by_code(actor, code).await?.is_some() {
            continue;
        }
        let wish = Onboard {
            code: code.to_owned(),
            name: code.to_owned(),
            roles: Roles { issues: true, accepts: true, supplies: false },
            receipt_scope: ReceiptScope::Partner,
            base_rate_millipoints: rate,
            excluded_categories: vec!["COUPON/MISC ITEMS".to_owned()],
        };
        let partner = services.partners.onboard(actor, wish).await?;
        let share = (funding == Funding::Hybrid).then(|| BasisPoints::new(4000)).transpose();
        let terms = Sign {
            partner: partner.id,
            valid_from: programme.created_at - TimeDelta::days(365),
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
        };
        services.partners.sign(actor, terms).await?;
    }
    stores(services, actor, rows).await?;
    for card in &rows.cards {
        let wish = Enrol { card_number: card.clone(), partner_reference: None };
        services.members.enrol(actor, wish).await?;
    }
    Ok(())
}

async fn stores(services: &Services, actor: &Actor, rows: &Rows) -> Result<()> {
    let directory = services.partners.directory(actor.programme()?).await?;
    for (partner, code) in &rows.stores {
        let Some(partner) = directory.by_code(partner) else { continue };
        let wish =
            AddStore { partner: partner.id, code: code.clone(), name: format!("Store {code}") };
        match services.partners.add_store(actor, wish).await {
            Err(Error::Refused(refusal)) if refusal.code == Code::CodeTaken => {}
            other => drop(other?),
        }
    }
    Ok(())
}

/// Some payments, one undone, and some gifts.
pub(super) async fn live(
    services: &Services,
    actor: &Actor,
    programme: &programme::Model,
) -> Result<()> {
    let till = till(services, actor, "kitchen").await?;
    let spenders = spenders(services, actor).await?;
    for (place, (member, available)) in spenders.iter().enumerate() {
        let half = Points::new(available.get() / 2).map_err(Error::internal)?;
        let wish = Pay {
            member: MemberRef::Id(*member),
            store_code: None,
            points: half,
            occurred_at: services.clock.now(),
            reference: None,
            idempotency_key: format!("demo-pay-{member}"),
        };
        let paid = services.payments.pay(&till, wish).await?;
        if place == 0 {
            let undo =
                Reverse { payment: paid.entry.id, idempotency_key: format!("demo-undo-{member}") };
            services.payments.reverse(&till, undo).await?;
        }
    }
    for pair in spenders.windows(2).step_by(4) {
        let expires_at = services.clock.now() + TOKENS;
        let giver = Actor::new(programme.id, Who::Member(pair[0].0), Vec::new(), expires_at)
            .through("demo");
        let wish = Transfer {
            to: MemberRef::Id(pair[1].0),
            points: Points::new(5).map_err(Error::internal)?,
            note: Some("for the barbecue".to_owned()),
            idempotency_key: format!("demo-gift-{}", pair[0].0),
        };
        services.ledger.transfer(&giver, wish).await?;
    }
    Ok(())
}

/// Members of the first pages with points to spend.
async fn spenders(services: &Services, actor: &Actor) -> Result<Vec<(MemberId, Points)>> {
    let window = Window { limit: 100, after: None, before: None, is_backward: false };
    let members = services.members.list(actor, window).await?.items;
    let wallets: Vec<_> = members.iter().map(|member| member.wallet_id).collect();
    let wallets = services.ledger.wallets(actor, &wallets).await?;
    let available =
        |id| wallets.iter().find(|wallet| wallet.id == id).map(|wallet| wallet.available);
    let pairs = members.iter().filter_map(|member| Some((member.id, available(member.wallet_id)?)));
    Ok(pairs.filter(|(_, points)| points.get() >= 20).collect())
}

/// A member with something to look at.
pub(super) async fn shopper(services: &Services, actor: &Actor) -> Result<MemberId> {
    let spenders = spenders(services, actor).await?;
    let best = spenders.into_iter().max_by_key(|(_, points)| *points);
    best.map(|(member, _)| member).ok_or_else(|| Error::internal("no member has points"))
}

/// A till of a partner: its client, made at the first start.
pub(super) async fn till(services: &Services, actor: &Actor, partner: &str) -> Result<Actor> {
    let programme = actor.programme()?;
    let partner = services.partners.find_by_code(actor, partner).await?;
    let partner = partner.ok_or_else(|| Error::internal("the demo's partner is missing"))?;
    let window = Window { limit: 100, after: None, before: None, is_backward: false };
    let known = services.partners.clients(actor, partner.id, window).await?.items;
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
    Ok(Actor::new(programme, who, scopes.to_vec(), expires_at).through("demo"))
}

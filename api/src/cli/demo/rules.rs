//! The demo's rules, of the kinds that a coalition runs: a category, a weekday, a joint campaign of two
//! partners, a welcome, a threshold, and the coupons of the sample. They hold from before the first receipt
//! on.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use entity::earning::definition::{
    Budget, CampaignTerms, Definition, Effect, Funder, Limit, Period, Schedule, Targets, Trigger,
};
use entity::earning::earning_rule::RuleStatus;
use entity::ids::{CampaignId, PartnerId};
use service::earning::campaigns::Turned;
use service::earning::rules::{Draft, Turn};
use service::{Actor, Error, Result, Services};

use super::coupons;

/// How long before now the rules begin: longer than any history that is loaded.
const BEGIN: TimeDelta = TimeDelta::days(1000);
/// How long ago some of them ended.
const ENDED: TimeDelta = TimeDelta::days(9);

/// When contracts and rules begin: so long ago, or before the source's first receipt, wherever its dates
/// are moved.
pub(super) fn begin(now: DateTime<Utc>, ago: TimeDelta, shift: TimeDelta) -> DateTime<Utc> {
    let source = NaiveDate::from_ymd_opt(2016, 11, 1).map(|day| day.and_time(NaiveTime::MIN));
    let source = source.map(|at| at.and_utc() + shift);
    source.map_or(now - ago, |source| source.min(now - ago))
}

/// Writes and launches them, at the first start; what has dates has them moved.
pub(super) async fn prepare(services: &Services, actor: &Actor, shift: TimeDelta) -> Result<()> {
    // A later start finds them.
    if !services.earning.rules(actor, (None, None), super::first(1)).await?.items.is_empty() {
        return Ok(());
    }
    let now = services.clock.now();
    let begin = begin(now, BEGIN, shift);
    // Two that have ended: whoever tries the demo out begins without them.
    let past = Schedule { until: Some(now - ENDED), ..Schedule::default() };
    let partner = async |code: &str| -> Result<PartnerId> {
        let found = services.partners.find_by_code(actor, code).await?;
        Ok(found.ok_or_else(|| Error::internal("the demo's partner is missing"))?.id)
    };
    let (grocer, fuel) = (partner("grocer").await?, partner("fuel").await?);
    let (kitchen, pharmacy) = (partner("kitchen").await?, partner("pharmacy").await?);
    let joint = campaign(services, actor, ("fill-up", joint(grocer, fuel)), begin).await?;
    let bakery = Definition {
        partners: vec![kitchen],
        lines: Some("line.category in [\"BREAD\", \"ROLLS\", \"BREAKFAST SWEETS\"]".to_owned()),
        ..rule("Triple points on bread", Effect::Multiplier { factor_bp: 30_000 })
    };
    let tuesday = Definition {
        partners: vec![pharmacy],
        schedule: Schedule { weekdays: vec![2], ..Schedule::default() },
        ..rule("Double points on Tuesdays", Effect::Multiplier { factor_bp: 20_000 })
    };
    let welcome = Definition {
        condition: Some("member.first_purchase".to_owned()),
        schedule: past.clone(),
        limits: vec![Limit { period: Period::Ever, count: Some(1), points: None }],
        ..rule("Welcome", Effect::Fixed { points: 100 })
    };
    let basket = Definition {
        partners: vec![grocer],
        schedule: past,
        limits: vec![Limit { period: Period::Week, count: Some(1), points: None }],
        ..rule(
            "50 dollars, 200 points",
            Effect::Threshold { minimum_minor: 5000, points: 200, repeats: false },
        )
    };
    let tank = Definition {
        partners: vec![fuel],
        condition: Some("purchase.total >= 2000".to_owned()),
        ..rule("Fill up, eat well", Effect::Fixed { points: 40 })
    };
    for (code, campaign, definition) in [
        ("bakery", None, bakery),
        ("tuesday", None, tuesday),
        ("welcome", None, welcome),
        ("fifty", None, basket),
        ("tank", joint, tank),
    ] {
        launch(services, actor, (code, campaign, definition), begin).await?;
    }
    coupons::prepare(services, actor, (begin, shift)).await
}

/// Writes a rule, which holds from a moment on.
pub(super) async fn launch(
    services: &Services,
    actor: &Actor,
    (code, campaign, definition): (&str, Option<CampaignId>, Definition),
    begin: DateTime<Utc>,
) -> Result<()> {
    let draft = Draft { code: code.to_owned(), campaign, definition };
    let written = services.earning.draft_rule(actor, draft).await?;
    services.earning.turn_rule(actor, live(written.rule.id, begin)).await.map(drop)
}

/// What the grocer and the fuel stations pay together.
fn joint(grocer: PartnerId, fuel: PartnerId) -> CampaignTerms {
    let share = |partner, share_bp| Funder { partner: Some(partner), share_bp, price_micros: 0 };
    CampaignTerms {
        name: "Fill up, eat well".to_owned(),
        schedule: Schedule::default(),
        audience: None,
        budget: Budget { points: Some(JOINT_POINTS), cost_minor: None },
        funding: vec![share(grocer, 6000), share(fuel, 4000)],
        targets: Targets::default(),
    }
}

/// Writes a campaign, which runs from a moment on; its rules are to name it.
pub(super) async fn campaign(
    services: &Services,
    actor: &Actor,
    (code, terms): (&str, CampaignTerms),
    begin: DateTime<Utc>,
) -> Result<Option<CampaignId>> {
    let id = services.earning.draft_campaign(actor, code, terms).await?.campaign.id;
    if let Turned::Proposed(proposal) =
        services.earning.turn_campaign(actor, live(id, begin)).await?
    {
        // What one operator proposes another approves.
        let second =
            services.programmes.operator_named(actor.programme()?, "second operator").await?;
        let second = super::coalition::operator(services, actor.programme()?, second.id);
        services.proposals.approve(&second, proposal.id).await?;
    }
    Ok(Some(id))
}

/// The budget of the joint campaign.
const JOINT_POINTS: i64 = 1_000_000;

/// A rule over all purchases, without conditions and limits.
pub(super) fn rule(name: &str, effect: Effect) -> Definition {
    Definition {
        name: name.to_owned(),
        trigger: Trigger::Purchase,
        partners: Vec::new(),
        stores: Vec::new(),
        schedule: Schedule::default(),
        condition: None,
        lines: None,
        effect,
        priority: 0,
        group: None,
        limits: Vec::new(),
        budget: Budget::default(),
        funding: Vec::new(),
    }
}

fn live<I>(id: I, from: DateTime<Utc>) -> Turn<I> {
    Turn { id, expected_version: 1, status: RuleStatus::Live, from: Some(from) }
}

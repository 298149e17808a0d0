//! The demo's rules, of the kinds that a coalition runs: a category, a weekday, a joint campaign of two
//! partners, a welcome, a threshold. They hold from before the first receipt on.

use chrono::{DateTime, TimeDelta, Utc};
use entity::earning::definition::{
    Budget, CampaignTerms, Definition, Effect, Funder, Limit, Period, Schedule, Trigger,
};
use entity::earning::earning_rule::RuleStatus;
use entity::ids::{CampaignId, PartnerId};
use service::earning::campaigns::Turned;
use service::earning::rules::{Draft, Turn};
use service::{Actor, Code, Error, Result, Services};

/// How long before now the rules begin: longer than any history that is loaded.
const BEGIN: TimeDelta = TimeDelta::days(1000);
/// How long ago some of them ended.
const ENDED: TimeDelta = TimeDelta::days(9);

/// Writes and launches them, at the first start.
pub(super) async fn prepare(services: &Services, actor: &Actor) -> Result<()> {
    let now = services.clock.now();
    let begin = now - BEGIN;
    // Two that have ended: whoever tries the demo out begins without them.
    let past = Schedule { until: Some(now - ENDED), ..Schedule::default() };
    let partner = async |code: &str| -> Result<PartnerId> {
        let found = services.partners.find_by_code(actor, code).await?;
        Ok(found.ok_or_else(|| Error::internal("the demo's partner is missing"))?.id)
    };
    let (grocer, fuel) = (partner("grocer").await?, partner("fuel").await?);
    let (kitchen, pharmacy) = (partner("kitchen").await?, partner("pharmacy").await?);
    let Some(joint) = campaign(services, actor, (grocer, fuel), begin).await? else {
        return Ok(());
    };
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
        ("tank", Some(joint), tank),
    ] {
        let draft = Draft { code: code.to_owned(), campaign, definition };
        let written = services.earning.draft_rule(actor, draft).await?;
        let turn = live(written.rule.id, begin);
        services.earning.turn_rule(actor, turn).await?;
    }
    Ok(())
}

/// A campaign that the grocer and the fuel stations pay together; none at a later start.
async fn campaign(
    services: &Services,
    actor: &Actor,
    (grocer, fuel): (PartnerId, PartnerId),
    begin: DateTime<Utc>,
) -> Result<Option<CampaignId>> {
    let share = |partner, share_bp| Funder { partner: Some(partner), share_bp, price_micros: 0 };
    let terms = CampaignTerms {
        name: "Fill up, eat well".to_owned(),
        schedule: Schedule::default(),
        audience: None,
        budget: Budget { points: Some(JOINT_POINTS), cost_minor: None },
        funding: vec![share(grocer, 6000), share(fuel, 4000)],
        targets: entity::earning::definition::Targets::default(),
    };
    let drafted = match services.earning.draft_campaign(actor, "fill-up", terms).await {
        Err(Error::Refused(refusal)) if refusal.code == Code::CodeTaken => return Ok(None),
        other => other?,
    };
    let id = drafted.campaign.id;
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

fn rule(name: &str, effect: Effect) -> Definition {
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

//! Rules, campaigns, events and what trying a rule shows.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::amount::{self, Currency};
use entity::earning::definition::{CapKind, Trigger, Why};
use entity::earning::earning_rule::RuleStatus;
use entity::earning::event_type::AttributeKind;
use entity::earning::{event, event_type, segment};
use entity::ids::MemberId;
use service::Who;
use service::earning::campaigns::Planned;
use service::earning::rules::Written;
use service::earning::trial::{Trial, WhyNot};

use super::parts::{
    BudgetState, CampaignTargets, EarningEffect, EarningLimit, Funder, Schedule, effect, funders,
};
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::ledger::EarningAward;
use crate::graphql::members::Member;
use crate::graphql::money::Money;
use crate::graphql::partners::{Partner, Store};
use crate::graphql::purchases::currency;
use crate::graphql::scalars::{Attributes, DateTime, Points};

/// A rule that gives points, as its latest version says.
pub struct EarningRule(pub(in crate::graphql) Written);

/// Rules that run together, as the latest version says.
pub struct Campaign(pub(in crate::graphql) Planned);

/// Something that a member did besides buying.
pub struct Event(pub(in crate::graphql) event::Model);

/// A rule that gives points, as its latest version says. Operators see all; others those that were
/// launched.
#[Object]
impl EarningRule {
    /// Its id: `rul_…`.
    pub async fn id(&self) -> ID {
        self.0.rule.id.to_string().into()
    }

    /// Its short name, unique in the programme.
    async fn code(&self) -> &str {
        &self.0.rule.code
    }

    /// What members read.
    async fn name(&self) -> &str {
        &self.0.version.definition.name
    }

    /// Whether it gives anything.
    async fn status(&self) -> Enumeration<RuleStatus> {
        Enumeration(self.0.rule.status)
    }

    /// Counts its versions: give it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.rule.version
    }

    /// From when this version holds.
    async fn in_force_from(&self) -> DateTime {
        DateTime(self.0.version.in_force_from)
    }

    /// The campaign that it runs in.
    async fn campaign(&self, ctx: &Context<'_>) -> Result<Option<Campaign>> {
        let Some(id) = self.0.rule.campaign_id else { return Ok(None) };
        Ok(load(ctx, id).await?.map(Campaign))
    }

    /// The code of the event type that it looks at; null where it looks at receipts.
    async fn event_type(&self) -> Option<&str> {
        match &self.0.version.definition.trigger {
            Trigger::Purchase => None,
            Trigger::Event(kind) => Some(kind),
        }
    }

    /// At which partners; empty is at all.
    async fn partners(&self, ctx: &Context<'_>) -> Result<Vec<Partner>> {
        let (services, actor) = app(ctx);
        let directory = services.partners.directory(actor.programme()?).await?;
        let ids = self.0.version.definition.partners.iter();
        Ok(ids.filter_map(|id| directory.partner(*id).cloned()).map(Partner).collect())
    }

    /// In which stores; empty is in all.
    async fn stores(&self, ctx: &Context<'_>) -> Result<Vec<Store>> {
        let (services, actor) = app(ctx);
        let directory = services.partners.directory(actor.programme()?).await?;
        let ids = self.0.version.definition.stores.iter();
        Ok(ids.filter_map(|id| directory.store_by_id(*id).cloned()).map(Store).collect())
    }

    /// When.
    async fn schedule(&self) -> Schedule {
        (&self.0.version.definition.schedule).into()
    }

    /// The condition, in CEL; null is always. To operators; null to others.
    async fn condition(&self, ctx: &Context<'_>) -> Option<&str> {
        let condition = self.0.version.definition.condition.as_deref();
        condition.filter(|_| is_operator(ctx))
    }

    /// Which lines it is about, in CEL; null is all. To operators; null to others.
    async fn lines(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.version.definition.lines.as_deref().filter(|_| is_operator(ctx))
    }

    /// What it gives.
    async fn effect(&self, ctx: &Context<'_>) -> Result<EarningEffect> {
        Ok(effect(&self.0.version.definition.effect, currency(ctx).await?))
    }

    /// The higher ones are asked first.
    async fn priority(&self) -> i32 {
        self.0.version.definition.priority
    }

    /// Its stacking group, of which the best rule gives.
    async fn group(&self) -> Option<&str> {
        self.0.version.definition.group.as_deref()
    }

    /// How much of it a wallet gets.
    async fn limits(&self) -> Vec<EarningLimit> {
        self.0.version.definition.limits.iter().map(Into::into).collect()
    }

    /// How much it gives in all; null is without bound. To operators; null to others.
    async fn budget(&self, ctx: &Context<'_>) -> Result<Option<BudgetState>> {
        let owner = self.0.rule.id.uuid();
        BudgetState::of(ctx, &self.0.version.definition.budget, owner).await
    }

    /// Who pays; empty is the selling partner, or the campaign's funders. To operators and partners; empty
    /// to others.
    async fn funding(&self, ctx: &Context<'_>) -> Result<Vec<Funder>> {
        funders(ctx, &self.0.version.definition.funding).await
    }
}

/// Rules that run together, as the latest version says.
#[Object]
impl Campaign {
    /// Its id: `cmp_…`.
    pub async fn id(&self) -> ID {
        self.0.campaign.id.to_string().into()
    }

    /// Its short name, unique in the programme.
    async fn code(&self) -> &str {
        &self.0.campaign.code
    }

    /// What members read.
    async fn name(&self) -> &str {
        &self.0.version.terms.name
    }

    /// Whether its rules give anything.
    async fn status(&self) -> Enumeration<RuleStatus> {
        Enumeration(self.0.campaign.status)
    }

    /// Counts its versions: give it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.campaign.version
    }

    /// From when this version holds.
    async fn in_force_from(&self) -> DateTime {
        DateTime(self.0.version.in_force_from)
    }

    /// When its rules hold.
    async fn schedule(&self) -> Schedule {
        (&self.0.version.terms.schedule).into()
    }

    /// Whom it is for, in CEL; null is everybody. To operators; null to others.
    async fn audience(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.version.terms.audience.as_deref().filter(|_| is_operator(ctx))
    }

    /// How much its rules give together; null is without bound. To operators; null to others.
    async fn budget(&self, ctx: &Context<'_>) -> Result<Option<BudgetState>> {
        let owner = self.0.campaign.id.uuid();
        BudgetState::of(ctx, &self.0.version.terms.budget, owner).await
    }

    /// Who pays where a rule names nobody. To operators and partners; empty to others.
    async fn funding(&self, ctx: &Context<'_>) -> Result<Vec<Funder>> {
        funders(ctx, &self.0.version.terms.funding).await
    }

    /// What it is to reach. To operators; null to others.
    async fn targets(&self, ctx: &Context<'_>) -> Result<Option<CampaignTargets>> {
        if !is_operator(ctx) {
            return Ok(None);
        }
        Ok(Some(CampaignTargets::of(&self.0.version.terms.targets, currency(ctx).await?)))
    }
}

/// What a rule asks, and whom it is for, is the operators' own business: a partner learns of another's
/// plans no more than members do.
fn is_operator(ctx: &Context<'_>) -> bool {
    matches!(app(ctx).1.who(), Who::Operator(_))
}

/// Something that a member did besides buying.
#[Object]
impl Event {
    /// Its id: `evt_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The code of its type.
    #[graphql(name = "type")]
    async fn kind(&self) -> &str {
        &self.0.type_code
    }

    /// Who did it; null to those who may not see members.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        let member: MemberId = self.0.member_id;
        Ok(load(ctx, member).await?.map(Member))
    }

    /// What is said of it, an object.
    async fn attributes(&self) -> Attributes {
        Attributes(self.0.attributes.as_object().cloned().unwrap_or_default())
    }

    /// What it earned.
    async fn points(&self) -> Points {
        self.0.points.into()
    }

    /// The ledger's entry, whose reason says why. An archive may have taken it.
    async fn entry_id(&self) -> ID {
        self.0.entry_id.to_string().into()
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }
}

/// A kind of thing that members do besides buying.
#[derive(SimpleObject)]
pub struct EventType {
    /// Its short name, unique in the programme.
    code: String,
    /// What people call it.
    name: String,
    /// What its events say.
    attributes: Vec<EventAttribute>,
    /// Whether partners may report it.
    by_partners: bool,
}

/// What events of a type say.
#[derive(SimpleObject)]
pub struct EventAttribute {
    /// As conditions name it.
    name: String,
    /// What it holds.
    kind: Enumeration<AttributeKind>,
    /// Whether every event has it.
    is_required: bool,
}

impl From<event_type::Model> for EventType {
    fn from(row: event_type::Model) -> Self {
        let attributes = row.attributes.0.into_iter().map(|own| EventAttribute {
            name: own.name,
            kind: Enumeration(own.kind),
            is_required: own.is_required,
        });
        let attributes = attributes.collect();
        Self { code: row.code, name: row.name, attributes, by_partners: row.by_partners }
    }
}

/// A set of members that rules and campaigns can be for.
#[derive(SimpleObject)]
pub struct Segment {
    /// Its short name, as conditions name it.
    code: String,
    /// What people call it.
    name: String,
}

impl From<segment::Model> for Segment {
    fn from(row: segment::Model) -> Self {
        Self { code: row.code, name: row.name }
    }
}

/// What a rule would have given, by itself. Nothing was written.
#[derive(SimpleObject)]
pub struct RuleTrial {
    /// How many receipts with a member were looked at.
    looked_at: Points,
    /// For how many it would have given something.
    held: Points,
    /// How many points.
    points: Points,
    /// Money back.
    cashback: Money,
    /// Whether the day has more receipts than are looked at.
    is_partial: bool,
    /// What it would have given, the first hundred.
    awards: Vec<TriedAward>,
}

/// What a rule would have given for a receipt.
#[derive(SimpleObject)]
pub struct TriedAward {
    /// Which receipt.
    purchase_id: ID,
    /// What, and why.
    award: EarningAward,
}

impl RuleTrial {
    pub(super) fn of(trial: Trial, currency: Currency) -> Self {
        let count = |count: u64| {
            Points::change(i64::try_from(count).unwrap_or(i64::MAX)).unwrap_or_default()
        };
        let awards = trial.awards.into_iter().map(|(purchase, award)| TriedAward {
            purchase_id: purchase.to_string().into(),
            award: EarningAward::of(award, currency),
        });
        Self {
            looked_at: count(trial.looked_at),
            held: count(trial.held),
            points: trial.points.into(),
            cashback: amount::Money { minor: trial.cashback_minor, currency }.into(),
            is_partial: trial.is_partial,
            awards: awards.collect(),
        }
    }
}

/// Why a rule gave nothing for a receipt.
#[derive(SimpleObject)]
pub struct RuleVerdict {
    /// The first thing that wasn't so.
    why: Enumeration<Why>,
    /// The part of the condition that was false, or the rule that gave more.
    part: Option<String>,
    /// The limit that cut it off.
    cap: Option<Enumeration<CapKind>>,
    /// What it gave, if it did.
    points: Points,
}

impl From<WhyNot> for RuleVerdict {
    fn from(from: WhyNot) -> Self {
        Self {
            why: Enumeration(from.why),
            part: from.part,
            cap: from.cap.map(Enumeration),
            points: from.points.into(),
        }
    }
}

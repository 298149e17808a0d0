//! Rules tried out, and asked why they gave nothing. Nothing is written.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use entity::amount::Points;
use entity::earning::definition::{CapKind, Definition, Trigger, Why};
use entity::earning::{campaign_version, earning_rule_version as rule_version};
use entity::ids::{CampaignId, ProgrammeId, PurchaseId, RuleId};
use entity::members::member;
use entity::purchases::purchase;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::ask::Terms;
use super::books::{Known, Wanted};
use super::catalogue::{kinds, unwritten};
use super::cel::Asks;
use super::decide::{self, Bound, By};
use super::facts::{Basket, MemberFacts};
use super::ruleset::{Campaign, InForce, Rule, RuleSet, Scheduled};
use super::state::State;
use super::{Award, Earning, validate};
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::ledger::expiry::to_utc;
use crate::refusal::{Code, Refusal};
use crate::rows::find_among;

/// The most receipts of a day that a rule is tried on.
const TRIED_MAX: u64 = 1000;

/// Which rule is tried.
#[derive(Clone, Debug)]
pub enum Tried {
    /// The latest version of one that is written.
    Written(RuleId),
    /// One that isn't.
    Sketched(Box<Definition>),
}

/// On what.
#[derive(Clone, Copy, Debug)]
pub enum On {
    /// One receipt.
    Purchase(PurchaseId),
    /// A day of the programme's calendar.
    Day(NaiveDate),
}

/// What a rule would have given, by itself.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// How many receipts with a member were looked at.
    pub looked_at: u64,
    /// For how many it would have given something.
    pub held: u64,
    /// How many points.
    pub points: Points,
    /// Money back, in minor units.
    pub cashback_minor: i64,
    /// Whether there were more receipts than are looked at.
    pub is_partial: bool,
    /// What it would have given for each, the first hundred.
    pub awards: Vec<(PurchaseId, Award)>,
}

impl Earning {
    /// Tries a rule on receipts that are in the books, with its own limits and budget from the beginning,
    /// whatever else they earned.
    pub async fn try_rule(&self, actor: &Actor, tried: Tried, on: On) -> Result<Trial> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let mut terms = self.ask.terms(programme).await?;
        let rule = self.tried(programme, &terms, tried).await?;
        terms.rules = Arc::new(self.alone(programme, rule).await?);
        let left = terms.rules.budgets(terms.programme.programme.currency.minor_per_unit());
        let (purchases, is_partial) = self.purchases_on(programme, &terms, on).await?;
        let mut trial = Trial { is_partial, ..Trial::default() };
        let (members, mut known) = self.known_of(&terms, &purchases).await?;
        known.state = State::new(HashMap::new(), left);
        for purchase in &purchases {
            let Some(member) = purchase.member_id.and_then(|id| members.get(&id)) else { continue };
            trial.add(terms.by(), purchase, member, &mut known)?;
        }
        Ok(trial)
    }

    async fn tried(
        &self,
        programme: ProgrammeId,
        terms: &Terms,
        tried: Tried,
    ) -> Result<Arc<Rule>> {
        let at = self.clock.now();
        let id = match tried {
            Tried::Written(id) => id,
            Tried::Sketched(definition) => {
                let definition = validate::rule(*definition, &terms.directory, at)?;
                let kinds = kinds(&self.ask.db, programme).await?;
                let rule = unwritten(programme, RuleId::at(at), ("sketch", &definition), &kinds)?;
                return Ok(Arc::new(rule));
            }
        };
        let not_found = || Refusal::new(Code::RuleNotFound).at("ruleId");
        let latest = rule_version::Entity::find()
            .filter(rule_version::Column::ProgrammeId.eq(programme))
            .filter(rule_version::Column::RuleId.eq(id))
            .order_by_desc(rule_version::Column::Version)
            .one(self.ask.db.primary())
            .await?
            .ok_or_else(not_found)?;
        let rules =
            self.ask.catalogue.with(&self.ask.db, programme, &[(id, latest.version)]).await?;
        Ok(rules.version(id, latest.version).cloned().ok_or_else(not_found)?)
    }

    /// The rule as if it were the only one, in force at all times; its campaign's latest version too, a
    /// draft as well, if it has one.
    async fn alone(&self, programme: ProgrammeId, rule: Arc<Rule>) -> Result<RuleSet> {
        let mut campaigns = Vec::new();
        if let Some(id) = rule.campaign {
            let latest = campaign_version::Entity::find()
                .filter(campaign_version::Column::ProgrammeId.eq(programme))
                .filter(campaign_version::Column::CampaignId.eq(id))
                .order_by_desc(campaign_version::Column::Version)
                .one(self.ask.db.primary())
                .await?
                .ok_or_else(|| Error::internal("a campaign without a version"))?;
            campaigns.push((InForce::ALWAYS, Arc::new(Campaign::compile(&latest)?)));
        }
        Ok(RuleSet::new(vec![(Some(InForce::ALWAYS), rule)], campaigns))
    }

    async fn purchases_on(
        &self,
        programme: ProgrammeId,
        terms: &Terms,
        on: On,
    ) -> Result<(Vec<purchase::Model>, bool)> {
        let mut query =
            purchase::Entity::find().filter(purchase::Column::ProgrammeId.eq(programme));
        match on {
            On::Purchase(id) => query = query.filter(purchase::Column::Id.eq(id)),
            On::Day(day) => {
                let midnight = |day: NaiveDate| {
                    to_utc(day.and_time(chrono::NaiveTime::MIN), terms.programme.zone)
                };
                let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
                query = query
                    .filter(purchase::Column::OccurredAt.gte(midnight(day)))
                    .filter(purchase::Column::OccurredAt.lt(midnight(next)));
            }
        }
        let query = query.order_by_asc(purchase::Column::OccurredAt).limit(TRIED_MAX + 1);
        let mut found = query.all(self.ask.db.reader()).await?;
        if matches!(on, On::Purchase(_)) && found.is_empty() {
            return Err(Refusal::new(Code::PurchaseNotFound).at("purchaseId").into());
        }
        let most = usize::try_from(TRIED_MAX).unwrap_or(usize::MAX);
        let is_partial = found.len() > most;
        found.truncate(most);
        Ok((found, is_partial))
    }

    /// The purchases' members, with what rules know of them.
    async fn known_of(
        &self,
        terms: &Terms,
        purchases: &[purchase::Model],
    ) -> Result<(HashMap<entity::ids::MemberId, member::Model>, Known)> {
        let (by, programme) = (terms.by(), terms.programme.id());
        let ids = purchases.iter().filter_map(|purchase| Some(purchase.member_id?.uuid()));
        let column = member::Column::Id;
        let db = self.ask.db.reader();
        let rows = find_among::<member::Entity, _>(db, programme, column, ids, "").await?;
        let members: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut wanted = Wanted::default();
        for purchase in purchases {
            if let Some(member) = purchase.member_id.and_then(|id| members.get(&id)) {
                wanted.sale(by, &by.basket(purchase, &purchase.lines.0), member);
            }
        }
        Ok((members, wanted.read(db, by).await?))
    }

    /// Why a rule gave nothing for a receipt, or that it did. To operators, the receipt's partner and its
    /// member.
    pub async fn why_not(
        &self,
        actor: &Actor,
        purchase: PurchaseId,
        rule: RuleId,
    ) -> Result<WhyNot> {
        let programme = actor.programme()?;
        let terms = self.ask.terms(programme).await?;
        let (purchases, _) = self.purchases_on(programme, &terms, On::Purchase(purchase)).await?;
        let not_found = || Error::from(Refusal::new(Code::PurchaseNotFound).at("purchaseId"));
        let purchase = purchases.into_iter().next().ok_or_else(not_found)?;
        let may = match actor.who() {
            Who::Operator(_) | Who::System => true,
            Who::Partner(own, _) => own == purchase.partner_id,
            Who::Member(own) => Some(own) == purchase.member_id,
            Who::Anonymous => false,
        };
        if !may {
            return Err(not_found());
        }
        if self.rules_by_ids(actor, &[rule]).await?.is_empty() {
            return Err(Refusal::new(Code::RuleNotFound).at("ruleId").into());
        }
        let (members, mut known) = self.known_of(&terms, std::slice::from_ref(&purchase)).await?;
        let Some(member) = purchase.member_id.and_then(|id| members.get(&id)) else {
            return Ok(WhyNot::of(Why::NoMember));
        };
        Ok(why(terms.by(), &purchase, member, &mut known, rule)?)
    }
}

impl Trial {
    fn add(
        &mut self,
        by: By<'_>,
        purchase: &purchase::Model,
        member: &member::Model,
        known: &mut Known,
    ) -> Result<(), Refusal> {
        self.looked_at += 1;
        let basket = by.basket(purchase, &purchase.lines.0);
        known.without(member.wallet_id, basket.at.date_naive(), purchase.total_minor);
        let facts = known.facts(member, basket.at);
        let buyer = (member.wallet_id, &facts);
        let decision = decide::sale(by, &basket, buyer, &mut known.state)?;
        known.sold(member.wallet_id, basket.at.date_naive(), purchase.total_minor);
        for award in decision.explanation.awards {
            self.held += 1;
            let sum = self.points.plus(award.points);
            self.points = sum.map_err(|_| Refusal::new(Code::Overflow))?;
            self.cashback_minor = self.cashback_minor.saturating_add(award.cashback_minor);
            if self.awards.len() < 100 {
                self.awards.push((purchase.id, award));
            }
        }
        Ok(())
    }
}

/// Goes through what a rule asks, in its order, and stops at the first that doesn't hold.
fn why(
    by: By<'_>,
    purchase: &purchase::Model,
    member: &member::Model,
    known: &mut Known,
    id: RuleId,
) -> Result<WhyNot, Refusal> {
    if let Some(granted) = purchase.earning.granted.iter().find(|granted| granted.rule == id) {
        return Ok(WhyNot { points: granted.points, ..WhyNot::of(Why::Gave) });
    }
    if purchase.earning.withheld.rules.contains(&id) {
        let cap = Some(CapKind::PartnerCreditExceeded);
        return Ok(WhyNot { cap, ..WhyNot::of(Why::Cut) });
    }
    let at = purchase.occurred_at;
    let Some(rule) = by.rules.live_at(id, at) else { return Ok(WhyNot::of(Why::NotLive)) };
    let basket = by.basket(purchase, &purchase.lines.0);
    known.without(member.wallet_id, basket.at.date_naive(), purchase.total_minor);
    let stored = purchase.earning.member.clone().and_then(|own| serde_json::from_value(own).ok());
    let facts: MemberFacts = stored.unwrap_or_else(|| known.facts(member, basket.at));
    if let Some(missing) = place_missing(rule, &basket) {
        return Ok(WhyNot::of(missing));
    }
    let bound = Bound::of_sale(&basket, &facts, Asks::ALL);
    if let Some(campaign) = rule.campaign
        && let Some(missing) = campaign_missing(by, campaign, &basket, &bound)
    {
        return Ok(missing);
    }
    let condition = rule.condition.as_ref();
    if let Some(part) = condition.and_then(|condition| condition.false_part(&bound.context)) {
        return Ok(WhyNot { part: Some(part), ..WhyNot::of(Why::Condition) });
    }
    if bound.lines_of(rule, &basket).is_empty() {
        return Ok(WhyNot { part: rule.definition.lines.clone(), ..WhyNot::of(Why::NoLines) });
    }
    let decision = decide::sale(by, &basket, (member.wallet_id, &facts), &mut known.state)?;
    let Some(award) = decision.explanation.awards.iter().find(|award| award.rule == id) else {
        let beaten = decision.explanation.awards.iter().find(|award| {
            let group = by.rules.version(award.rule, award.version);
            let group = group.and_then(|other| other.definition.group.as_ref());
            group.is_some() && group == rule.definition.group.as_ref()
        });
        return Ok(match beaten {
            Some(other) => WhyNot { part: Some(other.name.clone()), ..WhyNot::of(Why::Beaten) },
            None => WhyNot::of(Why::Nothing),
        });
    };
    if !award.dates.are_usual() {
        return Ok(WhyNot::of(Why::Gave));
    }
    let cap = award.caps.first().map(|cap| cap.kind);
    Ok(WhyNot { cap, ..WhyNot::of(if cap.is_some() { Why::Cut } else { Why::Later }) })
}

fn place_missing(rule: &Rule, basket: &Basket<'_>) -> Option<Why> {
    let definition = &rule.definition;
    if definition.trigger != Trigger::Purchase {
        return Some(Why::OnEvents);
    }
    if !definition.partners.is_empty() && !definition.partners.contains(&basket.partner) {
        return Some(Why::Partner);
    }
    let stores = &definition.stores;
    if !stores.is_empty() && !basket.store.is_some_and(|store| stores.contains(&store)) {
        return Some(Why::Store);
    }
    (!definition.schedule.schedule_holds(basket.at)).then_some(Why::Schedule)
}

fn campaign_missing(
    by: By<'_>,
    campaign: CampaignId,
    basket: &Basket<'_>,
    bound: &Bound,
) -> Option<WhyNot> {
    let at: DateTime<Utc> = basket.at.with_timezone(&Utc);
    let campaign = by.rules.campaign_at(campaign, at);
    let campaign = campaign.filter(|own| own.terms.schedule.schedule_holds(basket.at));
    let Some(campaign) = campaign else { return Some(WhyNot::of(Why::Campaign)) };
    let audience = campaign.audience.as_ref()?;
    let part = audience.false_part(&bound.context)?;
    Some(WhyNot { part: Some(part), ..WhyNot::of(Why::Audience) })
}

/// Why a rule gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyNot {
    /// Which of the reasons.
    pub why: Why,
    /// The part of the condition that was false, or the rule that gave more.
    pub part: Option<String>,
    /// The limit that cut it off.
    pub cap: Option<CapKind>,
    /// What it gave, if it did.
    pub points: Points,
}

impl WhyNot {
    fn of(why: Why) -> Self {
        Self { why, part: None, cap: None, points: Points::ZERO }
    }
}

//! A programme's rules, compiled and indexed, so that a sale asks only those that could give something.
//!
//! Each version stands for the time in which it was in force: a sale that arrives late is decided by the
//! rules of its day. Pure; made anew when a rule changes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Datelike, Timelike, Utc};
use chrono_tz::Tz;
use entity::amount::cost_of_minor;
use entity::earning::definition::{Budget, CampaignTerms, Definition, Schedule, Trigger};
use entity::earning::earning_rule::RuleStatus;
use entity::earning::{
    campaign_version, earning_rule as rule, earning_rule_version as rule_version,
};
use entity::ids::{CampaignId, PartnerId, RuleId};
use entity::purchases::purchase::Line;

use super::cel::{Asks, Condition, Required, Scope, Type};
use super::facts::Basket;
use super::state::Left;
use crate::refusal::Refusal;

/// The time in which a version is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InForce {
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: Option<DateTime<Utc>>,
}

impl InForce {
    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// One version of a rule, ready to be asked.
pub(crate) struct Rule {
    pub(crate) id: RuleId,
    pub(crate) code: String,
    pub(crate) version: i32,
    pub(crate) campaign: Option<CampaignId>,
    pub(crate) definition: Definition,
    pub(crate) condition: Option<Condition>,
    pub(crate) lines: Option<Condition>,
    required: Required,
}

/// One version of a campaign, ready to be asked.
pub(crate) struct Campaign {
    pub(crate) id: CampaignId,
    pub(crate) version: i32,
    pub(crate) terms: CampaignTerms,
    pub(crate) audience: Option<Condition>,
}

impl Rule {
    /// Compiles what an operator wrote; the refusal names the field. Events are typed as declared.
    pub(crate) fn compile(
        row: &rule::Model,
        version: i32,
        definition: Definition,
        attributes: impl FnOnce(&str) -> Vec<(String, Type)>,
    ) -> Result<Self, Refusal> {
        let scope = match &definition.trigger {
            Trigger::Purchase => Scope::of_sale(),
            Trigger::Event(kind) => Scope::of_event(attributes(kind)),
        };
        let compile = |source: &Option<String>, scope: &Scope, field: &str| {
            let compiled = source.as_ref().map(|source| Condition::compile(source, scope));
            compiled.transpose().map_err(|refusal| refusal.at(field))
        };
        let condition = compile(&definition.condition, &scope, "condition")?;
        let lines = compile(&definition.lines, &Scope::of_line(), "lines")?;
        let none = Required::default();
        let required = |part: &Option<Condition>| {
            part.as_ref().map_or(none.clone(), |condition| condition.required.clone())
        };
        let required = required(&lines).and(&required(&condition));
        let (id, code, campaign) = (row.id, row.code.clone(), row.campaign_id);
        Ok(Self { id, code, version, campaign, definition, condition, lines, required })
    }

    /// What it asks for.
    pub(super) fn asks(&self) -> Asks {
        let of = |part: &Option<Condition>| part.as_ref().map_or(Asks::default(), |c| c.asks);
        of(&self.condition).or(of(&self.lines))
    }

    fn may_hold(&self, basket: &Basket<'_>) -> bool {
        let stores = &self.definition.stores;
        let in_store = stores.is_empty() || basket.store.is_some_and(|own| stores.contains(&own));
        let partners = self.required.partners.as_ref();
        let (brands, skus) = (self.required.brands.as_ref(), self.required.skus.as_ref());
        let brand = |line: &Line| line.brand.clone().unwrap_or_default();
        in_store
            && self.definition.schedule_holds(basket.at)
            && partners.is_none_or(|codes| codes.contains(basket.partner_code))
            && brands
                .is_none_or(|brands| basket.lines.iter().any(|line| brands.contains(&brand(line))))
            && skus.is_none_or(|skus| basket.lines.iter().any(|line| skus.contains(&line.sku)))
    }
}

impl Campaign {
    /// What it asks for.
    pub(super) fn asks(&self) -> Asks {
        self.audience.as_ref().map_or(Asks::default(), |audience| audience.asks)
    }

    /// Compiles what an operator wrote; the refusal names the field.
    pub(crate) fn compile(row: &campaign_version::Model) -> Result<Self, Refusal> {
        let audience = row.terms.audience.as_ref();
        let audience = audience.map(|source| Condition::compile(source, &Scope::of_member()));
        let audience = audience.transpose().map_err(|refusal| refusal.at("audience"))?;
        let (id, version) = (row.campaign_id, row.version);
        Ok(Self { id, version, terms: row.terms.clone(), audience })
    }
}

/// When something written in the programme's calendar holds.
pub(crate) trait Scheduled {
    /// Whether it does at that moment.
    fn schedule_holds(&self, at: DateTime<Tz>) -> bool;
}

impl Scheduled for Schedule {
    fn schedule_holds(&self, at: DateTime<Tz>) -> bool {
        let moment = at.with_timezone(&Utc);
        let minute = at.hour() * 60 + at.minute();
        let in_hours = self.minutes.is_none_or(|(from, until)| {
            if from <= until {
                (from..until).contains(&minute)
            } else {
                minute >= from || minute < until
            }
        });
        let weekday = at.weekday().number_from_monday();
        self.from.is_none_or(|from| from <= moment)
            && self.until.is_none_or(|until| moment < until)
            && (self.weekdays.is_empty() || self.weekdays.contains(&weekday))
            && in_hours
    }
}

impl Scheduled for Definition {
    fn schedule_holds(&self, at: DateTime<Tz>) -> bool {
        self.schedule.schedule_holds(at)
    }
}

/// A version with the time in which it is in force.
type Dated<T> = (InForce, Arc<T>);

/// Places of rules, by what a basket must have.
#[derive(Default)]
struct Places {
    by_category: HashMap<String, Vec<usize>>,
    others: Vec<usize>,
}

impl Places {
    fn add(&mut self, place: usize, rule: &Rule) {
        match &rule.required.categories {
            None => self.others.push(place),
            Some(categories) => {
                for category in categories {
                    self.by_category.entry(category.clone()).or_default().push(place);
                }
            }
        }
    }

    fn of(&self, categories: &BTreeSet<&str>, places: &mut BTreeSet<usize>) {
        places.extend(&self.others);
        if self.by_category.len() < categories.len() {
            let found =
                self.by_category.iter().filter(|(own, _)| categories.contains(own.as_str()));
            places.extend(found.flat_map(|(_, found)| found));
        } else {
            places.extend(categories.iter().filter_map(|own| self.by_category.get(*own)).flatten());
        }
    }
}

/// All rules of a programme.
#[derive(Default)]
pub(crate) struct RuleSet {
    /// In the order in which they are asked.
    rules: Vec<Dated<Rule>>,
    /// All versions, those that give nothing any more as well.
    versions: HashMap<(RuleId, i32), Arc<Rule>>,
    campaigns: HashMap<CampaignId, Vec<Dated<Campaign>>>,
    anywhere: Places,
    at_partner: HashMap<PartnerId, Places>,
    on_event: HashMap<String, Vec<usize>>,
    /// What any of them asks for.
    pub(crate) asks: Asks,
}

impl RuleSet {
    /// The set of these versions, each with the time in which it is in force and live, if there is one.
    pub(crate) fn new(
        versions: Vec<(Option<InForce>, Arc<Rule>)>,
        campaigns: Vec<Dated<Campaign>>,
    ) -> Self {
        let mut set = Self::default();
        let named =
            |(_, rule): &(Option<InForce>, Arc<Rule>)| ((rule.id, rule.version), Arc::clone(rule));
        set.versions = versions.iter().map(named).collect();
        let live = |(time, rule): (Option<InForce>, Arc<Rule>)| Some((time?, rule));
        let mut rules: Vec<Dated<Rule>> = versions.into_iter().filter_map(live).collect();
        rules.sort_by_cached_key(|(_, rule)| {
            (-i64::from(rule.definition.priority), rule.code.clone(), rule.version)
        });
        for (place, (_, rule)) in rules.iter().enumerate() {
            set.asks = set.asks.or(rule.asks());
            match &rule.definition.trigger {
                Trigger::Event(kind) => set.on_event.entry(kind.clone()).or_default().push(place),
                Trigger::Purchase if rule.definition.partners.is_empty() => {
                    set.anywhere.add(place, rule);
                }
                Trigger::Purchase => {
                    for partner in &rule.definition.partners {
                        set.at_partner.entry(*partner).or_default().add(place, rule);
                    }
                }
            }
        }
        for (time, campaign) in campaigns {
            set.asks = set.asks.or(campaign.asks());
            set.campaigns.entry(campaign.id).or_default().push((time, campaign));
        }
        set.rules = rules;
        set
    }

    /// The version of the rule that was in force and live then, and its campaign's likewise; neither is
    /// asked yet.
    pub(crate) fn live_at(&self, rule: RuleId, at: DateTime<Utc>) -> Option<&Arc<Rule>> {
        let found = self.rules.iter().find(|(time, own)| own.id == rule && time.holds(at));
        found.map(|(_, rule)| rule)
    }

    /// The campaign's version that was in force and live then.
    pub(crate) fn campaign_at(&self, id: CampaignId, at: DateTime<Utc>) -> Option<&Arc<Campaign>> {
        let versions = self.campaigns.get(&id)?;
        versions.iter().find(|(time, _)| time.holds(at)).map(|(_, campaign)| campaign)
    }

    /// The set without these rules, and with those besides.
    pub(crate) fn changed(&self, leave_out: &[RuleId], add: Vec<Dated<Rule>>) -> Self {
        let stays = |rule: &Rule| !leave_out.contains(&rule.id);
        let live = self.rules.iter().filter(|(_, rule)| stays(rule)).cloned();
        let named = |rule: &Arc<Rule>| (rule.id, rule.version);
        let live: Vec<Dated<Rule>> = live.chain(add).collect();
        let known: BTreeSet<(RuleId, i32)> = live.iter().map(|(_, rule)| named(rule)).collect();
        let others = self.versions.values().filter(|rule| !known.contains(&named(rule)));
        let others = others.map(|rule| (None, Arc::clone(rule)));
        let versions = live.iter().map(|(time, rule)| (Some(*time), Arc::clone(rule)));
        let campaigns = self.campaigns.values().flatten().cloned().collect();
        Self::new(versions.chain(others).collect(), campaigns)
    }

    /// Each budget whole, as before anything was given.
    pub(crate) fn budgets(&self, minor_per_unit: i64) -> HashMap<uuid::Uuid, Left> {
        let minor = cost_of_minor(minor_per_unit);
        let left = |budget: &Budget| Left {
            points: budget.points,
            cost: budget.cost_minor.map(|cost| cost.saturating_mul(minor)),
        };
        let rules = self.rules.iter().map(|(_, rule)| (rule.id.uuid(), &rule.definition.budget));
        let campaigns = self.campaigns.values().filter_map(|versions| versions.last());
        let campaigns = campaigns.map(|(_, own)| (own.id.uuid(), &own.terms.budget));
        rules.chain(campaigns).map(|(owner, budget)| (owner, left(budget))).collect()
    }

    /// A version, in force or not.
    pub(crate) fn version(&self, rule: RuleId, version: i32) -> Option<&Arc<Rule>> {
        self.versions.get(&(rule, version))
    }

    /// The rules that a sale may have something of, in the order in which they are asked.
    pub(crate) fn for_sale(
        &self,
        basket: &Basket<'_>,
    ) -> impl Iterator<Item = (&Arc<Rule>, Option<&Arc<Campaign>>)> {
        let category = |line: &Line| line.category.is_none();
        let mut categories: BTreeSet<&str> =
            basket.lines.iter().filter_map(|line| line.category.as_deref()).collect();
        if basket.lines.iter().any(category) {
            categories.insert("");
        }
        let mut places = BTreeSet::new();
        self.anywhere.of(&categories, &mut places);
        if let Some(own) = self.at_partner.get(&basket.partner) {
            own.of(&categories, &mut places);
        }
        let at = basket.at;
        let found = places.into_iter().filter_map(move |place| self.in_force(place, at));
        found.filter(move |(rule, _)| rule.may_hold(basket))
    }

    /// The rules that an event may have something of.
    pub(crate) fn for_event(
        &self,
        kind: &str,
        partner: Option<PartnerId>,
        at: DateTime<Tz>,
    ) -> impl Iterator<Item = (&Arc<Rule>, Option<&Arc<Campaign>>)> {
        let places = self.on_event.get(kind).map_or(&[][..], Vec::as_slice);
        let found = places.iter().filter_map(move |place| self.in_force(*place, at));
        found.filter(move |(rule, _)| {
            let partners = &rule.definition.partners;
            let at_partner =
                partners.is_empty() || partner.is_some_and(|own| partners.contains(&own));
            at_partner && rule.definition.schedule_holds(at)
        })
    }

    /// The rule, if it and its campaign are in force.
    fn in_force(
        &self,
        place: usize,
        at: DateTime<Tz>,
    ) -> Option<(&Arc<Rule>, Option<&Arc<Campaign>>)> {
        let moment = at.with_timezone(&Utc);
        let (time, rule) = self.rules.get(place)?;
        if !time.holds(moment) {
            return None;
        }
        let Some(id) = rule.campaign else { return Some((rule, None)) };
        let versions = self.campaigns.get(&id)?;
        let (_, campaign) = versions.iter().find(|(time, _)| time.holds(moment))?;
        campaign.terms.schedule.schedule_holds(at).then_some((rule, Some(campaign)))
    }
}

impl InForce {
    /// All time: a rule that is tried out.
    pub(crate) const ALWAYS: Self = Self { from: DateTime::<Utc>::MIN_UTC, until: None };
}

/// The times in which each version is in force, of versions in their order, and whether it is live then.
pub(crate) fn times<T>(
    versions: &[T],
    from: impl Fn(&T) -> DateTime<Utc>,
    status: impl Fn(&T) -> RuleStatus,
) -> Vec<Option<InForce>> {
    let next = |place: usize| versions.get(place + 1).map(&from);
    let time = |(place, version): (usize, &T)| {
        let time = InForce { from: from(version), until: next(place) };
        let lasts = time.until.is_none_or(|until| time.from < until);
        (status(version) == RuleStatus::Live && lasts).then_some(time)
    };
    versions.iter().enumerate().map(time).collect()
}

/// A version's own row, for [`times`].
pub(crate) fn rule_times(versions: &[rule_version::Model]) -> Vec<Option<InForce>> {
    times(versions, |row| row.in_force_from, |row| row.status)
}

/// The same of campaigns.
pub(crate) fn campaign_times(versions: &[campaign_version::Model]) -> Vec<Option<InForce>> {
    times(versions, |row| row.in_force_from, |row| row.status)
}

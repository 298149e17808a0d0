//! The decision: which rules hold for a sale or event, what each gives, and what limits leave of it. Pure:
//! the same facts, rules and counters decide alike, for a quote, a sale, a test or a replay.
//!
//! Rules are asked in the order of their priority, then by code. In a stacking group the best one gives (the most
//! points before limits, then the most money, then the first asked); the others, and all without a group,
//! add up. Multipliers multiply base points only, never each other. Then limits cut, in the same order:
//! the wallet's, the rule's budget, the campaign's. What is left is given only if all who pay for it have
//! credit for all of it; a sale whose partner has none for its base earns no points at all, whoever pays.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use cel::{Context, Value};
use entity::ids::WalletId;
use entity::purchases::purchase::{self, Granted, Line, Withheld};

use super::base::{self, Explanation};
use super::cel::{self as conditions, Asks, Condition, values};
use super::effects::{Worth, worth};
use super::facts::{Basket, Happening, MemberFacts};
use super::making::Making;
use super::ruleset::{Campaign, Rule, RuleSet};
use super::state::{Changes, State};
use crate::ledger::core::NewLot;
use crate::partners::Directory;
use crate::programmes::Rules;
use crate::refusal::Refusal;
use crate::tiers::Set;

/// What a programme decides by.
#[derive(Clone, Copy)]
pub(crate) struct By<'a> {
    pub(crate) programme: &'a Rules,
    pub(crate) directory: &'a Directory,
    pub(crate) rules: &'a RuleSet,
    /// The ladders that wallets climb.
    pub(crate) sets: &'a [Set],
    /// Whether members may pay for more points.
    pub(crate) has_plans: bool,
}

impl By<'_> {
    /// Whether what a member is may multiply what it earns.
    pub(crate) fn multiplies(&self) -> bool {
        self.has_plans || self.sets.iter().any(Set::is_live)
    }

    /// The receipt as rules look at it, of which these lines are left.
    pub(crate) fn basket<'a>(
        &'a self,
        purchase: &'a purchase::Model,
        lines: &'a [Line],
    ) -> Basket<'a> {
        let partner = self.directory.partner(purchase.partner_id);
        let store = purchase.store_id.and_then(|store| self.directory.store_by_id(store));
        Basket {
            partner: purchase.partner_id,
            partner_code: partner.map_or("", |partner| &partner.code),
            store: purchase.store_id,
            store_code: store.map_or("", |store| &store.code),
            channel: purchase.channel,
            at: purchase.occurred_at.with_timezone(&self.programme.zone),
            lines,
            terms: &purchase.earning,
        }
    }
}

/// What a sale or event comes to.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) explanation: Explanation,
    /// What each rule gave, for returns.
    pub(crate) granted: Vec<Granted>,
    pub(crate) lots: Vec<NewLot>,
    /// What it counts, takes from budgets and has partners owe.
    pub(crate) changes: Changes,
    /// What it doesn't give for want of credit.
    pub(crate) withheld: Withheld,
}

/// A rule that holds, before any limit.
pub(super) struct Match<'a> {
    pub(super) rule: &'a Arc<Rule>,
    pub(super) campaign: Option<&'a Arc<Campaign>>,
    pub(super) lines: Vec<usize>,
    pub(super) worth: Worth,
}

/// A rule with the campaign that it runs in.
pub(crate) type Found<'a> = (&'a Arc<Rule>, Option<&'a Arc<Campaign>>);

/// Facts bound for evaluation: those that are asked for, with the lines apart.
pub(super) struct Bound {
    pub(super) context: Context<'static, 'static>,
    lines: Vec<OnceCell<Value>>,
}

impl Bound {
    /// What these rules ask for.
    pub(super) fn of_rules(basket: &Basket<'_>, member: &MemberFacts, found: &[Found<'_>]) -> Self {
        let asks = found.iter().fold(Asks::default(), |asks, (rule, campaign)| {
            asks.or(rule.asks()).or(campaign.map_or(Asks::default(), |own| own.asks()))
        });
        Self::of_sale(basket, member, asks)
    }

    pub(super) fn of_sale(basket: &Basket<'_>, member: &MemberFacts, asks: Asks) -> Self {
        let mut context = conditions::context();
        if asks.purchase {
            let there = basket.lines.iter().filter(|line| asks.lines && is_there(line));
            let there: Vec<Value> = there.map(values::line).collect();
            context.add_variable_from_value("purchase", values::purchase(basket, &there));
        }
        if asks.member {
            context.add_variable_from_value("member", values::member(member, basket.at));
        }
        Self { context, lines: vec![OnceCell::new(); basket.lines.len()] }
    }

    fn of_event(event: &Happening<'_>, member: &MemberFacts) -> Self {
        let mut context = conditions::context();
        context.add_variable_from_value("event", values::event(event));
        context.add_variable_from_value("member", values::member(member, event.at));
        Self { context, lines: Vec::new() }
    }

    /// Whether the rule's condition and its campaign's audience hold.
    pub(super) fn is_for(&self, rule: &Rule, campaign: Option<&Arc<Campaign>>) -> bool {
        let audience = campaign.and_then(|campaign| campaign.audience.as_ref());
        audience.is_none_or(|audience| audience.holds(&self.context))
            && rule.condition.as_ref().is_none_or(|condition| condition.holds(&self.context))
    }

    /// The lines that a rule is about.
    pub(super) fn lines_of(&self, rule: &Rule, basket: &Basket<'_>) -> Vec<usize> {
        let counts = |(place, line): (usize, &Line)| {
            if !is_there(line) || base::is_excluded(basket.terms, line) {
                return None;
            }
            let Some(filter) = &rule.lines else { return Some(place) };
            let holds =
                filter.plain.holds(line).unwrap_or_else(|| self.evaluated(filter, place, line));
            holds.then_some(place)
        };
        basket.lines.iter().enumerate().filter_map(counts).collect()
    }

    fn evaluated(&self, filter: &Condition, place: usize, line: &Line) -> bool {
        let Some(kept) = self.lines.get(place) else { return false };
        let mut inner = self.context.new_inner_scope();
        inner.add_variable_from_value("line", kept.get_or_init(|| values::line(line)).clone());
        filter.holds(&inner)
    }
}

/// Whether anything is left of a line.
fn is_there(line: &Line) -> bool {
    line.quantity > 0 || line.amount_minor > 0
}

/// What a sale earns its buyer.
pub(crate) fn sale<'a>(
    by: By<'a>,
    basket: &Basket<'a>,
    (wallet, member): (WalletId, &MemberFacts),
    state: &mut State,
) -> Result<Decision, Refusal> {
    let explanation = base::decide(basket.terms, basket.lines)?;
    let matches = best_of_groups(of_sale(by, basket, (wallet, member), state)?);
    let mut making = Making::new(by, Some(basket.partner), basket.at, wallet, explanation);
    making.base(basket.terms, state)?;
    for one in matches {
        making.grant(one, basket.terms, state)?;
    }
    making.done()
}

/// What an event earns its member.
pub(crate) fn event(
    by: By<'_>,
    event: &Happening<'_>,
    (wallet, member): (WalletId, &MemberFacts),
    state: &mut State,
) -> Result<Decision, Refusal> {
    let terms = base::nothing(by.programme);
    let mut matches = Vec::new();
    let mut bound = None;
    for (rule, campaign) in by.rules.for_event(event.kind, event.partner, event.at) {
        let bound = bound.get_or_insert_with(|| Bound::of_event(event, member));
        if !bound.is_for(rule, campaign) {
            continue;
        }
        let worth = worth(&rule.definition.effect, &terms, &[], state.position(wallet, rule.id))?;
        matches.push(Match { rule, campaign, lines: Vec::new(), worth });
    }
    let explanation = base::decide(&terms, &[])?;
    let mut making = Making::new(by, event.partner, event.at, wallet, explanation);
    for one in best_of_groups(matches) {
        making.grant(one, &terms, state)?;
    }
    making.done()
}

/// The rules that hold for a sale, each with what it comes to.
pub(super) fn of_sale<'a>(
    by: By<'a>,
    basket: &Basket<'_>,
    (wallet, member): (WalletId, &MemberFacts),
    state: &State,
) -> Result<Vec<Match<'a>>, Refusal> {
    let found: Vec<Found<'a>> = by.rules.for_sale(basket).collect();
    let mut matches = Vec::new();
    if found.is_empty() {
        return Ok(matches);
    }
    let bound = Bound::of_rules(basket, member, &found);
    for (rule, campaign) in found {
        if !bound.is_for(rule, campaign) {
            continue;
        }
        let lines = bound.lines_of(rule, basket);
        if lines.is_empty() {
            continue;
        }
        let about: Vec<&Line> = lines.iter().filter_map(|place| basket.lines.get(*place)).collect();
        let position = state.position(wallet, rule.id);
        let worth = worth(&rule.definition.effect, basket.terms, &about, position)?;
        matches.push(Match { rule, campaign, lines, worth });
    }
    Ok(matches)
}

fn best_of_groups(matches: Vec<Match<'_>>) -> Vec<Match<'_>> {
    let value = |one: &Match<'_>| (one.worth.points, one.worth.cashback_minor);
    let mut best: HashMap<&str, usize> = HashMap::new();
    for (place, one) in matches.iter().enumerate() {
        let Some(group) = &one.rule.definition.group else { continue };
        let so_far = best.entry(group).or_insert(place);
        if matches.get(*so_far).is_some_and(|other| value(one) > value(other)) {
            *so_far = place;
        }
    }
    let best: Vec<usize> = best.into_values().collect();
    let stands = |place: &usize, one: &Match<'_>| {
        one.rule.definition.group.is_none() || best.contains(place)
    };
    matches.into_iter().enumerate().filter(|(p, one)| stands(p, one)).map(|(_, one)| one).collect()
}

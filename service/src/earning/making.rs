//! A decision in the making: what each rule gives after limits, in parts that share their terms. Pure.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::amount::{Points, cost_of_minor};
use entity::earning::definition::{CapKind, Effect, Period};
use entity::ids::{PartnerId, RuleId, WalletId};
use entity::ledger::lot::Terms;
use entity::purchases::purchase::{EarningTerms, Granted, Withheld};
use uuid::Uuid;

use super::award::{Award, Dates, funding};
use super::base::Explanation;
use super::credit;
use super::cut::Cut;
use super::decide::{By, Decision, Match};
use super::effects::Position;
use super::facts::period_of;
use super::funding as funders;
use super::ruleset::Rule;
use super::state::{Changes, State, Taken, Use};
use crate::ledger::core::NewLot;
use crate::refusal::{Code, Refusal};

/// A decision in the making: points in parts that share their terms.
pub(super) struct Making<'a> {
    by: By<'a>,
    partner: Option<PartnerId>,
    at: DateTime<Tz>,
    wallet: WalletId,
    explanation: Explanation,
    granted: Vec<Granted>,
    parts: Vec<(Terms, Points)>,
    changes: Changes,
    withheld: Withheld,
    /// The dates of the points, where a rule says so.
    dates: Dates,
}

impl<'a> Making<'a> {
    pub(super) fn new(
        by: By<'a>,
        partner: Option<PartnerId>,
        at: DateTime<Tz>,
        wallet: WalletId,
        explanation: Explanation,
    ) -> Self {
        let (granted, parts) = (Vec::new(), Vec::new());
        let dates = Dates::default();
        let (changes, withheld) = (Changes::default(), Withheld::default());
        Self { by, partner, at, wallet, explanation, granted, parts, changes, withheld, dates }
    }

    pub(super) fn moment(&self) -> DateTime<Utc> {
        self.at.with_timezone(&Utc)
    }

    /// The first part: what the partner gives without rules, if it has credit for it.
    pub(super) fn base(&mut self, terms: &EarningTerms, state: &mut State) -> Result<(), Refusal> {
        self.withheld.is_all = terms.withheld.is_all;
        let terms = funders::implied(self.by.directory, self.partner, self.moment());
        let terms = terms.ok_or(Refusal::new(Code::ContractMissing).at("occurredAt"))?;
        match credit::reserved(state, &terms, self.explanation.points.get()) {
            Some(changes) => {
                state.follow(&changes);
                self.changes.join(changes);
            }
            None => {
                self.withheld.is_all = true;
                self.explanation.withhold();
            }
        }
        self.parts.push((terms, self.explanation.points));
        Ok(())
    }

    /// What a rule's points have those owe who pay for them; nothing is given where one has no credit.
    fn reserve(&mut self, rule: RuleId, funded: &Terms, cut: &mut Cut, state: &State) -> Changes {
        if cut.points == 0 {
            return Changes::default();
        }
        if !self.withheld.is_all {
            if let Some(changes) = credit::reserved(state, funded, cut.points) {
                return changes;
            }
            self.withheld.rules.push(rule);
        }
        cut.to(0, CapKind::PartnerCreditExceeded);
        Changes::default()
    }

    /// Who pays for what a rule gives.
    pub(super) fn funding(&self, one: &Match<'_>) -> Option<Terms> {
        let own = &one.rule.definition.funding;
        let of_campaign = one.campaign.map(|campaign| &campaign.terms.funding);
        let split = Some(own).into_iter().chain(of_campaign).find(|split| !split.is_empty());
        match split {
            Some(split) => funders::split(self.by.directory, split, self.moment()),
            None => funders::implied(self.by.directory, self.partner, self.moment()),
        }
    }

    /// Gives what limits leave of a rule's worth.
    pub(super) fn grant(
        &mut self,
        one: Match<'_>,
        terms: &EarningTerms,
        state: &mut State,
    ) -> Result<(), Refusal> {
        let (rule, definition) = (one.rule, &one.rule.definition);
        if let Effect::Dates { pending_days, expiry_months } = definition.effect {
            let said = self.dates.said_first(Dates { pending_days, expiry_months });
            if !said.are_usual() {
                self.explain(&one, &Cut::new(&one.worth), (&Terms::default(), said), None);
            }
            return Ok(());
        }
        let funded = self.funding(&one);
        let mut cut = Cut::new(&one.worth);
        cut.by_limits(self.wallet, rule, self.at.date_naive(), state);
        let unit_cost = funded.as_ref().map_or(0, funders::unit_cost);
        let money = cost_of_minor(terms.minor_per_unit);
        let owners = [
            (definition.budget.is_some(), rule.id.uuid(), CapKind::RuleBudget),
            (
                one.campaign.is_some_and(|campaign| campaign.terms.budget.is_some()),
                one.campaign.map_or(Uuid::nil(), |campaign| campaign.id.uuid()),
                CapKind::CampaignBudget,
            ),
        ];
        for (_, owner, kind) in owners.iter().filter(|(bounded, ..)| *bounded) {
            cut.by_budget(*kind, state.left(*owner), unit_cost, money);
        }
        let counts = matches!(definition.effect, Effect::EveryNth { .. } | Effect::Stamps { .. });
        let Some(funded) = funded else {
            cut.to(0, CapKind::FunderWithoutContract);
            cut.cashback_minor = 0;
            self.explain(&one, &cut, (&Terms::default(), Dates::default()), None);
            return Ok(());
        };
        let mut changes = self.reserve(rule.id, &funded, &mut cut, state);
        let mut grant = None;
        let gives = cut.points > 0 || cut.cashback_minor > 0;
        if !cut.is_stopped && (gives || counts) {
            let owners = owners.iter().filter(|(bounded, ..)| *bounded).map(|(_, owner, _)| *owner);
            let owners: Vec<Uuid> = owners.collect();
            // Where nothing bounds it, it isn't counted: it is soon more than a number holds.
            let bounds_cost = owners.iter().any(|owner| state.left(*owner).cost.is_some());
            let cost = match bounds_cost {
                true => cut
                    .points
                    .saturating_mul(unit_cost)
                    .saturating_add(cut.cashback_minor.saturating_mul(money)),
                false => 0,
            };
            let cost = Taken { points: cut.points, cost };
            owners.iter().for_each(|owner| changes.taken(*owner, cost));
            let position = state.position(self.wallet, rule.id);
            let used = Use { count: 1, points: cut.points, stamps: one.worth.stamps };
            for period in periods(rule) {
                let period = period_of(period, self.at.date_naive());
                changes.used((self.wallet, rule.id, period), used);
            }
            state.follow(&changes);
            self.changes.join(changes);
            grant = i32::try_from(self.granted.len()).ok();
            self.keep(&one, &cut, (funded.clone(), cost.cost, owners), position)?;
        }
        if gives || !cut.caps.is_empty() || one.worth.stamps > 0 {
            self.explain(&one, &cut, (&funded, Dates::default()), grant);
        }
        Ok(())
    }

    pub(super) fn keep(
        &mut self,
        one: &Match<'_>,
        cut: &Cut,
        (funded, cost, budgets): (Terms, i64, Vec<Uuid>),
        position: Position,
    ) -> Result<(), Refusal> {
        let points = Points::new(cut.points).map_err(|_| Refusal::new(Code::Overflow))?;
        let part = self.part(&funded, points)?;
        self.granted.push(Granted {
            rule: one.rule.id,
            version: one.rule.version,
            points,
            part,
            count: position.count,
            stamps_before: position.stamps,
            stamps: one.worth.stamps,
            cashback_minor: cut.cashback_minor,
            budgets,
            cost,
        });
        Ok(())
    }

    /// The part with these terms, grown by the points.
    pub(super) fn part(&mut self, terms: &Terms, points: Points) -> Result<i32, Refusal> {
        let found = self.parts.iter().position(|(own, _)| own == terms);
        let place = found.unwrap_or(self.parts.len());
        if found.is_none() {
            self.parts.push((terms.clone(), Points::ZERO));
        }
        if let Some((_, sum)) = self.parts.get_mut(place) {
            *sum = sum.plus(points).map_err(|_| Refusal::new(Code::Overflow).at("lines"))?;
        }
        i32::try_from(place).map_err(|_| Refusal::new(Code::Overflow))
    }

    pub(super) fn explain(
        &mut self,
        one: &Match<'_>,
        cut: &Cut,
        (funded, dates): (&Terms, Dates),
        grant: Option<i32>,
    ) {
        self.explanation.awards.push(Award {
            rule: one.rule.id,
            code: one.rule.code.clone(),
            name: one.rule.definition.name.clone(),
            version: one.rule.version,
            campaign: one.campaign.map(|campaign| (campaign.id, campaign.version)),
            lines: one.lines.clone(),
            exact: one.worth.exact.clone(),
            wanted: one.worth.points,
            caps: cut.caps.clone(),
            points: Points::new(cut.points).unwrap_or_default(),
            cashback_minor: cut.cashback_minor,
            grant,
            cashback_before_minor: 0,
            stamps: if cut.is_stopped { 0 } else { one.worth.stamps },
            dates,
            funding: funding(funded),
        });
    }

    pub(super) fn done(mut self) -> Result<Decision, Refusal> {
        let points = self.parts.iter().map(|(_, points)| *points);
        let points = points.into_iter().try_fold(Points::ZERO, Points::plus);
        self.explanation.points = points.map_err(|_| Refusal::new(Code::Overflow).at("lines"))?;
        let (at, programme) = (self.moment(), self.by.programme);
        let (available_at, expires_at) =
            programme.dates(at, self.dates.pending_days, self.dates.expiry_months);
        let lots = std::mem::take(&mut self.parts).into_iter().zip(0..);
        let lots = lots.map(|((terms, points), part)| NewLot {
            issuer: self.partner,
            part,
            points,
            available_at,
            expires_at,
            terms,
        });
        let (lots, explanation) = (lots.collect(), self.explanation);
        let Self { granted, changes, withheld, .. } = self;
        Ok(Decision { explanation, granted, lots, changes, withheld })
    }
}

/// The periods that a rule counts over.
pub(crate) fn periods(rule: &Rule) -> Vec<Period> {
    let effect = &rule.definition.effect;
    let by_effect = matches!(effect, Effect::EveryNth { .. } | Effect::Stamps { .. });
    let limits = rule.definition.limits.iter().map(|limit| limit.period);
    let mut periods: Vec<Period> =
        by_effect.then_some(Period::Ever).into_iter().chain(limits).collect();
    periods.sort();
    periods.dedup();
    periods
}

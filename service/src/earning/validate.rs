//! What a rule or campaign must be to be saved. Pure; what is refused names the field and says what would
//! be right.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::earning::definition::{
    Budget, CampaignTerms, Definition, Effect, Funder, Limit, Schedule, Trigger,
};

use crate::partners::Directory;
use crate::refusal::{Code, Refusal};
use crate::text;

/// The most that one effect gives at a time.
const POINTS_MAX: i64 = 1_000_000_000;
/// The most of a budget, in points and in minor units.
const BUDGET_MAX: i64 = 50_000_000_000;
/// A hundred times.
const FACTOR_MAX: i64 = 1_000_000;
const MONTHS_MAX: u32 = 600;
const DAYS_MAX: u32 = 3650;
/// The most partners, stores, limits or funders of a rule.
const NAMED_MAX: usize = 500;
/// A million units a point.
const PRICE_MICROS_MAX: i64 = 1_000_000_000_000;
const MINUTES: u32 = 24 * 60;

/// The rule as it is saved, if it is one.
pub(super) fn rule(
    mut definition: Definition,
    directory: &Directory,
    at: DateTime<Utc>,
) -> Result<Definition, Refusal> {
    definition.name = text::name(&definition.name)?;
    definition.group = text::clean_option(definition.group.as_deref(), 64, Code::NameInvalid)
        .map_err(|refusal| refusal.at("group"))?;
    places(&definition, directory)?;
    schedule(&definition.schedule).map_err(|refusal| refusal.under("schedule"))?;
    effect(&definition)?;
    limits(&definition.limits)?;
    budget(&definition.budget)?;
    funding(&definition.funding, directory, at)?;
    Ok(definition)
}

/// The campaign as it is saved, if it is one.
pub(super) fn campaign(
    mut terms: CampaignTerms,
    directory: &Directory,
    at: DateTime<Utc>,
) -> Result<CampaignTerms, Refusal> {
    terms.name = text::name(&terms.name)?;
    schedule(&terms.schedule).map_err(|refusal| refusal.under("schedule"))?;
    budget(&terms.budget)?;
    funding(&terms.funding, directory, at)?;
    let targets = &terms.targets;
    for (field, target) in [
        ("members", targets.members),
        ("purchases", targets.purchases),
        ("revenue", targets.revenue_minor),
    ] {
        between(&format!("targets.{field}"), target.unwrap_or(1), 1, i64::MAX)?;
    }
    Ok(terms)
}

fn places(definition: &Definition, directory: &Directory) -> Result<(), Refusal> {
    let is_event = matches!(definition.trigger, Trigger::Event(_));
    if definition.partners.len() > NAMED_MAX || definition.stores.len() > NAMED_MAX {
        let message = format!("A rule names at most {NAMED_MAX} partners and stores.");
        return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("partnerIds"));
    }
    for (place, partner) in definition.partners.iter().enumerate() {
        let found = directory.partner(*partner);
        let at = format!("partnerIds.{place}");
        found.ok_or_else(|| Refusal::new(Code::PartnerNotFound).at(&at))?;
    }
    for (place, store) in definition.stores.iter().enumerate() {
        let at = format!("storeIds.{place}");
        let found = directory.store_by_id(*store);
        let found = found.ok_or_else(|| Refusal::new(Code::StoreNotFound).at(&at))?;
        let partners = &definition.partners;
        if !partners.is_empty() && !partners.contains(&found.partner_id) {
            let message = "The store belongs to none of the rule's partners.";
            return Err(Refusal::new(Code::StoreNotFound).because(message).at(&at));
        }
    }
    if is_event && (!definition.stores.is_empty() || definition.lines.is_some()) {
        let message = "An event has no stores and no lines.";
        return Err(Refusal::new(Code::EffectInvalid).because(message).at("eventType"));
    }
    Ok(())
}

fn schedule(schedule: &Schedule) -> Result<(), Refusal> {
    let wrong = |field: &str, message: &str| {
        Err(Refusal::new(Code::ScheduleInvalid).because(message).at(field))
    };
    if let (Some(from), Some(until)) = (schedule.from, schedule.until)
        && until <= from
    {
        return wrong("until", "It ends before it begins.");
    }
    let days: BTreeSet<u32> = schedule.weekdays.iter().copied().collect();
    if days.len() != schedule.weekdays.len() || days.iter().any(|day| !(1..=7).contains(day)) {
        return wrong("weekdays", "Weekdays are 1 for Monday to 7 for Sunday, each once.");
    }
    if let Some((from, until)) = schedule.minutes
        && (from >= MINUTES || until > MINUTES || from == until)
    {
        return wrong("hours", "Hours are two different times between 00:00 and 24:00.");
    }
    Ok(())
}

fn effect(definition: &Definition) -> Result<(), Refusal> {
    let is_event = matches!(definition.trigger, Trigger::Event(_));
    let points = |points: i64| between("effect.points", points, 1, POINTS_MAX);
    let of_amount = match &definition.effect {
        Effect::PerAmount { millipoints } => {
            between("effect.millipoints", *millipoints, 1, POINTS_MAX)?;
            true
        }
        Effect::Multiplier { factor_bp } => {
            between("effect.factorBp", *factor_bp, 10_001, FACTOR_MAX)?;
            true
        }
        Effect::Fixed { points: fixed } => {
            points(*fixed)?;
            false
        }
        Effect::PerLine { points: each, .. } => {
            points(*each)?;
            true
        }
        Effect::Threshold { minimum_minor, points: reached, .. } => {
            between("effect.minimum", *minimum_minor, 1, BUDGET_MAX)?;
            points(*reached)?;
            true
        }
        Effect::EveryNth { every, points: due } => {
            between("effect.every", *every, 2, 10_000)?;
            points(*due)?;
            false
        }
        Effect::Stamps { card, points: full, each_piece } => {
            between("effect.card", *card, 1, 10_000)?;
            points(*full)?;
            *each_piece
        }
        Effect::Cashback { share_bp } => {
            between("effect.shareBp", *share_bp, 1, 10_000)?;
            true
        }
        Effect::Dates { pending_days, expiry_months } => {
            between("effect.pendingDays", pending_days.unwrap_or(0).into(), 0, DAYS_MAX.into())?;
            between(
                "effect.expiryMonths",
                expiry_months.unwrap_or(1).into(),
                1,
                MONTHS_MAX.into(),
            )?;
            if pending_days.is_none() && expiry_months.is_none() {
                let message = "Say how many days points wait, or how many months they live.";
                return Err(Refusal::new(Code::EffectInvalid).because(message).at("effect"));
            }
            let counts = !definition.limits.is_empty() || definition.budget.is_some();
            if counts || !definition.funding.is_empty() {
                let message = "Dates give nothing: leave out limits, budget and funding.";
                return Err(Refusal::new(Code::EffectInvalid).because(message).at("effect"));
            }
            true
        }
    };
    if is_event && of_amount {
        let message =
            "An event has no amount: it gives a fixed number, each so many times, or stamps.";
        return Err(Refusal::new(Code::EffectInvalid).because(message).at("effect"));
    }
    Ok(())
}

fn limits(limits: &[Limit]) -> Result<(), Refusal> {
    let mut periods = BTreeSet::new();
    for (place, limit) in limits.iter().enumerate() {
        let at = format!("limits.{place}");
        if !periods.insert(limit.period) {
            let message = "Each period is limited once.";
            return Err(Refusal::new(Code::LimitInvalid).because(message).at(&at));
        }
        if limit.count.is_none() && limit.points.is_none() {
            let message = "A limit says how many times, or how many points.";
            return Err(Refusal::new(Code::LimitInvalid).because(message).at(&at));
        }
        between(&format!("{at}.count"), limit.count.unwrap_or(1), 1, POINTS_MAX)?;
        between(&format!("{at}.points"), limit.points.unwrap_or(1), 1, BUDGET_MAX)?;
    }
    Ok(())
}

fn budget(budget: &Budget) -> Result<(), Refusal> {
    between("budget.points", budget.points.unwrap_or(0), 0, BUDGET_MAX)?;
    between("budget.cost", budget.cost_minor.unwrap_or(0), 0, BUDGET_MAX)
}

/// A split names each funder once and sums to the whole; partners have a contract to pay by.
fn funding(funders: &[Funder], directory: &Directory, at: DateTime<Utc>) -> Result<(), Refusal> {
    if funders.is_empty() {
        return Ok(());
    }
    let wrong = |field: &str, message: String| {
        Err(Refusal::new(Code::FundingInvalid).because(message).at(field))
    };
    let mut named = BTreeSet::new();
    for (place, funder) in funders.iter().enumerate() {
        let field = format!("funding.{place}");
        if !named.insert(funder.partner) {
            return wrong(&field, "Each funder is named once.".to_owned());
        }
        between(&format!("{field}.shareBp"), funder.share_bp.into(), 1, 10_000)?;
        between(&format!("{field}.price"), funder.price_micros, 0, PRICE_MICROS_MAX)?;
        let Some(partner) = funder.partner else { continue };
        let of_partner = format!("{field}.partnerId");
        let found = directory.partner(partner);
        found.ok_or_else(|| Refusal::new(Code::PartnerNotFound).at(&of_partner))?;
        if directory.contract_at(partner, at).is_err() {
            return wrong(&of_partner, "The partner has no contract to pay by.".to_owned());
        }
        if funder.price_micros != 0 {
            let message = "Partners pay by their contracts: leave the price out.".to_owned();
            return wrong(&format!("{field}.price"), message);
        }
    }
    let sum: i64 = funders.iter().map(|funder| i64::from(funder.share_bp)).sum();
    if sum != 10_000 {
        return wrong("funding", format!("The shares sum to {sum}; they must sum to 10,000."));
    }
    Ok(())
}

fn between(field: &str, value: i64, min: i64, max: i64) -> Result<(), Refusal> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    let message = format!("It must be between {min} and {max}, not {value}.");
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at(field))
}

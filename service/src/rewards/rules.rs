//! What a reward must be to be saved, what becomes of it, and whether somebody can afford it. Pure; what is
//! refused names the field and says what would be right.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::rewards::definition::{
    Benefit, ClaimLimit, Cost, Definition, Delivery, Price, Supply, Wording,
};
use entity::rewards::reward::{RewardKind, RewardStatus};
use hyper::Uri;

use super::language;
use crate::earning::eligibility::Eligibility;
use crate::refusal::{Code, Refusal};
use crate::text;

const LANGUAGES_MAX: usize = 50;
const PICTURES_MAX: usize = 10;
const PRICES_MAX: usize = 10;
/// The most tiers that pay another price by one option.
const TIER_PRICES_MAX: usize = 20;
const URL_MAX: usize = 2000;
const TEXT_MAX: usize = 5000;
/// The most that a reward costs, and that there are of it.
const POINTS_MAX: i64 = 1_000_000_000;
/// The most of an amount, in minor units.
const AMOUNT_MAX: i64 = 10_000_000_000_000;

/// What a reward says as it is saved, if it is one.
pub(super) fn checked(kind: RewardKind, mut definition: Definition) -> Result<Definition, Refusal> {
    wordings(&mut definition)?;
    pictures(&definition.pictures)?;
    if let Some(category) = &definition.category {
        text::code(category).map_err(|refusal| refusal.at("category"))?;
    }
    benefit(kind, definition.benefit)?;
    prices(&definition.prices)?;
    for (field, bound) in
        [("stock.total", definition.stock.total), ("stock.perDay", definition.stock.per_day)]
    {
        between(field, bound.unwrap_or(0), 0)?;
    }
    delivery(definition.delivery)?;
    supply(definition.supply)?;
    limits(&definition.limits)?;
    if let (Some(from), Some(until)) = (definition.from, definition.until)
        && until <= from
    {
        let message = "A reward's time ends after it begins.";
        return Err(Refusal::new(Code::ScheduleInvalid).because(message).at("closesAt"));
    }
    if let Some(condition) = &definition.condition {
        Eligibility::compile(condition).map_err(|refusal| refusal.at("condition"))?;
    }
    Ok(definition)
}

fn wordings(definition: &mut Definition) -> Result<(), Refusal> {
    let tag = |tag: &str, at: &str| {
        language::canonical(tag).ok_or_else(|| Refusal::new(Code::LanguageInvalid).at(at))
    };
    definition.default_language = tag(&definition.default_language, "defaultLanguage")?;
    if definition.wordings.len() > LANGUAGES_MAX {
        let message = format!("A reward is told in at most {LANGUAGES_MAX} languages.");
        return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("wordings"));
    }
    let mut known = BTreeSet::new();
    for (place, own) in definition.wordings.iter_mut().enumerate() {
        let at = |field: &str| format!("wordings.{place}.{field}");
        own.language = tag(&own.language, &at("language"))?;
        if !known.insert(own.language.clone()) {
            let message = format!("The reward is told in {} twice.", own.language);
            let refusal = Refusal::new(Code::LanguageInvalid).because(message);
            return Err(refusal.at(&at("language")));
        }
        own.title = text::name(&own.title).map_err(|refusal| refusal.at(&at("title")))?;
        own.text = lines(own.text.as_deref(), &at("text"))?;
        own.terms = lines(own.terms.as_deref(), &at("terms"))?;
    }
    if known.contains(&definition.default_language) {
        return Ok(());
    }
    let message = format!("The reward isn't told in {}.", definition.default_language);
    Err(Refusal::new(Code::LanguageInvalid).because(message).at("defaultLanguage"))
}

fn lines(text: Option<&str>, at: &str) -> Result<Option<String>, Refusal> {
    text::clean_lines(text, TEXT_MAX, Code::TextInvalid).map_err(|refusal| refusal.at(at))
}

fn pictures(urls: &[String]) -> Result<(), Refusal> {
    let wrong = |at: &str| Refusal::new(Code::PictureInvalid).at(at);
    if urls.len() > PICTURES_MAX {
        return Err(wrong("pictures"));
    }
    match urls.iter().position(|url| !is_picture(url)) {
        None => Ok(()),
        Some(place) => Err(wrong(&format!("pictures.{place}"))),
    }
}

/// Whether an app may show what lies there: fetched in the open, or in somebody's name, it mustn't be.
fn is_picture(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.authority().filter(|own| !own.as_str().contains('@') && !own.host().is_empty());
    url.len() <= URL_MAX && uri.scheme_str() == Some("https") && host.is_some()
}

fn benefit(kind: RewardKind, own: Benefit) -> Result<(), Refusal> {
    let (has_share, has_amount) = match kind {
        RewardKind::PercentOff => (true, false),
        RewardKind::AmountOff | RewardKind::GiftCard => (false, true),
        _ => (false, false),
    };
    let wrong = |field: &str| Err(Refusal::new(Code::BenefitInvalid).at(field));
    if own.share_bp.is_some() != has_share {
        return wrong("benefit.shareBp");
    }
    if own.amount_minor.is_some() != has_amount {
        return wrong("benefit.amount");
    }
    if !(1..=10_000).contains(&own.share_bp.unwrap_or(1)) {
        let message = "A share is from 1 to 10000 basis points.";
        return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("benefit.shareBp"));
    }
    if !(1..=AMOUNT_MAX).contains(&own.amount_minor.unwrap_or(1)) {
        return Err(Refusal::new(Code::AmountInvalid).at("benefit.amount"));
    }
    Ok(())
}

fn prices(prices: &[Price]) -> Result<(), Refusal> {
    let wrong =
        |message: &str, at: &str| Err(Refusal::new(Code::PriceInvalid).because(message).at(at));
    if prices.is_empty() || prices.len() > PRICES_MAX {
        return Err(Refusal::new(Code::PriceInvalid).at("prices"));
    }
    let mut codes = BTreeSet::new();
    for (place, price) in prices.iter().enumerate() {
        let at = format!("prices.{place}");
        text::code(&price.code).map_err(|refusal| refusal.at(&format!("{at}.code")))?;
        if !codes.insert(&price.code) {
            return wrong("Each option has a code of its own.", &format!("{at}.code"));
        }
        cost(price.cost, &at)?;
        if price.tiers.len() > TIER_PRICES_MAX {
            let message = "An option has other prices for at most 20 tiers.";
            return wrong(message, &format!("{at}.tiers"));
        }
        let mut tiers = BTreeSet::new();
        for (own, tier) in price.tiers.iter().enumerate() {
            let at = format!("{at}.tiers.{own}");
            cost(tier.cost, &at)?;
            if !tiers.insert((tier.tier_set, &tier.tier)) {
                return wrong("Each tier pays one price by an option.", &at);
            }
        }
    }
    Ok(())
}

fn cost(cost: Cost, at: &str) -> Result<(), Refusal> {
    if !(1..=POINTS_MAX).contains(&cost.points) {
        let message = format!("A price is from 1 to {POINTS_MAX} points.");
        let refusal = Refusal::new(Code::PriceInvalid).because(message);
        return Err(refusal.at(&format!("{at}.points")));
    }
    if !(0..=AMOUNT_MAX).contains(&cost.money_minor) {
        return Err(Refusal::new(Code::AmountInvalid).at(&format!("{at}.money")));
    }
    Ok(())
}

fn delivery(own: Delivery) -> Result<(), Refusal> {
    let Delivery { uses, valid_days, cancel_hours, pool } = own;
    if pool.is_some() && cancel_hours.is_some() {
        let message = "A pool's code can't be had back from who has seen it.";
        let refusal = Refusal::new(Code::CodePoolUnfit).because(message);
        return Err(refusal.at("delivery.cancelHours"));
    }
    for (field, value, bounds) in [
        ("delivery.uses", Some(uses), 1..=1000),
        ("delivery.validDays", valid_days, 0..=3650),
        ("delivery.cancelHours", cancel_hours, 1..=8784),
    ] {
        if value.is_some_and(|value| !bounds.contains(&value)) {
            let message = format!("It must be from {} to {}.", bounds.start(), bounds.end());
            return Err(Refusal::new(Code::ValueOutOfRange).because(message).at(field));
        }
    }
    Ok(())
}

fn supply(own: Option<Supply>) -> Result<(), Refusal> {
    match own {
        Some(own) if !(1..=AMOUNT_MAX).contains(&own.cost_minor) => {
            Err(Refusal::new(Code::AmountInvalid).at("supply.cost"))
        }
        _ => Ok(()),
    }
}

fn limits(limits: &[ClaimLimit]) -> Result<(), Refusal> {
    let mut periods = BTreeSet::new();
    for (place, limit) in limits.iter().enumerate() {
        if !periods.insert(limit.period) {
            let message = "Each period is limited once.";
            let refusal = Refusal::new(Code::LimitInvalid).because(message);
            return Err(refusal.at(&format!("limits.{place}")));
        }
        between(&format!("limits.{place}.count"), limit.count, 1)?;
    }
    Ok(())
}

fn between(field: &str, value: i64, least: i64) -> Result<(), Refusal> {
    if (least..=POINTS_MAX).contains(&value) {
        return Ok(());
    }
    let message = format!("It must be from {least} to {POINTS_MAX}.");
    Err(Refusal::new(Code::ValueOutOfRange).because(message).at(field))
}

/// Whether a reward may become that.
pub(super) fn may_become(before: RewardStatus, wished: RewardStatus) -> Result<(), Refusal> {
    let because =
        |message: &str| Err(Refusal::new(Code::StatusInvalid).because(message).at("status"));
    match (before, wished) {
        (RewardStatus::Ended, RewardStatus::Ended) => Ok(()),
        (RewardStatus::Ended, _) => Err(Refusal::new(Code::RewardEnded).at("rewardId")),
        (RewardStatus::Draft, RewardStatus::Paused) => because("A draft can be launched or ended."),
        (RewardStatus::Live | RewardStatus::Paused, RewardStatus::Draft) => {
            because("What was launched can be paused or ended; it is no draft any more.")
        }
        _ => Ok(()),
    }
}

/// What somebody reads who speaks these languages, the best liked first: one that is told, or is told for
/// another region; else the default.
pub fn wording<'a>(
    definition: &'a Definition,
    languages: impl Iterator<Item = &'a str>,
) -> Option<&'a Wording> {
    let told = |language: &str| definition.wordings.iter().find(|own| own.language == language);
    let primary = |language: &str| language.split('-').next().unwrap_or_default().to_owned();
    let alike = |language: &str| {
        let spoken = primary(language);
        definition.wordings.iter().find(|own| primary(&own.language) == spoken)
    };
    let mut languages = languages.filter_map(language::canonical);
    let best = languages.find_map(|language| told(&language).or_else(|| alike(&language)));
    best.or_else(|| told(&definition.default_language))
}

/// What a list finds a reward by: all that is said of it, in small letters.
pub(super) fn words(wordings: &[Wording]) -> String {
    let said = |own: &Wording| {
        let parts = [Some(own.title.as_str()), own.text.as_deref(), own.terms.as_deref()];
        parts.into_iter().flatten().map(str::to_lowercase).collect::<Vec<_>>().join("\n")
    };
    wordings.iter().map(said).collect::<Vec<_>>().join("\n")
}

/// What a member pays by an option: the least of what everybody and its tiers pay.
pub(super) fn cost_for(
    price: &Price,
    is_in: impl Fn(&(entity::ids::TierSetId, &str)) -> bool,
) -> Cost {
    let own = price.tiers.iter().filter(|own| is_in(&(own.tier_set, &own.tier)));
    own.map(|own| own.cost).chain([price.cost]).min().unwrap_or(price.cost)
}

/// Whether somebody can afford so many points, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Affordability {
    /// Whether there are as many to spend now.
    pub can_afford: bool,
    /// How many are missing.
    pub missing_points: i64,
    /// When there will be as many by what the wallet waits for; now if there are, never if there won't be.
    pub when: Option<DateTime<Utc>>,
}

/// What a wallet holds that can be spent, now or later.
pub(super) struct Purse {
    pub(super) available: i64,
    /// What it owes: pending points fill that first.
    pub(super) debt: i64,
    /// How many points become available when, in order.
    pub(super) pending: Vec<(DateTime<Utc>, i64)>,
}

impl Purse {
    /// Whether it has so many points.
    pub(super) fn affords(&self, points: i64, now: DateTime<Utc>) -> Affordability {
        let missing_points = (points - self.available).max(0);
        if missing_points == 0 {
            return Affordability { can_afford: true, missing_points, when: Some(now) };
        }
        let mut to_come = missing_points.saturating_add(self.debt);
        let mut when = None;
        for (at, pending) in &self.pending {
            to_come = to_come.saturating_sub(*pending);
            if to_come <= 0 {
                when = Some(*at);
                break;
            }
        }
        Affordability { can_afford: false, missing_points, when }
    }
}

//! Whether a reward can be claimed now, and at which price. Pure.

use chrono::{DateTime, Utc};
use entity::rewards::definition::{Cost, Definition, Price};
use entity::rewards::reward::{self, RewardStatus};

use crate::earning::decide::By;
use crate::refusal::{Code, Refusal};

/// Whether members get it now.
pub(super) fn is_there(row: &reward::Model, now: DateTime<Utc>) -> Result<(), Refusal> {
    let because = |message: &str| Err(Refusal::new(Code::RewardNotAvailable).because(message));
    match row.status {
        RewardStatus::Draft => return Err(Refusal::new(Code::RewardNotFound)),
        RewardStatus::Paused => return because("The reward is paused."),
        RewardStatus::Ended => return because("The reward has ended."),
        RewardStatus::Live => {}
    }
    if row.opens_at.is_some_and(|at| now < at) {
        return because("The reward isn't there yet.");
    }
    if row.closes_at.is_some_and(|at| now >= at) {
        return because("The reward's time is over.");
    }
    Ok(())
}

/// Whether something else about the member decides on it.
pub(super) fn needs_judging(definition: &Definition) -> bool {
    let has_tiers = |price: &Price| !price.tiers.is_empty();
    definition.condition.is_some() || definition.prices.iter().any(has_tiers)
}

/// The option with this code, or the only one.
pub(super) fn chosen(
    mut prices: Vec<(String, Cost)>,
    code: Option<&str>,
) -> Result<(String, Cost), Refusal> {
    let codes: Vec<String> = prices.iter().map(|(code, _)| code.clone()).collect();
    let place = match code {
        Some(code) => prices.iter().position(|(own, _)| own == code),
        None => (prices.len() == 1).then_some(0),
    };
    let refusal = || {
        let message = format!("Its options are {}.", codes.join(", "));
        Refusal::new(Code::PriceOptionNotFound).because(message).at("priceCode")
    };
    place.map(|place| prices.swap_remove(place)).ok_or_else(refusal)
}

/// Says what it costs now.
pub(super) fn price_changed(by: By<'_>, cost: Cost) -> Refusal {
    let money = match cost.money_minor {
        0 => String::new(),
        minor => {
            let currency = by.programme.programme.currency;
            format!(" and {}", entity::amount::Money { minor, currency })
        }
    };
    let points = if cost.points == 1 { "point" } else { "points" };
    let message = format!("It costs {} {points}{money} now.", cost.points);
    Refusal::new(Code::PriceChanged).because(message).at("expectedPrice")
}

//! What rules look at: a basket, a member, an event.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use entity::earning::definition::Period;
use entity::ids::{PartnerId, StoreId};
use entity::purchases::purchase::{Channel, EarningTerms, Line};
use serde::{Deserialize, Serialize};

/// A receipt, or what is left of one.
#[derive(Clone, Copy, Debug)]
pub struct Basket<'a> {
    /// Where it was sold.
    pub partner: PartnerId,
    /// The partner's code.
    pub partner_code: &'a str,
    /// In which store.
    pub store: Option<StoreId>,
    /// The store's code.
    pub store_code: &'a str,
    /// By which way.
    pub channel: Channel,
    /// When, in the programme's time zone.
    pub at: DateTime<Tz>,
    /// The lines; what is gone of them has neither quantity nor amount.
    pub lines: &'a [Line],
    /// How it earns without rules.
    pub terms: &'a EarningTerms,
}

/// What a member did besides buying.
#[derive(Clone, Copy, Debug)]
pub struct Happening<'a> {
    /// Which kind.
    pub kind: &'a str,
    /// Who reported it.
    pub partner: Option<PartnerId>,
    /// The reporter's code.
    pub partner_code: &'a str,
    /// When, in the programme's time zone.
    pub at: DateTime<Tz>,
    /// As its type declares them.
    pub attributes: &'a serde_json::Map<String, serde_json::Value>,
}

/// Sums over the calendar's periods in which a sale falls, and over the days up to it, without the sale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Windows {
    /// Of its day.
    pub day: i64,
    /// Of its week, from Monday on.
    pub week: i64,
    /// Of its month.
    pub month: i64,
    /// Of its year.
    pub year: i64,
    /// Of all time.
    pub ever: i64,
    /// Of seven days, its own the last of them.
    pub days_7: i64,
    /// Of thirty.
    pub days_30: i64,
    /// Of ninety.
    pub days_90: i64,
    /// Of 365.
    pub days_365: i64,
}

/// What rules know of a member when they are asked. Kept with the purchase where they made a difference,
/// so that a return is decided by the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemberFacts {
    /// Its tiers by the code of their set.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tiers: BTreeMap<String, String>,
    /// What the best of its tiers multiplies base points by; 10,000 is once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multiplier_bp: Option<i64>,
    /// The segments that it is in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// Month and day of its birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<(u32, u32)>,
    /// What the programme keeps of it by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// When it was enrolled.
    pub enrolled_at: DateTime<Utc>,
    /// Its purchases so far, its household's among them.
    pub purchases: Windows,
    /// What it has paid so far, in minor units.
    pub spend: Windows,
}

/// The period that a day falls into, as counters name it.
pub fn period_of(period: Period, day: NaiveDate) -> String {
    match period {
        Period::Day => day.to_string(),
        Period::Week => {
            let week = day.iso_week();
            format!("{}-W{:02}", week.year(), week.week())
        }
        Period::Month => format!("{}-{:02}", day.year(), day.month()),
        Period::Year => day.year().to_string(),
        Period::Ever => String::new(),
    }
}

impl Windows {
    /// Adds what a day had, as seen from a sale on `at`.
    pub fn add(&mut self, day: NaiveDate, at: NaiveDate, amount: i64) {
        let is_year = day.year() == at.year();
        let ago = at.signed_duration_since(day).num_days();
        let last = |days: i64| (0..days).contains(&ago);
        let windows = [
            (day == at, &mut self.day),
            (day.iso_week() == at.iso_week(), &mut self.week),
            (is_year && day.month() == at.month(), &mut self.month),
            (is_year, &mut self.year),
            (true, &mut self.ever),
            (last(7), &mut self.days_7),
            (last(30), &mut self.days_30),
            (last(90), &mut self.days_90),
            (last(365), &mut self.days_365),
        ];
        for (is_in, sum) in windows {
            if is_in {
                *sum = sum.saturating_add(amount);
            }
        }
    }
}

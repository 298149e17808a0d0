//! Facts as the evaluator takes them, named and typed as [`super::types`] says.

use std::collections::HashMap;

use cel::Value;
use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;
use entity::purchases::purchase::Line;

use crate::earning::facts::{Basket, Happening, MemberFacts, Windows};

type Parts = HashMap<&'static str, Value>;

/// `purchase`.
pub(in crate::earning) fn purchase(basket: &Basket<'_>, lines: &[Value]) -> Value {
    let mut parts = calendar(basket.at);
    let total: i64 = basket.lines.iter().map(|line| line.amount_minor).sum();
    parts.insert("partner", basket.partner_code.into());
    parts.insert("store", basket.store_code.into());
    parts.insert("channel", basket.channel.name().into());
    parts.insert("total", total.into());
    parts.insert("lines", lines.to_vec().into());
    parts.into()
}

/// `line`.
pub(in crate::earning) fn line(line: &Line) -> Value {
    let text = |text: &Option<String>| Value::from(text.as_deref().unwrap_or_default());
    Parts::from([
        ("sku", line.sku.as_str().into()),
        ("category", text(&line.category)),
        ("brand", text(&line.brand)),
        ("quantity", line.quantity.into()),
        ("amount", line.amount_minor.into()),
        ("discount", line.discount_minor.into()),
    ])
    .into()
}

/// `member`, as seen on `at`.
pub(in crate::earning) fn member(facts: &MemberFacts, at: DateTime<Tz>) -> Value {
    let texts = |texts: Vec<String>| Value::from(texts);
    let (month, day) = facts.birthday.unwrap_or((0, 0));
    let enrolled = facts.enrolled_at.with_timezone(&at.timezone());
    let days = at.date_naive().signed_duration_since(enrolled.date_naive()).num_days();
    let tiers: Vec<String> = facts.tiers.values().cloned().collect();
    Parts::from([
        ("tier", tiers.first().cloned().unwrap_or_default().into()),
        ("tiers", texts(tiers)),
        ("segments", texts(facts.segments.clone())),
        ("is_birthday", ((at.month(), at.day()) == (month, day)).into()),
        ("birthday_month", i64::from(month).into()),
        ("enrolled_at", Value::Timestamp(enrolled.fixed_offset())),
        ("days_enrolled", days.into()),
        ("first_purchase", (facts.purchases.ever == 0).into()),
        ("purchases", windows(&facts.purchases)),
        ("spend", windows(&facts.spend)),
        ("attributes", facts.attributes.clone().into_iter().collect::<HashMap<_, _>>().into()),
    ])
    .into()
}

/// `event`.
pub(in crate::earning) fn event(event: &Happening<'_>) -> Value {
    let attribute = |value: &serde_json::Value| match value {
        serde_json::Value::Bool(flag) => Some(Value::from(*flag)),
        serde_json::Value::String(text) => Some(Value::from(text.as_str())),
        number => number.as_i64().map(Value::from),
    };
    let attributes: HashMap<String, Value> = event
        .attributes
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), attribute(value)?)))
        .collect();
    let mut parts = calendar(event.at);
    parts.insert("type", event.kind.into());
    parts.insert("partner", event.partner_code.into());
    parts.insert("attributes", attributes.into());
    parts.into()
}

fn windows(sums: &Windows) -> Value {
    Parts::from([
        ("day", sums.day.into()),
        ("week", sums.week.into()),
        ("month", sums.month.into()),
        ("year", sums.year.into()),
        ("ever", sums.ever.into()),
        ("days_7", sums.days_7.into()),
        ("days_30", sums.days_30.into()),
        ("days_90", sums.days_90.into()),
        ("days_365", sums.days_365.into()),
    ])
    .into()
}

fn calendar(at: DateTime<Tz>) -> Parts {
    let number = |number: u32| Value::from(i64::from(number));
    Parts::from([
        ("occurred_at", Value::Timestamp(at.fixed_offset())),
        ("date", at.date_naive().to_string().into()),
        ("year", i64::from(at.year()).into()),
        ("month", number(at.month())),
        ("day", number(at.day())),
        ("weekday", number(at.weekday().number_from_monday())),
        ("hour", number(at.hour())),
        ("minute", number(at.minute())),
    ])
}

//! The facts that a condition may ask for, with their types. This is the reference of what operators
//! write; the schema's description of `condition` says the same in words.
//!
//! Texts that a receipt doesn't name are empty. Amounts are minor units of the settlement currency.
//! Moments are also given as the programme's own calendar: `date`, `hour`, `weekday` (1 is Monday).

use std::sync::Arc;

/// What an expression can be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    /// Yes or no.
    Flag,
    /// A whole number.
    Number,
    /// A text.
    Text,
    /// A point in time.
    Moment,
    /// Texts by name, some of which may be missing.
    Texts,
    /// Things of one type.
    List(Box<Type>),
    /// A fact with named parts.
    Record(Arc<Vec<(String, Type)>>),
    /// The element of an empty list.
    Any,
}

impl Type {
    /// What people call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Flag => "yes or no",
            Self::Number => "a whole number",
            Self::Text => "a text",
            Self::Moment => "a moment",
            Self::Texts => "texts by name",
            Self::List(_) => "a list",
            Self::Record(_) => "a fact with parts",
            Self::Any => "anything",
        }
    }
}

/// The variables of an expression.
#[derive(Clone, Debug)]
pub(crate) struct Scope(Vec<(String, Type)>);

impl Scope {
    /// Of a condition on a sale: `purchase` and `member`.
    pub(crate) fn of_sale() -> Self {
        Self(vec![named("purchase", purchase()), named("member", member())])
    }

    /// Of a condition on an event: `event`, with attributes as its type declares them, and `member`.
    pub(crate) fn of_event(attributes: Vec<(String, Type)>) -> Self {
        let mut event = calendar();
        event.push(named("type", Type::Text));
        event.push(named("partner", Type::Text));
        event.push(named("attributes", record(attributes)));
        Self(vec![named("event", record(event)), named("member", member())])
    }

    /// Of a filter over the lines of a receipt: `line`, besides what a sale has.
    pub(crate) fn of_line() -> Self {
        let Self(mut variables) = Self::of_sale();
        variables.push(named("line", line()));
        Self(variables)
    }

    /// Of an audience: `member` alone.
    pub(crate) fn of_member() -> Self {
        Self(vec![named("member", member())])
    }

    pub(super) fn get(&self, name: &str) -> Option<&Type> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, kind)| kind)
    }

    pub(super) fn names(&self) -> String {
        self.0.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn named(name: &str, kind: Type) -> (String, Type) {
    (name.to_owned(), kind)
}

fn record(parts: Vec<(String, Type)>) -> Type {
    Type::Record(Arc::new(parts))
}

fn numbers(names: &[&str]) -> Vec<(String, Type)> {
    names.iter().map(|name| named(name, Type::Number)).collect()
}

fn texts(names: &[&str]) -> Vec<(String, Type)> {
    names.iter().map(|name| named(name, Type::Text)).collect()
}

/// A moment in the programme's time zone.
fn calendar() -> Vec<(String, Type)> {
    let mut parts = vec![named("occurred_at", Type::Moment), named("date", Type::Text)];
    parts.extend(numbers(&["year", "month", "day", "weekday", "hour", "minute"]));
    parts
}

fn line() -> Type {
    let mut parts = texts(&["sku", "category", "brand"]);
    parts.extend(numbers(&["quantity", "amount", "discount"]));
    record(parts)
}

fn purchase() -> Type {
    let mut parts = calendar();
    parts.extend(texts(&["partner", "store", "channel"]));
    parts.push(named("total", Type::Number));
    parts.push(named("lines", Type::List(Box::new(line()))));
    record(parts)
}

/// Sums over the calendar's periods that the sale falls into, and over so many days up to its own, without
/// the sale itself.
fn windows() -> Type {
    let calendar = ["day", "week", "month", "year", "ever"];
    let rolling = ["days_7", "days_30", "days_90", "days_365"];
    record(numbers(&[&calendar[..], &rolling[..]].concat()))
}

fn member() -> Type {
    record(vec![
        named("tier", Type::Text),
        named("tiers", Type::List(Box::new(Type::Text))),
        named("segments", Type::List(Box::new(Type::Text))),
        named("is_birthday", Type::Flag),
        named("birthday_month", Type::Number),
        named("enrolled_at", Type::Moment),
        named("days_enrolled", Type::Number),
        named("first_purchase", Type::Flag),
        named("purchases", windows()),
        named("spend", windows()),
        named("attributes", Type::Texts),
    ])
}

//! Earning rules, told through the schema: what an operator writes is what a till gives.

mod budgets;
mod campaigns;
mod conditions;
mod effects;
mod events;
mod limits;
mod oracle;
mod returns;
mod simulation;
mod trial;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::support::{Caller, World};

/// What an award shows.
pub(super) const AWARDS: &str =
    "points purchase { id entries { id reason { summary earning { points basePoints exact
     awards { ruleCode version campaignVersion lines exact wanted points stamps
        cashback { amount } caps { kind cut } funding { partnerId shareBp } } } } } }";

/// A receipt of these lines: SKU, category, quantity, amount.
pub(super) fn sale(
    number: &str,
    card: &str,
    lines: &[(&str, &str, i64, i64)],
    at: DateTime<Utc>,
) -> Value {
    let money = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
    let total: i64 = lines.iter().map(|(.., minor)| minor).sum();
    let lines = lines.iter().map(|(sku, category, quantity, minor)| {
        json!({ "sku": sku, "category": category, "quantity": quantity, "amount": money(*minor) })
    });
    json!({ "receiptNumber": number, "member": { "cardNumber": card }, "occurredAt": at,
        "total": { "amount": money(total), "currencyCode": "EUR" },
        "lines": lines.collect::<Vec<_>>() })
}

/// Drafts a rule; its terms are an effect and whatever else.
pub(super) async fn drafts(operator: &Caller, code: &str, effect: Value, more: Value) -> Value {
    let input = json!({ "code": code, "terms": terms(code, effect, more) });
    operator.does("draftEarningRule", "rule { id version status }", input).await["rule"].clone()
}

/// Drafts and launches a rule; says its id.
pub(crate) async fn rules(operator: &Caller, code: &str, effect: Value, more: Value) -> String {
    let drafted = drafts(operator, code, effect, more).await;
    launches(operator, &drafted).await
}

pub(super) async fn launches(operator: &Caller, rule: &Value) -> String {
    let launch = json!({ "ruleId": rule["id"], "expectedVersion": rule["version"],
        "status": "LIVE" });
    let live = operator.does("setEarningRuleStatus", "rule { id status }", launch).await;
    assert_eq!(live["rule"]["status"], "LIVE");
    live["rule"]["id"].as_str().unwrap().to_owned()
}

pub(super) fn terms(name: &str, effect: Value, more: Value) -> Value {
    let mut terms = json!({ "name": name, "effect": effect });
    if let Some(more) = more.as_object() {
        terms.as_object_mut().unwrap().extend(more.clone());
    }
    terms
}

/// What a sale earns.
pub(super) async fn earns(till: &Caller, sale: Value) -> i64 {
    till.does("recordPurchase", "points", sale).await["points"].as_i64().unwrap()
}

/// The awards of a sale's entry.
pub(super) fn awards(recorded: &Value) -> &Value {
    &recorded["purchase"]["entries"][0]["reason"]["earning"]["awards"]
}

/// A world with a partner and a member with a card, and nothing else.
pub(super) async fn world() -> (World, Caller, Caller) {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    (world, grocer, ana)
}

//! What is unpaid, by age.

use serde_json::{Value, json};

use super::Bank;
use crate::support::Caller;

/// By partner and direction: not due, overdue to 30 days, to 60, to 90, for longer, and all.
async fn ageing(caller: &Caller) -> Vec<Value> {
    let asked = "{ settlementAgeing { nodes { partner { code } direction notDue { amount }
        days1To30 { amount } days31To60 { amount } days61To90 { amount } over90Days { amount }
        total { amount } } } }";
    let mut all = caller.asks(asked).await["settlementAgeing"]["nodes"].as_array().unwrap().clone();
    all.sort_by_key(|one| one["partner"]["code"].to_string());
    let fields = ["notDue", "days1To30", "days31To60", "days61To90", "over90Days", "total"];
    let row = |one: &Value| {
        let sums = fields.map(|field| one[field]["amount"].clone());
        json!([one["partner"]["code"], one["direction"], sums])
    };
    all.iter().map(row).collect()
}

#[tokio::test]
async fn what_is_unpaid_grows_older_until_it_is_paid() {
    let bank = Bank::new().await;
    let grocer = |place: usize, amount: &str| {
        let mut sums = ["0.00"; 6];
        (sums[place], sums[5]) = (amount, amount);
        json!(["grocer", "COLLECT", sums])
    };
    // Due on 20 April; today is the 6th.
    for (days, place) in [(14, 0), (1, 1), (29, 1), (1, 2), (29, 2), (1, 3), (29, 3), (1, 4)] {
        bank.world.days_pass(days).await;
        assert_eq!(ageing(&bank.grocer).await, [grocer(place, "121.20")]);
    }
    let mut fuel = grocer(4, "54.00");
    (fuel[0], fuel[1]) = (json!("fuel"), json!("PAY"));
    let both = [fuel.clone(), grocer(4, "121.20")];
    assert_eq!(ageing(&bank.world.operator).await, both);
    assert_eq!(ageing(&bank.fuel).await, [fuel]);
    for (amount, left) in [("100.00", vec![grocer(4, "21.20")]), ("21.20", vec![])] {
        let wish = json!({ "reference": bank.collect, "paidOn": "2026-07-01",
            "amount": { "amount": amount, "currencyCode": "EUR" }, "idempotencyKey": amount });
        bank.world.operator.does("recordSettlementPayment", "isReplayed", wish).await;
        assert_eq!(ageing(&bank.grocer).await, left);
    }
    bank.world.closes().await;
}

//! Operators correct a partner's account.

use serde_json::{Value, json};

use super::Bank;
use crate::settlement::cycles::{is_approved, statements};

const FIELDS: &str = "isReplayed proposal { id kind status values { field value } }";
const ADJUST: &str = "adjustSettlement";

impl Bank {
    fn wish(&self, amount: &str, key: &str) -> Value {
        json!({ "partnerId": self.grocer.id, "reason": "A price was wrong",
            "amount": { "amount": amount, "currencyCode": "EUR" }, "refersToCycleId": self.march,
            "refersToLine": "ISSUE", "idempotencyKey": key })
    }
}

#[tokio::test]
async fn what_two_operators_agree_on_is_corrected_on_the_next_statement() {
    let bank = Bank::new().await;
    let operator = &bank.world.operator;
    let made = operator.does(ADJUST, FIELDS, bank.wish("-20.00", "1")).await;
    let proposal = &made["proposal"];
    assert_eq!(
        (&proposal["kind"], &proposal["status"]),
        (&json!("ADJUST_SETTLEMENT"), &json!("PROPOSED"))
    );
    let value = |field: &str, value: &str| json!({ "field": field, "value": value });
    let told = proposal["values"].as_array().unwrap();
    for shown in [
        value("amount", "-20.00"),
        value("currencyCode", "EUR"),
        value("partnerId", &bank.grocer.id),
        value("reason", "A price was wrong"),
        value("refersToLine", "ISSUE"),
    ] {
        assert!(told.contains(&shown), "{told:?}");
    }
    let again = operator.does(ADJUST, FIELDS, bank.wish("-20.00", "1")).await;
    assert_eq!((&again["isReplayed"], &again["proposal"]["id"]), (&json!(true), &proposal["id"]));
    let named = json!({ "proposalId": proposal["id"] });
    let own = operator.is_refused("approveProposal", named.clone()).await;
    assert_eq!(own.0, "APPROVER_IS_PROPOSER");
    // Two say yes at once.
    let bea = bank.world.second_operator().await;
    let mut other = bank.world.opens_gateway().await;
    let there = bea.at(&other);
    let (one, two) = tokio::join!(
        bea.tries("approveProposal", "proposal { status }", named.clone()),
        there.tries("approveProposal", "proposal { status }", named),
    );
    assert_eq!((&one["proposal"]["status"], &one), (&json!("APPLIED"), &two));
    let other_one = operator.does(ADJUST, FIELDS, bank.wish("1.00", "2")).await;
    let reject = json!({ "proposalId": other_one["proposal"]["id"] });
    bea.does("rejectProposal", "proposal { status }", reject).await;
    bank.world.days_pass(30).await;
    is_approved(&bank.world, "2026-04").await;
    let both = statements(&bank.grocer).await;
    assert_eq!(both[1]["total"]["amount"], "-20.00");
    let line = "{ settlementStatements(last: 1) { nodes { lines { kind gross { amount }
        corrections { amount { amount } refersTo refersToLine reason } } } } }";
    let line = bank.grocer.asks(line).await["settlementStatements"]["nodes"][0]["lines"].clone();
    let told = json!([{ "amount": { "amount": "-20.00" }, "refersTo": "2026-03",
        "refersToLine": "ISSUE", "reason": "A price was wrong" }]);
    let gross = json!({ "amount": "-20.00" });
    assert_eq!(line, json!([{ "kind": "ADJUSTMENT", "gross": gross, "corrections": told }]));
    other.stops().await;
    bank.world.closes().await;
}

#[tokio::test]
async fn what_can_t_be_corrected_is_refused() {
    let bank = Bank::new().await;
    let with = |field: &str, value: Value| {
        let mut wish = bank.wish("1.00", "k");
        *wish.pointer_mut(field).unwrap() = value;
        wish
    };
    for (wish, code, path) in [
        (with("/amount/amount", json!("0.00")), "AMOUNT_INVALID", "amount.amount"),
        (with("/amount/amount", json!("1000000000.00")), "AMOUNT_INVALID", "amount.amount"),
        (
            with("/amount/currencyCode", json!("USD")),
            "PAYMENT_CURRENCY_MISMATCH",
            "amount.currencyCode",
        ),
        (with("/reason", json!(" ")), "REASON_INVALID", "reason"),
        (
            with("/partnerId", json!("ptn_01h2xcejqtf2nbrexx3vqjhp41")),
            "PARTNER_NOT_FOUND",
            "partnerId",
        ),
        (
            with("/refersToCycleId", json!("cyc_01h2xcejqtf2nbrexx3vqjhp41")),
            "CYCLE_NOT_FOUND",
            "refersToCycleId",
        ),
        (with("/refersToCycleId", Value::Null), "STATEMENT_LINE_NOT_FOUND", "refersToLine"),
        (with("/refersToLine", json!("BURN")), "STATEMENT_LINE_NOT_FOUND", "refersToLine"),
        (with("/refersToLine", json!("ROUNDING")), "STATEMENT_LINE_NOT_FOUND", "refersToLine"),
        (with("/idempotencyKey", json!("")), "IDEMPOTENCY_KEY_INVALID", "idempotencyKey"),
    ] {
        let refused = bank.world.operator.is_refused(ADJUST, wish).await;
        assert_eq!(refused, (code.to_owned(), path.to_owned()));
    }
    let bakery = bank.world.partner("bakery").await;
    let wish = with("/partnerId", json!(bakery.id));
    let refused = bank.world.operator.is_refused(ADJUST, wish).await;
    assert_eq!(refused, ("STATEMENT_NOT_FOUND".to_owned(), "refersToCycleId".to_owned()));
    bank.world.closes().await;
}

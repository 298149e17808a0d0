//! What partners dispute, and what becomes of it.

use serde_json::{Value, json};

use super::cycles::{hub, is_approved, statements};
use crate::reconciliation::reconciles;
use crate::support::{Caller, World};

fn disputes(statement: &Value, amount: &str, key: &str) -> Value {
    json!({ "statementId": statement["id"], "line": "ISSUE", "reason": "R1 was a test",
        "amount": { "amount": amount, "currencyCode": "EUR" }, "idempotencyKey": key })
}

const FIELDS: &str = "isReplayed dispute { id status amount { amount } entryIds reason
    accepted { amount } statement { number } }";

#[tokio::test]
async fn what_is_accepted_is_corrected_on_the_next_statement_and_the_disputed_one_stays() {
    let world = World::new().await;
    let (grocer, fuel) = hub(&world).await;
    world.days_pass(35).await;
    is_approved(&world, "2026-03").await;
    let march = statements(&grocer).await.remove(0);
    let mut wish = disputes(&march, "50.00", "d");
    wish["entryIds"] = json!([march["lines"][0]["movements"]["nodes"][0]["entryId"]]);
    wish["evidence"] = json!("The till's own list:\nR1 10000.00 TEST");
    let raised = grocer.does("raiseDispute", FIELDS, wish.clone()).await;
    assert_eq!(raised["dispute"]["status"], "OPEN");
    assert_eq!(raised["dispute"]["entryIds"], wish["entryIds"]);
    assert_eq!(grocer.does("raiseDispute", FIELDS, wish).await["isReplayed"], true);
    let own = "{ disputes { nodes { id } } }";
    assert_eq!(fuel.asks(own).await["disputes"]["nodes"], json!([]));
    let accept = json!({ "disputeId": raised["dispute"]["id"], "resolution": "ACCEPT",
        "accepted": { "amount": "40.00", "currencyCode": "EUR" }, "reason": "As far as it goes" });
    for _ in 0..2 {
        let done = world
            .operator
            .does("resolveDispute", "dispute { status accepted { amount } }", accept.clone())
            .await;
        assert_eq!(done["dispute"]["accepted"]["amount"], "40.00");
    }
    let reject =
        json!({ "disputeId": raised["dispute"]["id"], "resolution": "REJECT", "reason": "No" });
    let refused = world.operator.is_refused("resolveDispute", reject).await;
    assert_eq!(refused, ("DISPUTE_ALREADY_RESOLVED".to_owned(), "disputeId".to_owned()));
    world.days_pass(30).await;
    is_approved(&world, "2026-04").await;
    let both = statements(&grocer).await;
    assert_eq!(both[0], march, "what was issued stays");
    assert_eq!(both[1]["total"]["amount"], "-40.00");
    let line = "{ settlementStatements(last: 1) { nodes { lines { kind gross { amount }
        corrections { amount { amount } refersTo refersToLine reason } } } } }";
    let line = grocer.asks(line).await;
    let line = &line["settlementStatements"]["nodes"][0]["lines"][0];
    assert_eq!(line["kind"], "DISPUTE");
    let told = json!([{ "amount": { "amount": "-40.00" }, "refersTo": "2026-03",
        "refersToLine": "ISSUE", "reason": "R1 was a test" }]);
    assert_eq!(line["corrections"], told);
    world.closes().await;
}

#[tokio::test]
async fn nobody_disputes_too_late_too_much_or_what_is_another_s() {
    let world = World::new().await;
    let (grocer, fuel) = hub(&world).await;
    world.days_pass(35).await;
    is_approved(&world, "2026-03").await;
    let march = statements(&grocer).await.remove(0);
    let code = |code: &str, path: &str| (code.to_owned(), path.to_owned());
    let refused = async |wish: Value| grocer.is_refused("raiseDispute", wish).await;
    assert_eq!(
        fuel.is_refused("raiseDispute", disputes(&march, "1.00", "1")).await,
        code("STATEMENT_NOT_FOUND", "statementId")
    );
    assert_eq!(
        refused(disputes(&march, "120.01", "2")).await,
        code("DISPUTE_EXCEEDS_LINE", "amount.amount")
    );
    assert_eq!(
        refused(disputes(&march, "0.00", "3")).await,
        code("AMOUNT_INVALID", "amount.amount")
    );
    let mut other = disputes(&march, "1.00", "4");
    other["line"] = json!("BURN");
    assert_eq!(refused(other).await, code("STATEMENT_LINE_NOT_FOUND", "line"));
    let mut foreign = disputes(&march, "1.00", "5");
    let burned = statements(&fuel).await[0]["lines"][0]["movements"]["nodes"][0]["entryId"].clone();
    foreign["entryIds"] = json!([burned]);
    assert_eq!(refused(foreign).await, code("DISPUTE_ENTRY_NOT_FOUND", "entryIds"));
    let mut silent = disputes(&march, "1.00", "6");
    silent["reason"] = json!(" ");
    assert_eq!(refused(silent).await, code("REASON_INVALID", "reason"));
    let raised = grocer.does("raiseDispute", FIELDS, disputes(&march, "100.00", "7")).await;
    assert_eq!(
        refused(disputes(&march, "20.01", "8")).await,
        code("DISPUTE_EXCEEDS_LINE", "amount.amount")
    );
    let id = raised["dispute"]["id"].clone();
    let withdraw = json!({ "disputeId": id, "resolution": "WITHDRAW" });
    assert_eq!(
        fuel.is_refused("resolveDispute", withdraw.clone()).await,
        code("DISPUTE_NOT_FOUND", "disputeId")
    );
    let too_much = json!({ "disputeId": id, "resolution": "ACCEPT",
        "accepted": { "amount": "100.01", "currencyCode": "EUR" } });
    assert_eq!(
        world.operator.is_refused("resolveDispute", too_much).await,
        code("AMOUNT_INVALID", "accepted.amount")
    );
    let mute = json!({ "disputeId": id, "resolution": "REJECT" });
    assert_eq!(
        world.operator.is_refused("resolveDispute", mute).await,
        code("REASON_INVALID", "reason")
    );
    let done = grocer.does("resolveDispute", "dispute { status }", withdraw).await;
    assert_eq!(done["dispute"]["status"], "WITHDRAWN");
    // Fourteen days by the contract.
    world.days_pass(15).await;
    assert_eq!(
        refused(disputes(&march, "1.00", "9")).await,
        code("DISPUTE_TOO_LATE", "statementId")
    );
    world.closes().await;
}

#[tokio::test]
async fn what_a_partner_s_own_record_lacks_is_disputed_with_its_entry() {
    let world = World::new().await;
    let (grocer, fuel) = hub(&world).await;
    let paid = format!("PAYMENT,{},,,,6000,,,p,\n", world.now().to_rfc3339());
    world.days_pass(35).await;
    is_approved(&world, "2026-03").await;
    let (march, own) = (statements(&grocer).await.remove(0), statements(&fuel).await.remove(0));
    let compared = reconciles(&world, &grocer, "r", "").await;
    let lacks = |seen: &Value, outcome: &str| {
        let items = seen["items"]["nodes"].as_array().unwrap();
        items.iter().find(|item| item["outcome"] == outcome).unwrap()["id"].clone()
    };
    let sale = lacks(&compared, "MISSING_THERE");
    let mut wish = disputes(&march, "120.00", "d");
    wish["reconciliationItemIds"] = json!([sale]);
    let fields =
        "isReplayed dispute { id entryIds reconciliationItems { id outcome receiptNumber } }";
    let raised = grocer.does("raiseDispute", fields, wish.clone()).await;
    let item = json!([{ "id": sale, "outcome": "MISSING_THERE", "receiptNumber": "R1" }]);
    assert_eq!(raised["dispute"]["reconciliationItems"], item);
    let entry = &march["lines"][0]["movements"]["nodes"][0]["entryId"];
    assert_eq!(raised["dispute"]["entryIds"], json!([entry]));
    assert_eq!(grocer.does("raiseDispute", fields, wish).await["isReplayed"], true);

    let code = |code: &str, path: &str| (code.to_owned(), path.to_owned());
    let refused = async |caller: &Caller, statement: &Value, line: &str, item: &Value| {
        let mut wish = disputes(statement, "1.00", &format!("{line} {item}"));
        (wish["line"], wish["reconciliationItemIds"]) = (json!(line), json!([item]));
        caller.is_refused("raiseDispute", wish).await
    };
    let place = "reconciliationItemIds.0";
    let foreign = refused(&fuel, &own, "BURN", &sale).await;
    assert_eq!(foreign, code("RECONCILIATION_ITEM_NOT_FOUND", place));
    let agreed = lacks(&reconciles(&world, &fuel, "r", &paid).await, "MATCHED");
    let matched = refused(&fuel, &own, "BURN", &agreed).await;
    assert_eq!(matched, code("RECONCILIATION_ITEM_MATCHED", place));
    let elsewhere = refused(&grocer, &march, "FUNDING", &sale).await;
    assert_eq!(elsewhere, code("DISPUTE_ENTRY_NOT_FOUND", "reconciliationItemIds"));
    world.closes().await;
}

//! Operators decide what was in doubt.

use serde_json::{Value, json};

use super::{Bank, OWN, end_to_end, entry, statement, written};
use crate::settlement::cycles::cycles;

const FIELDS: &str =
    "isReplayed bankTransaction { status reference ignoredBecause decidedBy decidedAt }";
const ASSIGN: &str = "assignBankTransaction";

fn decides(row: &Value, decision: Value, key: &str) -> Value {
    json!({ "bankTransactionId": row["id"], "decision": decision, "idempotencyKey": key })
}

#[tokio::test]
async fn what_an_operator_assigns_is_booked_once_and_what_it_ignores_is_not() {
    let bank = Bank::new().await;
    let named = end_to_end(&bank.collect);
    let entries = [
        entry("B1", "CRDT EUR 100.00", &named),
        entry("B2", "CRDT EUR 21.20", &written(&["the rest"])),
        entry("B3", "CRDT EUR 7.00", &written(&["a gift"])),
    ];
    bank.imports(&statement(OWN, &entries), "i").await;
    let all = bank.transactions().await;
    let pays = json!({ "reference": bank.collect.to_lowercase() });
    let first = decides(&all[0], pays.clone(), "1");
    let operator = &bank.world.operator;
    let done = operator.does(ASSIGN, FIELDS, first.clone()).await;
    let row = &done["bankTransaction"];
    assert_eq!((&row["status"], &row["reference"]), (&json!("BOOKED"), &json!(bank.collect)));
    assert!(row["decidedBy"].is_string() && row["decidedAt"].is_string());
    let again = operator.does(ASSIGN, FIELDS, first).await;
    assert_eq!((&again["isReplayed"], &again["bankTransaction"]), (&json!(true), row));
    assert_eq!(bank.open().await, ["21.20", "54.00"]);
    let twice = operator.is_refused(ASSIGN, decides(&all[0], pays.clone(), "2")).await;
    let code = |code: &str, path: &str| (code.to_owned(), path.to_owned());
    assert_eq!(twice, code("BANK_TRANSACTION_ALREADY_DECIDED", "bankTransactionId"));
    let ignored = decides(&all[2], json!({ "ignore": "A gift" }), "3");
    let ignored = operator.does(ASSIGN, FIELDS, ignored).await;
    assert_eq!(ignored["bankTransaction"]["ignoredBecause"], "A gift");
    // Two at once for what is open: one books it.
    let mut other = bank.world.opens_gateway().await;
    let there = operator.at(&other);
    let (one, two) = tokio::join!(
        operator.tries(ASSIGN, FIELDS, decides(&all[1], pays.clone(), "4")),
        there.tries(ASSIGN, FIELDS, decides(&all[1], pays, "5")),
    );
    let done = [&one, &two].iter().filter(|answer| answer["bankTransaction"].is_object()).count();
    assert_eq!(done, 1, "{one} {two}");
    assert_eq!(bank.open().await, ["0.00", "54.00"]);
    assert_eq!(cycles(&bank.grocer).await[0]["status"], "APPROVED");
    other.stops().await;
    bank.world.closes().await;
}

#[tokio::test]
async fn what_can_t_be_a_payment_of_that_is_refused() {
    let bank = Bank::new().await;
    let named = end_to_end(&bank.collect);
    let returned = format!("{named}<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>");
    let entries = [
        entry("B1", "DBIT EUR 1.00", &returned),
        entry("B2", "CRDT USD 1.00", &named),
        entry("B3", "DBIT EUR 1.00", &named),
        entry("B4", "CRDT EUR 121.21", &named),
    ];
    bank.imports(&statement(OWN, &entries), "i").await;
    let all = bank.transactions().await;
    let to = |row: &Value, reference: &str| decides(row, json!({ "reference": reference }), "k");
    let nothing = json!({ "id": "btx_01h2xcejqtf2nbrexx3vqjhp41" });
    for (wish, code, path) in [
        (to(&all[0], &bank.collect), "BANK_TRANSACTION_UNFIT", "decision.reference"),
        (to(&all[1], &bank.collect), "BANK_TRANSACTION_UNFIT", "decision.reference"),
        (to(&all[2], &bank.collect), "BANK_TRANSACTION_UNFIT", "decision.reference"),
        (to(&all[3], &bank.pay), "BANK_TRANSACTION_UNFIT", "decision.reference"),
        (to(&all[3], &bank.collect), "PAYMENT_EXCEEDS_DUE", "decision.reference"),
        (to(&all[3], "FL0"), "INSTRUCTION_NOT_FOUND", "decision.reference"),
        (to(&nothing, &bank.collect), "BANK_TRANSACTION_NOT_FOUND", "bankTransactionId"),
        (decides(&all[3], json!({ "ignore": " " }), "k"), "REASON_INVALID", "decision.ignore"),
    ] {
        let refused = bank.world.operator.is_refused(ASSIGN, wish).await;
        assert_eq!(refused, (code.to_owned(), path.to_owned()));
    }
    let gone = decides(&all[0], json!({ "ignore": "Fetched anew" }), "k");
    bank.world.operator.does(ASSIGN, FIELDS, gone).await;
    assert_eq!(bank.open().await, ["121.20", "54.00"]);
    bank.world.closes().await;
}

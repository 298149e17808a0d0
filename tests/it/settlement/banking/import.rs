//! Statements of the bank are imported.

use serde_json::{Value, json};

use super::{Bank, GROCER, IMPORTED, OWN, end_to_end, entry, from, statement, written};
use crate::settlement::cycles::cycles;
use crate::support::World;
use crate::support::books::contents;
use crate::support::lint::complaints;

#[tokio::test]
async fn what_names_a_payment_and_is_all_of_it_is_booked_once_and_settles_the_cycle() {
    let bank = Bank::new().await;
    let (head, tail) = bank.pay.split_at(9);
    let cut = written(&[&format!("Settlement 2026-03 {head}"), &format!("{tail} fuel")]);
    let entries = [
        entry("B1", "CRDT EUR 121.20", &end_to_end(&bank.collect)),
        entry("B2", "DBIT EUR 54.00", &cut),
    ];
    let file = statement(OWN, &entries);
    assert_eq!(complaints(&file, "camt/camt.053.001.08.xsd"), "", "{file}");
    let done = bank.imports(&file, "1").await;
    let came_to = |booked: i32, proposed: i32, known: i32| {
        json!({ "statement": "S-67", "account": "DE75 **** **** 6199", "booked": booked,
            "transactions": booked + proposed + known, "proposed": proposed, "known": known,
            "passedOver": 0 })
    };
    assert_eq!(done, json!({ "isReplayed": false, "result": came_to(2, 0, 0), "userErrors": [] }));
    assert_eq!(bank.open().await, ["0.00", "0.00"]);
    assert_eq!(cycles(&bank.grocer).await[0]["status"], "SETTLED");
    let again = bank.imports(&file, "1").await;
    assert_eq!((&again["isReplayed"], &again["result"]), (&json!(true), &came_to(2, 0, 0)));
    assert_eq!(bank.imports(&file, "2").await["result"], came_to(0, 0, 2));
    let more = [&entries[..], &[entry("B3", "CRDT EUR 5.00", &written(&["hello"]))]].concat();
    assert_eq!(bank.imports(&statement(OWN, &more), "3").await["result"], came_to(0, 1, 2));
    let reused = json!({ "file": file, "idempotencyKey": "3" });
    let reused = bank.world.operator.is_refused("importBankStatement", reused).await;
    assert_eq!(reused, ("IDEMPOTENCY_KEY_REUSED".to_owned(), "idempotencyKey".to_owned()));
    let paid = "{ paymentInstructions { nodes { payments { source paidOn amount { amount } } } } }";
    let paid = bank.grocer.asks(paid).await["paymentInstructions"]["nodes"][0]["payments"].clone();
    let told =
        json!([{ "source": "BANK", "paidOn": "2026-04-07", "amount": { "amount": "121.20" } }]);
    assert_eq!(paid, told);
    let booked = &bank.transactions().await[..2];
    let told =
        |row: &Value| (row["status"].clone(), row["doubt"].clone(), row["reference"].clone());
    assert_eq!(told(&booked[0]), (json!("BOOKED"), Value::Null, json!(bank.collect)));
    assert_eq!(told(&booked[1]), (json!("BOOKED"), Value::Null, json!(bank.pay)));
    bank.world.closes().await;
}

#[tokio::test]
async fn what_leaves_a_doubt_is_proposed_with_what_is_likely_and_booked_by_nobody() {
    let bank = Bank::new().await;
    bank.has_account(&bank.grocer, GROCER, None).await;
    let named = end_to_end(&bank.collect);
    let returned = format!("{named}<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>");
    let both = written(&[&bank.collect, &bank.pay]);
    let unnamed = format!("{}{}", from("Grocer B.V.", GROCER), written(&["thanks"]));
    let entries = [
        entry("B1", "CRDT EUR 100.00", &named),
        entry("B2", "CRDT EUR 121.21", &named),
        entry("B3", "DBIT EUR 121.20", &named),
        entry("B4", "CRDT USD 121.20", &named),
        entry("B5", "CRDT EUR 121.20", &both),
        entry("B6", "CRDT EUR 121.20", &unnamed),
        entry("B7", "CRDT EUR 121.20", &end_to_end("FL0000000000000000")),
        entry("B8", "DBIT EUR 121.20", &returned),
    ];
    let done = bank.imports(&statement(OWN, &entries), "1").await;
    assert_eq!((&done["result"]["booked"], &done["result"]["proposed"]), (&json!(0), &json!(8)));
    let elsewhere = entry("B1", "CRDT EUR 121.20", &named);
    bank.imports(&statement(GROCER, &[elsewhere]), "2").await;
    assert_eq!(bank.open().await, ["121.20", "54.00"]);
    let likely = |doubt: &str, named: bool| {
        (json!(doubt), if named { json!(bank.collect) } else { Value::Null })
    };
    let all = bank.transactions().await;
    let told: Vec<_> =
        all.iter().map(|row| (row["doubt"].clone(), row["likelyReference"].clone())).collect();
    let expected = [
        likely("PARTIAL", true),
        likely("OVERPAID", true),
        likely("WRONG_DIRECTION", true),
        likely("OTHER_CURRENCY", true),
        likely("SEVERAL_REFERENCES", false),
        likely("UNKNOWN_REFERENCE", true),
        likely("UNKNOWN_REFERENCE", false),
        likely("RETURNED", true),
        likely("OTHER_ACCOUNT", true),
    ];
    assert_eq!(told, expected);
    assert_eq!(all[7]["returnReason"], "AC04");
    assert_eq!(
        (&all[5]["counterpartyName"], &all[5]["counterpartyIban"], &all[5]["remittance"]),
        (&json!("Grocer B.V."), &json!("NL91 **** **** 4300"), &json!("thanks"))
    );
    // Whole numbers are nowhere but in partners' accounts and the programme's.
    for (table, rows) in contents(&bank.world.books.url()).await {
        let may = ["partner_bank_account", "programme", "proposal", "audit_row"];
        let told = rows.iter().any(|row| row.contains(GROCER));
        assert!(!told || may.contains(&table.as_str()), "{table} tells an account's number");
    }
    let own = format!("{{ node(id: {}) {{ id }} }}", all[0]["id"]);
    assert_eq!(bank.world.operator.asks(&own).await["node"]["id"], all[0]["id"]);
    for other in [&bank.grocer, &bank.fuel] {
        assert_eq!(other.asks(&own).await["node"], Value::Null);
        let list = other.posts("{ bankTransactions { nodes { id } } }", json!({})).await;
        assert_eq!(list["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
    let waiting = "{ bankTransactions(status: BOOKED) { nodes { id } } }";
    assert_eq!(bank.world.operator.asks(waiting).await["bankTransactions"]["nodes"], json!([]));
    bank.world.closes().await;
}

#[tokio::test]
async fn what_was_booked_already_is_in_doubt_however_it_comes_again() {
    let bank = Bank::new().await;
    let paid = |name: &str, details: &str| entry(name, "CRDT EUR 121.20", details);
    let named = end_to_end(&bank.collect);
    bank.imports(&statement(OWN, &[paid("B1", &named), paid("B2", &named)]), "1").await;
    assert_eq!(bank.open().await[0], "0.00");
    // The bank takes it back.
    let reversed = paid("B3", &named).replace("<Sts>", "<RvslInd>true</RvslInd><Sts>");
    let reversed = reversed.replace("CRDT", "DBIT");
    bank.imports(&statement(OWN, &[reversed]), "2").await;
    let all = bank.transactions().await;
    let told: Vec<_> = all.iter().map(|row| row["doubt"].clone()).collect();
    assert_eq!(told, [Value::Null, json!("ALREADY_PAID"), json!("RETURNED")]);
    assert_eq!(all[2]["likelyReference"], bank.collect);
    assert_eq!(bank.open().await[0], "0.00");
    bank.world.closes().await;
}

#[tokio::test]
async fn of_two_imports_at_once_one_books() {
    let bank = Bank::new().await;
    let entries = [
        entry("B1", "CRDT EUR 121.20", &end_to_end(&bank.collect)),
        entry("B2", "DBIT EUR 54.00", &end_to_end(&bank.pay)),
        entry("B3", "CRDT EUR 1.00", &written(&["hello"])),
    ];
    let wish = |key: &str| json!({ "file": statement(OWN, &entries), "idempotencyKey": key });
    let mut other = bank.world.opens_gateway().await;
    let (here, there) = (&bank.world.operator, bank.world.operator.at(&other));
    let import = "importBankStatement";
    let (one, two) = tokio::join!(
        here.does(import, IMPORTED, wish("1")),
        there.does(import, IMPORTED, wish("2"))
    );
    let sum = |field: &str| {
        [&one, &two].iter().map(|done| done["result"][field].as_i64().unwrap()).sum::<i64>()
    };
    assert_eq!([sum("booked"), sum("proposed"), sum("known")], [2, 1, 3], "{one} {two}");
    let rows = contents(&bank.world.books.url()).await;
    assert_eq!((rows["settlement_payment"].len(), rows["bank_transaction"].len()), (2, 3));
    let same = "same";
    let (one, two) = tokio::join!(
        here.does(import, IMPORTED, wish(same)),
        there.does(import, IMPORTED, wish(same))
    );
    assert_eq!(one["result"], two["result"]);
    other.stops().await;
    bank.world.closes().await;
}

#[tokio::test]
async fn a_large_statement_is_taken_in_steps() {
    let bank = Bank::new().await;
    let odd = |number: usize| entry(&format!("B{number}"), "CRDT EUR 1.00", &written(&["hello"]));
    let mut entries: Vec<String> = (0..250).map(odd).collect();
    entries.push(entry("C1", "CRDT EUR 121.20", &end_to_end(&bank.collect)));
    let wish = json!({ "file": statement(OWN, &entries), "idempotencyKey": "1" });
    let document = format!(
        "mutation($input: ImportBankStatementInput!) {{ importBankStatement(input: $input) {{ {IMPORTED} }} }}"
    );
    let done = bank.world.operator.posts_batch(&document, json!({ "input": wish })).await;
    let done = &done["data"]["importBankStatement"]["result"];
    assert_eq!(
        (&done["transactions"], &done["booked"], &done["proposed"]),
        (&json!(251), &json!(1), &json!(250))
    );
    bank.world.closes().await;
}

#[tokio::test]
async fn what_is_no_statement_is_refused_with_what_is_wrong() {
    let bank = Bank::new().await;
    let right = statement(OWN, &[entry("B1", "CRDT EUR 1.00", "")]);
    let bomb = right.replacen(
        "<Document",
        "<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Document",
        1,
    );
    for (file, why) in [
        (String::new(), "there is no document"),
        ("hello".to_owned(), "text outside of the document"),
        (right.replace("</Stmt>", ""), "isn't well-formed XML"),
        (bomb, "a document type or entities of its own"),
        (right.replace("camt.053", "camt.054"), "and not a camt.053"),
        (right.replace("001.08", "001.14"), "and not a camt.053"),
        (right.replace(">1.00<", ">-1.00<"), "isn't an amount of EUR"),
        (right.replace("<IBAN>DE", "<IBAN>DX"), "should be an IBAN"),
        (right.replace("CRDT", "CREDIT"), "and should be CRDT or DBIT"),
        (right.replace("<Id>S-67</Id>", ""), "has no Id"),
    ] {
        let wish = json!({ "file": file, "idempotencyKey": "k" });
        let operator = &bank.world.operator;
        let refused = operator.is_refused("importBankStatement", wish.clone()).await;
        assert_eq!(refused, ("BANK_STATEMENT_INVALID".to_owned(), "file".to_owned()));
        let told = operator.tries("importBankStatement", "", wish).await;
        let told = told["userErrors"][0]["message"].as_str().unwrap().to_owned();
        assert!(told.contains(why), "{told}");
        assert!(!told.contains("75512108001245126199"), "{told}");
    }
    let document =
        "mutation($input: ImportBankStatementInput!) { importBankStatement(input: $input)
        { userErrors { code message } } }";
    for (large, why) in [
        (right.replace("<Ntry>", &format!("{}<Ntry>", "<a/>".repeat(250_001))), "250000 elements"),
        (format!("{right}{}", " ".repeat(3 * 1024 * 1024)), "at most 3145728 are read"),
    ] {
        let input = json!({ "input": { "file": large, "idempotencyKey": "k" } });
        let told = bank.world.operator.posts_batch(document, input).await;
        let told = &told["data"]["importBankStatement"]["userErrors"][0];
        assert_eq!(told["code"], "BANK_STATEMENT_INVALID");
        assert!(told["message"].as_str().unwrap().contains(why), "{told}");
    }
    let wish = json!({ "file": right, "idempotencyKey": "" });
    let refused = bank.world.operator.is_refused("importBankStatement", wish).await;
    assert_eq!(refused.0, "IDEMPOTENCY_KEY_INVALID");
    bank.world.closes().await;
}

#[tokio::test]
async fn a_programme_without_an_account_has_no_statements() {
    let world = World::new().await;
    let file = statement(OWN, &[entry("B1", "CRDT EUR 1.00", "")]);
    let wish = json!({ "file": file, "idempotencyKey": "k" });
    let refused = world.operator.is_refused("importBankStatement", wish).await;
    assert_eq!(refused, ("DEBTOR_MISSING".to_owned(), String::new()));
    world.closes().await;
}

//! Files for the bank, of what is open of a cycle.

use serde_json::{Value, json};
use service::programmes::Settings;

use super::{Bank, FUEL, GROCER, OWN, end_to_end, entry, statement};
use crate::settlement::cycles::cycles;
use crate::support::books::contents;
use crate::support::lint::complaints;

impl Bank {
    async fn files(&self) -> Value {
        let asked = format!(
            "{{ node(id: {}) {{ ... on SettlementCycle {{ paymentFiles {{ transfers collections
                withoutAccount }} }} }} }}",
            self.march
        );
        self.world.operator.posts(&asked, json!({})).await
    }
}

#[tokio::test]
async fn what_is_open_is_a_file_that_any_bank_can_read_and_always_the_same() {
    let bank = Bank::new().await;
    let none = bank.files().await["data"]["node"]["paymentFiles"].clone();
    let both = json!(["fuel", "grocer"]);
    assert_eq!(none, json!({ "transfers": null, "collections": null, "withoutAccount": both }));
    bank.has_account(&bank.grocer, GROCER, None).await;
    let files = bank.files().await["data"]["node"]["paymentFiles"].clone();
    assert_eq!(
        files["withoutAccount"], both,
        "an account without a mandate is fetched from by nobody"
    );
    bank.has_account(&bank.grocer, GROCER, Some("ARNO-7")).await;
    bank.has_account(&bank.fuel, FUEL, None).await;
    let files = bank.files().await["data"]["node"]["paymentFiles"].clone();
    assert_eq!(files["withoutAccount"], json!([]));
    let (paid, fetched) =
        (files["transfers"].as_str().unwrap(), files["collections"].as_str().unwrap());
    assert_eq!(complaints(paid, "pain/pain.001.001.09.xsd"), "", "{paid}");
    assert_eq!(complaints(fetched, "pain/pain.008.001.08.xsd"), "", "{fetched}");
    let (pay, collect) = (&bank.pay, &bank.collect);
    for (file, part) in [
        (paid, format!("<EndToEndId>{pay}</EndToEndId>")),
        (paid, "<CreDtTm>2026-04-06T09:00:00Z</CreDtTm>".to_owned()),
        (paid, "<InstdAmt Ccy=\"EUR\">54.00</InstdAmt>".to_owned()),
        (paid, "<Dt>2026-04-20</Dt>".to_owned()),
        (paid, format!("<IBAN>{OWN}</IBAN>")),
        (paid, format!("<IBAN>{FUEL}</IBAN>")),
        (paid, format!("<Ustrd>arno 2026-03 {pay}</Ustrd>")),
        (fetched, format!("<EndToEndId>{collect}</EndToEndId>")),
        (fetched, "<InstdAmt Ccy=\"EUR\">121.20</InstdAmt>".to_owned()),
        (fetched, "<ReqdColltnDt>2026-04-20</ReqdColltnDt>".to_owned()),
        (fetched, "<MndtId>ARNO-7</MndtId>".to_owned()),
        (fetched, "<Cd>B2B</Cd>".to_owned()),
        (fetched, "<Id>DE98ZZZ09999999999</Id>".to_owned()),
        (fetched, format!("<IBAN>{GROCER}</IBAN>")),
    ] {
        assert_eq!(file.matches(&part).count(), 1, "{part} in {file}");
    }
    bank.world.days_pass(3).await;
    let again = bank.files().await["data"]["node"]["paymentFiles"].clone();
    assert_eq!(again, files, "the same state gives the same bytes");
    let audited = contents(&bank.world.books.url()).await["audit_row"].clone();
    let taken = audited.iter().filter(|row| row.contains("settlement.file_taken")).count();
    assert_eq!(taken, 4);
    let id = |file: &str| {
        let at = file.find("<MsgId>").unwrap() + 7;
        file[at..at + 24].to_owned()
    };
    // In part paid: the rest, in a file of another name.
    let wish = json!({ "reference": collect, "paidOn": "2026-04-08", "idempotencyKey": "p",
        "amount": { "amount": "100.00", "currencyCode": "EUR" } });
    bank.world.operator.does("recordSettlementPayment", "isReplayed", wish).await;
    let rest = bank.files().await["data"]["node"]["paymentFiles"]["collections"].clone();
    let rest = rest.as_str().unwrap();
    assert!(rest.contains("<InstdAmt Ccy=\"EUR\">21.20</InstdAmt>"), "{rest}");
    assert_ne!(id(rest), id(fetched));
    // What the bank says is done is in no file.
    let entries = [
        entry("B1", "CRDT EUR 21.20", &end_to_end(collect)),
        entry("B2", "DBIT EUR 54.00", &end_to_end(pay)),
    ];
    bank.imports(&statement(OWN, &entries), "i").await;
    let none = bank.files().await["data"]["node"]["paymentFiles"].clone();
    assert_eq!(none, json!({ "transfers": null, "collections": null, "withoutAccount": [] }));
    bank.world.closes().await;
}

#[tokio::test]
async fn one_file_that_can_t_be_written_keeps_no_other_back() {
    let months = Settings { expiry_months: 12, ..Settings::default() };
    let bank = Bank::with(Settings { pending_days: 0, ..months }).await;
    bank.has_account(&bank.grocer, GROCER, Some("ARNO-7")).await;
    bank.has_account(&bank.fuel, FUEL, None).await;
    let answer = bank.files().await;
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{answer}");
    for error in errors {
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
        let told = error["message"].as_str().unwrap();
        assert!(told.contains("DEBTOR_MISSING"), "{told}");
    }
    let debtor = json!({ "expectedVersion": 1, "debtor": { "name": "Arno", "iban": OWN } });
    let made = bank.world.operator.does("updateProgramme", "proposal { id }", debtor).await;
    bank.agrees(&made).await;
    let answer = bank.files().await;
    assert!(answer["data"]["node"]["paymentFiles"]["transfers"].is_string(), "{answer}");
    assert_eq!(answer["data"]["node"]["paymentFiles"]["collections"], Value::Null);
    let told = answer["errors"][0]["message"].as_str().unwrap();
    assert!(told.contains("CREDITOR_ID_MISSING"), "{told}");
    bank.world.closes().await;
}

#[tokio::test]
async fn files_are_for_operators_and_of_what_is_approved() {
    let bank = Bank::new().await;
    let asked = format!(
        "{{ node(id: {}) {{ ... on SettlementCycle {{ paymentFiles {{ transfers }} }} }} }}",
        bank.march
    );
    let seen = bank.grocer.posts(&asked, json!({})).await;
    assert_eq!(seen["errors"][0]["extensions"]["code"], "FORBIDDEN");
    bank.world.days_pass(30).await;
    crate::settlement::cycles::catches_up(&bank.world).await;
    let sale = crate::support::receipt("R7", "C1", "10.00", bank.world.now());
    bank.grocer.does("recordPurchase", "points", sale).await;
    crate::settlement::cycles::catches_up(&bank.world).await;
    let all = cycles(&bank.world.operator).await;
    let open = all.iter().find(|cycle| cycle["status"] == "OPEN").unwrap();
    let asked = asked.replace(&bank.march.to_string(), &open["id"].to_string());
    let none = bank.world.operator.asks(&asked).await;
    assert_eq!(none["node"]["paymentFiles"], Value::Null);
    bank.world.closes().await;
}

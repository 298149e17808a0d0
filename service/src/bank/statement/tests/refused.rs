//! What isn't read, and what is said about it.

use super::*;

fn why(file: &str) -> NotAStatement {
    read(file.as_bytes()).unwrap_err()
}

fn plain() -> String {
    document(8, &entry(8, "5.00", "DBIT", "BOOK", (&svcr("A"), "")))
}

#[test]
fn what_is_no_xml_or_more_than_a_statement_needs() {
    let plain = plain();
    let cut = &plain[..plain.len() - 20];
    for broken in [
        "",
        "nothing",
        cut,
        &plain.replace("</Ntry>", "</Entry>"),
        &format!("{plain}more"),
        &format!("{plain}<Document/>"),
        &plain.replace("5.00", "5.00&#0;"),
        &plain.replace("Ccy=\"EUR\">5", "Ccy=\"EUR\" Ccy=\"EUR\">5"),
        &plain.replace("Ccy=\"EUR\">5", "Ccy=EUR>5"),
    ] {
        assert!(matches!(why(broken), NotAStatement::Malformed { .. }), "{broken}");
    }
    let latin = plain.replace("UTF-8", "ISO-8859-1");
    assert_eq!(why(&latin), NotAStatement::NotUtf8);
    assert_eq!(read(b"<a>\xe9</a>"), Err(NotAStatement::NotUtf8));
    let long = format!("{plain}{}", " ".repeat(BYTES_MAX));
    assert_eq!(why(&long), NotAStatement::TooLarge(long.len()));
}

#[test]
fn a_document_type_is_refused_before_anything_is_made_of_it() {
    let plain = plain();
    let bomb = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let file = "<!DOCTYPE a [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    for kind in [bomb, file, "<!DOCTYPE Document>"] {
        let told = why(&plain.replace("<Document", &format!("{kind}<Document")));
        assert_eq!(told, NotAStatement::DocumentType);
    }
    assert_eq!(why(&plain.replace("5.00", "&five;")), NotAStatement::DocumentType);
}

#[test]
fn what_is_deep_or_long_is_not_followed() {
    let within = |deep: usize| format!("{}{}", "<a>".repeat(deep), "</a>".repeat(deep));
    let with = |more: &str| document(8, more);
    assert!(read(with(&within(DEPTH_MAX - 3)).as_bytes()).is_ok());
    assert_eq!(why(&with(&within(DEPTH_MAX - 2))), NotAStatement::TooDeep);
    let foreign = within(DEPTH_MAX).replacen("<a>", "<a xmlns=\"urn:other\">", 1);
    assert_eq!(why(&with(&foreign)), NotAStatement::TooDeep);
    assert_eq!(why(&with(&"<a/>".repeat(ELEMENTS_MAX))), NotAStatement::TooMany);
    let many: String = (0..40_000).map(|number| format!(" xmlns:n{number}=\"u\"")).collect();
    let told = why(&with("<a/>").replace("<BkToCstmrStmt", &format!("<BkToCstmrStmt{many}")));
    assert!(matches!(told, NotAStatement::Malformed { .. }));
}

#[test]
fn as_many_entries_as_fit_under_one_name_take_no_long_time() {
    let one = "<Ntry><Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>\
        <ValDt><Dt>2026-11-30</Dt></ValDt><AcctSvcrRef>A</AcctSvcrRef></Ntry>";
    let read = told(&document(2, &one.repeat(22_000))).transactions;
    assert_eq!(read.len(), 22_000);
    assert_eq!(read[21_999].bank_reference, "2026-11-30/A+22000");
}

#[test]
fn another_message_is_named() {
    let plain = plain();
    for (file, named) in [
        (plain.replace("camt.053.001.08", "camt.054.001.08"), "Document of camt.054.001.08"),
        (plain.replace("camt.053.001.08", "camt.053.001.01"), "Document of camt.053.001.01"),
        (plain.replace("camt.053.001.08", "camt.053.001.14"), "Document of camt.053.001.14"),
        (plain.replace("camt.053.001.08", "camt.053.001.8"), "Document of camt.053.001.8"),
        (plain.replace("<Document xmlns", "<Document xmlns:a"), "Document without a namespace"),
        (plain.replace("Document", "Statement"), "Statement of camt.053.001.08"),
        ("<html/>".to_owned(), "html without a namespace"),
    ] {
        assert_eq!(why(&file), NotAStatement::WrongDocument(named.to_owned()));
    }
}

#[test]
fn an_amount_is_exact_or_refused() {
    for amount in
        ["-5.00", "", "5,00", "5.001", "1e3", "0x5", " ", ".", "5 0", "92233720368547758.08"]
    {
        let told = why(&plain().replace("5.00", amount));
        assert!(matches!(told, NotAStatement::Amount { .. }), "{amount}: {told:?}");
        assert!(told.to_string().starts_with("entry 1: "), "{told}");
    }
    for (amount, minor) in [
        ("5", 500),
        ("+5.0", 500),
        (".5", 50),
        ("5.", 500),
        ("000000000000000000000005.10000", 510),
        ("92233720368547758.07", i64::MAX),
    ] {
        let file = plain().replace("5.00", amount);
        assert_eq!(told(&file).transactions[0].amount_minor, minor, "{amount}");
    }
    let yen = |amount: &str| plain().replace("\"EUR\">5.00", &format!("\"JPY\">{amount}"));
    assert_eq!(told(&yen("5")).transactions[0].amount_minor, 5);
    assert!(matches!(why(&yen("5.1")), NotAStatement::Amount { .. }));
    for (code, found) in [("\"XXX\">5", "XXX"), ("\"eur\">5", "eur"), ("\"\">5", "")] {
        let told = why(&plain().replace("\"EUR\">5", code));
        let (place, found) = ("entry 1".to_owned(), found.to_owned());
        assert_eq!(told, NotAStatement::Currency { place, found });
    }
}

#[test]
fn what_is_missing_or_means_nothing_is_told_with_its_place() {
    let says = |from: &str, to: &str| why(&plain().replace(from, to)).to_string();
    let debit = "<CdtDbtInd>DBIT</CdtDbtInd>";
    for (from, to, told) in [
        (debit, "", "entry 1 has no CdtDbtInd"),
        (debit, "<CdtDbtInd>DEBT</CdtDbtInd>", "entry 1: CdtDbtInd says \"DEBT\""),
        (debit, "<RvslInd>no</RvslInd><CdtDbtInd>DBIT</CdtDbtInd>", "RvslInd says \"no\""),
        ("<Sts><Cd>BOOK</Cd></Sts>", "", "entry 1 has no Sts"),
        ("<BookgDt><Dt>2026-11-30</Dt></BookgDt>", "", "entry 1 has no BookgDt"),
        ("<BookgDt><Dt>2026-11-30", "<BookgDt><Dt>30.11.2026", "BookgDt says \"30.11.2026\""),
        ("<BookgDt><Dt>2026-11-30", "<BookgDt><Dt>2026-11-31", "BookgDt says \"2026-11-31\""),
        ("<Amt Ccy=\"EUR\">5.00</Amt>", "", "entry 1 has no Amt"),
        ("<Id>S-230</Id>", "", "a statement has no Id"),
        (&format!("<IBAN>{OWN}</IBAN>"), "", "a statement has no Acct/Id/IBAN"),
        (OWN, "DE00", "Acct/Id/IBAN says \"***\""),
        ("Stmt>", "Rpt>", "the document has no BkToCstmrStmt/Stmt"),
        ("A</AcctSvcrRef>", &format!("{}</AcctSvcrRef>", "A".repeat(141)), "at most 140"),
        ("<Ccy>EUR", "<Ccy>EURO", "a statement: \"EURO\" isn't a currency"),
    ] {
        let said = says(from, to);
        assert!(said.contains(told), "{from} as {to}: {said}");
    }
    let of_bank = plain().replace("<Ccy>EUR</Ccy>", "");
    assert_eq!(told(&of_bank).currency.code(), "EUR");
    let day = plain().replace(
        "<BookgDt><Dt>2026-11-30</Dt></BookgDt>",
        "<ValDt><DtTm>2026-12-01T00:00:00+01:00</DtTm></ValDt>",
    );
    assert_eq!(told(&day).transactions[0].booked_on.to_string(), "2026-12-01");
}

#[test]
fn a_file_is_of_one_account() {
    let other = page("S-1", "", "").replace(OWN, GROCER);
    let file = plain().replace("</BkToCstmrStmt>", &format!("{other}</BkToCstmrStmt>"));
    assert_eq!(why(&file), NotAStatement::SeveralAccounts);
}

//! Statements as banks of different ages write them, checked against the published schemas and read; and
//! files that nobody should have sent.

mod properties;
mod refused;

use super::*;
use crate::bank::conformance::complaints;

const OWN: &str = "DE75512108001245126199";
const GROCER: &str = "NL91ABNA0417164300";
/// Versions between which lies every change of what is read.
const AGES: [u8; 4] = [2, 4, 8, 13];

/// A document with these entries, by the version's schema.
fn document(version: u8, entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}\"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-30T20:00:00</CreDtTm></GrpHdr>{}</BkToCstmrStmt></Document>",
        page("S-230", "", entries)
    )
}

fn page(id: &str, pages: &str, entries: &str) -> String {
    format!(
        "<Stmt><Id>{id}</Id>{pages}<CreDtTm>2026-11-30T20:00:00</CreDtTm>
<Acct><Id><IBAN>{OWN}</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2026-11-30</Dt></Dt></Bal>{entries}</Stmt>"
    )
}

/// An entry of the version's shape.
fn entry(version: u8, amount: &str, direction: &str, status: &str, rest: (&str, &str)) -> String {
    let status = if version < 7 { status.to_owned() } else { format!("<Cd>{status}</Cd>") };
    let (reference, details) = rest;
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>{status}</Sts>
<BookgDt><Dt>2026-11-30</Dt></BookgDt>{reference}<BkTxCd/>{details}</Ntry>"
    )
}

fn svcr(reference: &str) -> String {
    format!("<AcctSvcrRef>{reference}</AcctSvcrRef>")
}

/// Details of a transaction, of the version's shape: what it comes to, its names and its texts.
fn details(version: u8, amount: Option<&str>, refs: &str, parties: &str, text: &str) -> String {
    let amount = match amount {
        None if version < 8 && version > 3 => {
            "<Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd>".to_owned()
        }
        None => String::new(),
        Some(amount) if version > 3 => {
            format!("<Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>")
        }
        Some(amount) => {
            format!("<AmtDtls><TxAmt><Amt Ccy=\"EUR\">{amount}</Amt></TxAmt></AmtDtls>")
        }
    };
    format!("<TxDtls><Refs>{refs}</Refs>{amount}{parties}{text}</TxDtls>")
}

fn parties(version: u8, debtor: (&str, &str), creditor: (&str, &str)) -> String {
    let side = |role: &str, (name, iban): (&str, &str)| {
        let name = format!("<Nm>{name}</Nm>");
        let name = if version < 8 { name } else { format!("<Pty>{name}</Pty>") };
        format!("<{role}>{name}</{role}><{role}Acct><Id><IBAN>{iban}</IBAN></Id></{role}Acct>")
    };
    format!("<RltdPties>{}{}</RltdPties>", side("Dbtr", debtor), side("Cdtr", creditor))
}

fn told(document: &str) -> Statement {
    read(document.as_bytes()).unwrap()
}

fn one(reference: &str, amount_minor: i64, direction: Direction) -> Transaction {
    Transaction {
        bank_reference: reference.to_owned(),
        amount_minor,
        currency: "EUR".parse().unwrap(),
        direction,
        is_reversal: false,
        booked_on: "2026-11-30".parse().unwrap(),
        end_to_end_id: None,
        batch_id: None,
        mandate_reference: None,
        remittance: Vec::new(),
        structured: Vec::new(),
        counterparty_iban: None,
        counterparty_name: None,
        return_reason: None,
    }
}

#[test]
fn a_payment_is_read_alike_from_every_age() {
    let text = "<RmtInf><Ustrd>Florin &amp; Co</Ustrd><Ustrd>line\n  two</Ustrd>\
        <Strd><RfrdDocInf><Nb>STM-7</Nb></RfrdDocInf><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>";
    for version in AGES {
        let sides = parties(version, ("Grocer &#x42;.V.", GROCER), ("Arno", OWN));
        let refs = "<EndToEndId>ins-1</EndToEndId><MndtId>M-1</MndtId>";
        let details = details(version, None, refs, &sides, text);
        let details = format!("<NtryDtls>{details}</NtryDtls>");
        let entry = entry(version, "1234.5", "CRDT", "BOOK", (&svcr("2026113000017"), &details));
        let file = document(version, &entry);
        assert_eq!(complaints(&file, &format!("camt/camt.053.001.{version:02}.xsd")), "", "{file}");
        let statement = told(&file);
        assert_eq!((statement.id.as_str(), statement.account.as_str()), ("S-230", OWN));
        assert_eq!(statement.currency.code(), "EUR");
        let expected = Transaction {
            end_to_end_id: Some("ins-1".to_owned()),
            mandate_reference: Some("M-1".to_owned()),
            remittance: vec!["Florin & Co".to_owned(), "line two".to_owned()],
            structured: vec!["RF18539007547034".to_owned(), "STM-7".to_owned()],
            counterparty_iban: Some(GROCER.to_owned()),
            counterparty_name: Some("Grocer B.V.".to_owned()),
            ..one("2026-11-30/2026113000017", 123_450, Direction::Credit)
        };
        assert_eq!(statement.transactions, [expected], "version {version}");
    }
}

#[test]
fn a_batch_is_split_where_its_parts_come_to_it_and_else_left_whole() {
    for version in AGES {
        let part = |amount: Option<&str>, id: &str| {
            details(version, amount, &format!("<EndToEndId>{id}</EndToEndId>"), "", "")
        };
        let batch = |total: &str, parts: &[(Option<&str>, &str)]| {
            let parts: String = parts.iter().map(|(amount, id)| part(*amount, id)).collect();
            let details = format!("<NtryDtls>{parts}</NtryDtls>");
            document(version, &entry(version, total, "CRDT", "BOOK", (&svcr("B1"), &details)))
        };
        let ids = |file: &str| -> Vec<(String, i64, Option<String>)> {
            let schema = format!("camt/camt.053.001.{version:02}.xsd");
            assert_eq!(complaints(file, &schema), "", "{file}");
            let all = told(file).transactions.into_iter();
            all.map(|one| (one.bank_reference, one.amount_minor, one.end_to_end_id)).collect()
        };
        let named = |name: &str, minor: i64, id: Option<&str>| {
            (format!("2026-11-30/B1{name}"), minor, id.map(str::to_owned))
        };
        let split = batch("30.00", &[(Some("10.00"), "a"), (Some("20"), "NOTPROVIDED")]);
        assert_eq!(ids(&split), [named("/1", 1000, Some("a")), named("/2", 2000, None)]);
        let short = batch("30.00", &[(Some("10.00"), "a"), (Some("19.99"), "b")]);
        assert_eq!(ids(&short), [named("", 3000, None)]);
        let single = batch("29.00", &[(Some("30.00"), "a")]);
        assert_eq!(ids(&single), [named("", 2900, Some("a"))], "what arrived, less charges");
        if version != 4 {
            let mute = batch("30.00", &[(Some("10.00"), "a"), (None, "b")]);
            assert_eq!(ids(&mute), [named("", 3000, None)]);
        }
    }
}

#[test]
fn a_batch_that_is_booked_at_once_is_known_by_what_we_called_it() {
    for version in AGES {
        let batch =
            "<NtryDtls><Btch><PmtInfId>ins-1-B2B</PmtInfId><NbOfTxs>3</NbOfTxs></Btch></NtryDtls>";
        let part = details(version, None, "<PmtInfId>ins-1-CORE</PmtInfId>", "", "");
        let part = format!("<NtryDtls>{part}</NtryDtls>");
        let all =
            [batch, &part].map(|rest| entry(version, "9", "CRDT", "BOOK", ("", rest))).concat();
        let file = document(version, &all);
        assert_eq!(complaints(&file, &format!("camt/camt.053.001.{version:02}.xsd")), "", "{file}");
        let ids = told(&file).transactions.into_iter().map(|one| one.batch_id);
        assert_eq!(ids.flatten().collect::<Vec<_>>(), ["ins-1-B2B", "ins-1-CORE"]);
    }
}

#[test]
fn only_what_moved_money_is_told() {
    let entry = |status: &str, amount: &str| entry(8, amount, "DBIT", status, ("", ""));
    let all: String =
        [("PDNG", "1"), ("INFO", "2"), ("BOOK", "0.00"), ("FUTR", "3"), ("BOOK", "4")]
            .map(|(status, amount)| entry(status, amount))
            .concat();
    let expected = one("2026-11-30/S-230/1/#5", 400, Direction::Debit);
    assert_eq!(told(&document(8, &all)).transactions, [expected]);
}

#[test]
fn each_transaction_has_a_name_of_its_own_and_the_same_in_the_next_file() {
    let of = |reference: &str, numbered: &str| {
        entry(8, "1.00", "CRDT", "BOOK", (reference, ""))
            .replace("<Ntry>", &format!("<Ntry>{numbered}"))
    };
    let numbered = "<NtryRef>7</NtryRef>";
    let all = [of(&svcr("A"), numbered), of(&svcr("A"), ""), of("", numbered), of("", "")];
    let only = details(8, None, "<AcctSvcrRef>T</AcctSvcrRef>", "", "");
    let only =
        entry(8, "1", "CRDT", "BOOK", (&svcr("NONREF"), &format!("<NtryDtls>{only}</NtryDtls>")));
    let (all, later) = (all.concat() + &only, of(&svcr("A+2"), ""));
    let names = |file: &str| -> Vec<String> {
        told(file).transactions.into_iter().map(|one| one.bank_reference).collect()
    };
    let pages = |entries: &[(&str, &str)]| -> String {
        let first = document(8, "");
        let page = |(number, entries): &(&str, &str)| {
            let number =
                format!("<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>");
            page("S-231", &number, entries)
        };
        let pages: String = entries.iter().map(page).collect();
        first.replace("</BkToCstmrStmt>", &format!("{pages}</BkToCstmrStmt>"))
    };
    let file = pages(&[("1", &all), ("2", &later), ("3", &of("", ""))]);
    assert_eq!(complaints(&file, "camt/camt.053.001.08.xsd"), "", "{file}");
    let expected = ["A", "A+2", "S-231/1/7", "S-231/1/#4", "T", "A+2+2", "S-231/3/#1"];
    assert_eq!(names(&file), expected.map(|name| format!("2026-11-30/{name}")));
    assert_eq!(names(&file), names(&file));
}

#[test]
fn the_other_side_is_never_we() {
    let (we, grocer) = (("Arno", OWN), ("Grocer", GROCER));
    for (direction, reversal, debtor, creditor) in [
        ("CRDT", false, grocer, we),
        ("DBIT", false, we, grocer),
        // A debit of theirs that came back, and a payment of ours: as they were at first, or turned round.
        ("DBIT", true, grocer, we),
        ("DBIT", true, we, grocer),
        ("CRDT", true, we, grocer),
        ("CRDT", false, we, grocer),
    ] {
        let back = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>";
        let details = details(8, None, "", &parties(8, debtor, creditor), back);
        let details = format!("<NtryDtls>{details}</NtryDtls>");
        let mut one = entry(8, "5.00", direction, "BOOK", (&svcr("R"), &details));
        if reversal {
            one = one.replace("</CdtDbtInd><Sts>", "</CdtDbtInd><RvslInd>true</RvslInd><Sts>");
        }
        let file = document(8, &one);
        assert_eq!(complaints(&file, "camt/camt.053.001.08.xsd"), "", "{file}");
        let told = told(&file).transactions.remove(0);
        assert_eq!(told.counterparty_iban.as_deref(), Some(GROCER));
        assert_eq!(told.counterparty_name.as_deref(), Some("Grocer"));
        assert_eq!((told.is_reversal, told.return_reason.as_deref()), (reversal, Some("AC04")));
    }
}

#[test]
fn what_the_bank_says_stands_where_nobody_else_said_anything() {
    let told_by_bank = "<AddtlNtryInf>Account fee\u{7}</AddtlNtryInf>";
    let fee = entry(8, "5.00", "DBIT", "BOOK", ("", told_by_bank));
    assert_eq!(told(&document(8, &fee)).transactions[0].remittance, ["Account fee"]);
}

#[test]
fn prefixes_comments_and_what_others_add_change_nothing() {
    let plain = document(8, &entry(8, "5.00", "DBIT", "BOOK", (&svcr("A"), "")));
    let prefixed = plain
        .replace("xmlns=", "xmlns:c=")
        .replace("</", "\u{0}")
        .replace('<', "<c:")
        .replace('\u{0}', "</c:")
        .replace("<c:?xml", "<?xml")
        .replace("5.00", "5<!-- five -->.<![CDATA[00]]>");
    let foreign = plain.replace(
        "<Ntry>",
        "<x:Ntry xmlns:x=\"urn:other\"><Amt>1</Amt><x:y/></x:Ntry><?go on?><Ntry>",
    );
    for file in [prefixed, foreign, format!("\u{feff}{plain}\n")] {
        assert_eq!(read(file.as_bytes()), read(plain.as_bytes()), "{file}");
    }
    assert_eq!(told(&plain).transactions.len(), 1);
}

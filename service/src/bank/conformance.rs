//! Files for the bank against the schemas that ISO 20022 publishes: whatever names, amounts and texts there
//! are, a bank can read them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use entity::partners::partner_bank_account::MandateScheme;
use proptest::prelude::*;

use super::*;

/// What `xmllint` says of a file by a schema under `tests`; nothing if it is right.
pub(super) fn complaints(file: &str, schema: &str) -> String {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests").join(schema);
    let mut lint = Command::new("xmllint");
    let lint = lint.args(["--nonet", "--noout", "--schema"]).arg(schema).arg("-");
    let lint = lint.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut lint = lint.spawn().expect("xmllint, of libxml2-utils, checks files for the bank");
    lint.stdin.take().unwrap().write_all(file.as_bytes()).unwrap();
    let done = lint.wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    if done.status.success() { String::new() } else { said }
}

fn party(name: &str, bic: Option<&str>) -> Party {
    let iban = "DE89370400440532013000".to_owned();
    Party { name: name.to_owned(), iban, bic: bic.map(str::to_owned) }
}

fn group(currency: &str) -> Group {
    Group {
        id: "ins_01h2xcejqtf2nbrexx3vqjhp41".to_owned(),
        made_at: "2026-11-30T10:00:00Z".parse().unwrap(),
        currency: currency.parse().unwrap(),
        own: party("Arno & Co", None),
    }
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn transfer(id: &str, amount_minor: i64, creditor: Party, text: &str) -> Transfer {
    let (id, remittance) = (id.to_owned(), text.to_owned());
    Transfer { id, amount_minor, executes_on: day("2026-12-02"), creditor, remittance }
}

fn collection(id: &str, amount_minor: i64, scheme: MandateScheme) -> Collection {
    let (signed_on, executes_on) = (day("2026-01-15"), day("2026-12-02"));
    let mandate = Mandate { reference: format!("M/{id}"), signed_on, scheme };
    let (id, remittance) = (id.to_owned(), "Florin 2026-11".to_owned());
    Collection { id, amount_minor, executes_on, debtor: party("Grocer", None), mandate, remittance }
}

const CREDITOR: &str = "DE98ZZZ09999999999";

/// As members' payouts have been written from the beginning.
const FILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
 <CstmrCdtTrfInitn>
  <GrpHdr>
   <MsgId>ins-01h2xcejqtf2nbrexx3vqjhp41</MsgId>
   <CreDtTm>2026-11-30T10:00:00Z</CreDtTm>
   <NbOfTxs>1</NbOfTxs>
   <CtrlSum>6.50</CtrlSum>
   <InitgPty>
    <Nm>Arno + Co</Nm>
   </InitgPty>
  </GrpHdr>
  <PmtInf>
   <PmtInfId>ins-01h2xcejqtf2nbrexx3vqjhp41</PmtInfId>
   <PmtMtd>TRF</PmtMtd>
   <NbOfTxs>1</NbOfTxs>
   <CtrlSum>6.50</CtrlSum>
   <PmtTpInf>
    <SvcLvl>
     <Cd>SEPA</Cd>
    </SvcLvl>
   </PmtTpInf>
   <ReqdExctnDt>
    <Dt>2026-12-02</Dt>
   </ReqdExctnDt>
   <Dbtr>
    <Nm>Arno + Co</Nm>
   </Dbtr>
   <DbtrAcct>
    <Id>
     <IBAN>DE89370400440532013000</IBAN>
    </Id>
   </DbtrAcct>
   <DbtrAgt>
    <FinInstnId>
     <Othr>
      <Id>NOTPROVIDED</Id>
     </Othr>
    </FinInstnId>
   </DbtrAgt>
   <ChrgBr>SLEV</ChrgBr>
   <CdtTrfTxInf>
    <PmtId>
     <EndToEndId>pyo-1</EndToEndId>
    </PmtId>
    <Amt>
     <InstdAmt Ccy="EUR">6.50</InstdAmt>
    </Amt>
    <Cdtr>
     <Nm>Bo O&apos;Neil + Sohne</Nm>
    </Cdtr>
    <CdtrAcct>
     <Id>
      <IBAN>DE89370400440532013000</IBAN>
     </Id>
    </CdtrAcct>
    <RmtInf>
     <Ustrd>Cashback arno</Ustrd>
    </RmtInf>
   </CdtTrfTxInf>
  </PmtInf>
 </CstmrCdtTrfInitn>
</Document>
"#;

#[test]
fn a_transfer_is_written_so_and_no_byte_otherwise() {
    let one = transfer("pyo_1", 650, party("Bo <O'Neil> & Söhne", None), "Cashback arno");
    assert_eq!(transfers(&group("EUR"), &[one]).unwrap(), FILE);
    assert_eq!(complaints(FILE, "pain/pain.001.001.09.xsd"), "");
}

#[test]
fn direct_debits_of_each_scheme_are_a_part_of_their_own() {
    let all = [
        collection("c1", 12_345, MandateScheme::Core),
        collection("c2", 1, MandateScheme::B2b),
        collection("c3", 99_999_999_999, MandateScheme::Core),
    ];
    let file = collections(&group("EUR"), CREDITOR, &all).unwrap();
    assert_eq!(complaints(&file, "pain/pain.008.001.08.xsd"), "", "{file}");
    for (part, times) in [
        ("<CtrlSum>1000000123.45</CtrlSum>", 1),
        ("<CtrlSum>1000000123.44</CtrlSum>", 1),
        ("<PmtInfId>ins-01h2xcejqtf2nbrexx3vqjhp41-B2B</PmtInfId>", 1),
        ("<PmtInfId>ins-01h2xcejqtf2nbrexx3vqjhp41-CORE</PmtInfId>", 1),
        ("<Cd>B2B</Cd>", 1),
        ("<SeqTp>RCUR</SeqTp>", 2),
        ("<Id>DE98ZZZ09999999999</Id>", 2),
        ("<MndtId>M/c3</MndtId>", 1),
        ("<DtOfSgntr>2026-01-15</DtOfSgntr>", 3),
        ("<ReqdColltnDt>2026-12-02</ReqdColltnDt>", 2),
    ] {
        assert_eq!(file.matches(part).count(), times, "{part} in {file}");
    }
    let alone = collections(&group("EUR"), CREDITOR, &all[1..2]).unwrap();
    assert_eq!(alone.matches("<PmtInf>").count(), 1);
}

#[test]
fn what_moves_on_another_day_is_a_part_of_its_own() {
    let later = |one: &mut chrono::NaiveDate| *one = day("2026-12-09");
    let mut paid: Vec<Transfer> =
        (1..=3).map(|n| transfer(&format!("p{n}"), n * 100, party("Bo", None), "x")).collect();
    later(&mut paid[0].executes_on);
    let group = Group { id: "FL0123456789ABCDEF012345".to_owned(), ..group("EUR") };
    let file = transfers(&group, &paid).unwrap();
    assert_eq!(complaints(&file, "pain/pain.001.001.09.xsd"), "", "{file}");
    let mut fetched = [
        collection("c1", 100, MandateScheme::Core),
        collection("c2", 200, MandateScheme::B2b),
        collection("c3", 300, MandateScheme::Core),
    ];
    later(&mut fetched[0].executes_on);
    let drawn = collections(&group, CREDITOR, &fetched).unwrap();
    assert_eq!(complaints(&drawn, "pain/pain.008.001.08.xsd"), "", "{drawn}");
    let id = "<PmtInfId>FL0123456789ABCDEF012345";
    for (file, part) in [
        (&file, format!("{id}-1</PmtInfId>")),
        (&file, format!("{id}-2</PmtInfId>")),
        (&file, "<CtrlSum>5.00</CtrlSum>".to_owned()),
        (&file, "<CtrlSum>6.00</CtrlSum>".to_owned()),
        (&drawn, format!("{id}-1-B2B</PmtInfId>")),
        (&drawn, format!("{id}-1-CORE</PmtInfId>")),
        (&drawn, format!("{id}-2-CORE</PmtInfId>")),
        (&drawn, "<ReqdColltnDt>2026-12-09</ReqdColltnDt>".to_owned()),
    ] {
        assert_eq!(file.matches(&part).count(), 1, "{part} in {file}");
    }
}

fn refused(outcome: Result<String>) -> Option<Code> {
    match outcome.unwrap_err() {
        Error::Refused(refusal) => Some(refusal.code),
        Error::Internal(_) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_no_bank_would_take_is_not_written() {
    let pays = |currency: &str, all: &[(&str, i64)]| {
        let one = |(id, minor): &(&str, i64)| transfer(id, *minor, party("Bo", None), "x");
        transfers(&group(currency), &all.iter().map(one).collect::<Vec<_>>())
    };
    assert_eq!(refused(pays("EUR", &[("a", 100_000_000_000)])), Some(Code::AmountInvalid));
    assert!(pays("EUR", &[("a", 99_999_999_999)]).is_ok());
    let most = 999_999_999_999_999_999;
    assert!(pays("USD", &[("a", most)]).is_ok());
    assert_eq!(refused(pays("USD", &[("a", most + 1)])), Some(Code::AmountInvalid));
    assert_eq!(refused(pays("USD", &[("a", most), ("b", 1)])), Some(Code::Overflow));
    // No caller of ours may ask for these.
    for wrong in
        [&[][..], &[("a", 0)], &[("a", -1)], &[("a", 1), ("a", 1)], &[("", 1)], &[("/", 1)]]
    {
        assert_eq!(refused(pays("EUR", wrong)), None, "{wrong:?}");
    }
    assert_eq!(refused(pays("EUR", &[(&"a".repeat(36), 1)])), None);
    let fetch = |currency: &str, creditor_id: &str| {
        collections(&group(currency), creditor_id, &[collection("c", 1, MandateScheme::Core)])
    };
    assert_eq!(refused(fetch("USD", CREDITOR)), Some(Code::CurrencyMismatch));
    assert_eq!(refused(fetch("EUR", "DE97ZZZ09999999999")), Some(Code::CreditorIdInvalid));
    let mut odd = collection("c", 1, MandateScheme::Core);
    odd.mandate.reference = "Ä".to_owned();
    assert_eq!(refused(collections(&group("EUR"), CREDITOR, &[odd])), None);
}

#[test]
fn an_account_is_not_told_to_logs() {
    assert_eq!(format!("{:?}", party("Bo", None)), "Bo DE89 **** **** 3000");
}

/// Names and texts in any script, with what XML itself means something by.
fn words() -> impl Strategy<Value = String> {
    let odd = "[a-zA-ZäßŁøЩγ王あ한عב& <>\"'\\]/;{}€❤😀\u{0}\u{1}\u{301}\u{202e}\n\t-]{0,200}";
    prop_oneof![odd, any::<String>(), Just(String::new())]
}

fn bic() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![Just(None), Just(Some("COBADEFF")), Just(Some("COBADEFFXXX"))]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_transfers_are_a_file_by_its_schema(
        all in prop::collection::vec((words(), words(), 1..=SEPA_MINOR_MAX, bic()), 1..6),
        own in words(),
        own_bic in bic(),
        currency in prop::sample::select(vec!["EUR", "USD", "JPY", "BHD"]),
        id in "[A-Za-z0-9_-]{1,35}",
    ) {
        let group = Group { id, own: party(&own, own_bic), ..group(currency) };
        let one = |(number, (name, text, minor, bic)): (usize, &(String, String, i64, _))| {
            transfer(&format!("{number:0>35}"), *minor, party(name, *bic), text)
        };
        let list: Vec<_> = all.iter().enumerate().map(one).collect();
        let file = transfers(&group, &list).unwrap();
        prop_assert_eq!(complaints(&file, "pain/pain.001.001.09.xsd"), "", "{}", file);
        prop_assert_eq!(&file, &transfers(&group, &list).unwrap());
        let total: i64 = list.iter().map(|one| one.amount_minor).sum();
        let total = format!("<CtrlSum>{}</CtrlSum>", group.decimal(total));
        prop_assert_eq!(file.matches(&total).count(), 2);
        prop_assert!(file.is_ascii());
    }

    #[test]
    fn any_direct_debits_are_a_file_by_its_schema(
        all in prop::collection::vec((words(), 1..=SEPA_MINOR_MAX, bic(), any::<bool>()), 1..6),
        reference in "[A-Za-z0-9?:().,'+-]{1,35}",
    ) {
        let one = |(number, (text, minor, bic, is_core)): (usize, &(String, i64, _, bool))| {
            let scheme = if *is_core { MandateScheme::Core } else { MandateScheme::B2b };
            let mut one = collection(&format!("c{number}"), *minor, scheme);
            one.debtor = party(text, *bic);
            one.mandate.reference.clone_from(&reference);
            one.remittance.clone_from(text);
            one
        };
        let list: Vec<_> = all.iter().enumerate().map(one).collect();
        let file = collections(&group("EUR"), CREDITOR, &list).unwrap();
        prop_assert_eq!(complaints(&file, "pain/pain.008.001.08.xsd"), "", "{}", file);
        prop_assert_eq!(file.matches("<DrctDbtTxInf>").count(), list.len());
    }
}

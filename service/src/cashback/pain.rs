//! A payout run as the bank takes it: ISO 20022 pain.001.001.09, customer credit transfer initiation, in the
//! characters that every bank takes ([`super::latin`]).
//! Pure: the same run gives the same bytes, and its message id is its own, so that a bank that gets the
//! file twice sees that it is one.

use entity::amount::Money;
use entity::cashback::payout_run;
use entity::ids::PayoutId;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::bank_accounts::Account;
use super::latin;
use crate::error::{Error, Result};

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

/// One payment.
pub(super) struct Payment {
    pub(super) payout: PayoutId,
    pub(super) amount_minor: i64,
    pub(super) account: Account,
}

/// The file of a run, paid from the account that its row names; `remittance` is what members read on
/// their statements.
pub(super) fn document(
    run: &payout_run::Model,
    payments: &[Payment],
    remittance: &str,
) -> Result<String> {
    let mut xml = Xml(Writer::new_with_indent(Vec::new(), b' ', 1));
    xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.open_with("Document", ("xmlns", NAMESPACE))?;
    xml.open("CstmrCdtTrfInitn")?;
    header(&mut xml, run)?;
    xml.open("PmtInf")?;
    terms(&mut xml, run)?;
    for payment in payments {
        transaction(&mut xml, run, payment, remittance)?;
    }
    for name in ["PmtInf", "CstmrCdtTrfInitn", "Document"] {
        xml.close(name)?;
    }
    let mut text = String::from_utf8(xml.0.into_inner()).map_err(Error::internal)?;
    text.push('\n');
    Ok(text)
}

fn header(xml: &mut Xml, run: &payout_run::Model) -> Result<()> {
    xml.open("GrpHdr")?;
    xml.text("MsgId", &reference(&run.id.to_string()))?;
    xml.text("CreDtTm", &run.made_at.format("%Y-%m-%dT%H:%M:%SZ").to_string())?;
    sums(xml, run)?;
    xml.within(&["InitgPty"], "Nm", &name(&run.debtor_name))?;
    xml.close("GrpHdr")
}

fn terms(xml: &mut Xml, run: &payout_run::Model) -> Result<()> {
    xml.text("PmtInfId", &reference(&run.id.to_string()))?;
    xml.text("PmtMtd", "TRF")?;
    sums(xml, run)?;
    if run.currency.code() == "EUR" {
        xml.within(&["PmtTpInf", "SvcLvl"], "Cd", "SEPA")?;
    }
    xml.within(&["ReqdExctnDt"], "Dt", &run.executes_on)?;
    xml.within(&["Dbtr"], "Nm", &name(&run.debtor_name))?;
    xml.within(&["DbtrAcct", "Id"], "IBAN", &run.debtor_iban)?;
    match &run.debtor_bic {
        Some(bic) => xml.within(&["DbtrAgt", "FinInstnId"], "BICFI", bic)?,
        None => xml.within(&["DbtrAgt", "FinInstnId", "Othr"], "Id", "NOTPROVIDED")?,
    }
    xml.text("ChrgBr", "SLEV")
}

fn transaction(
    xml: &mut Xml,
    run: &payout_run::Model,
    payment: &Payment,
    remittance: &str,
) -> Result<()> {
    xml.open("CdtTrfTxInf")?;
    xml.within(&["PmtId"], "EndToEndId", &reference(&payment.payout.to_string()))?;
    xml.open("Amt")?;
    xml.open_with("InstdAmt", ("Ccy", run.currency.code()))?;
    xml.event(Event::Text(BytesText::new(&decimal(run, payment.amount_minor))))?;
    xml.close("InstdAmt")?;
    xml.close("Amt")?;
    xml.within(&["Cdtr"], "Nm", &name(&payment.account.holder))?;
    xml.within(&["CdtrAcct", "Id"], "IBAN", &payment.account.iban)?;
    xml.within(&["RmtInf"], "Ustrd", &latin::remittance(remittance))?;
    xml.close("CdtTrfTxInf")
}

fn sums(xml: &mut Xml, run: &payout_run::Model) -> Result<()> {
    xml.text("NbOfTxs", &run.payouts.to_string())?;
    xml.text("CtrlSum", &decimal(run, run.total_minor))
}

/// An amount with as many digits after the point as its currency has.
fn decimal(run: &payout_run::Model, minor: i64) -> String {
    Money { minor, currency: run.currency }.to_string()
}

/// A name as the bank takes it. One of which nothing is left isn't taken in the first place, and yet a
/// payment has to say something there.
fn name(name: &str) -> String {
    latin::name(name).unwrap_or_else(|| "NOTPROVIDED".to_owned())
}

/// An id in the characters that every bank takes.
pub(super) fn reference(id: &str) -> String {
    id.replace('_', "-")
}

struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn event(&mut self, event: Event<'_>) -> Result<()> {
        self.0.write_event(event).map_err(Error::internal)
    }

    fn open(&mut self, name: &str) -> Result<()> {
        self.event(Event::Start(BytesStart::new(name)))
    }

    fn open_with(&mut self, name: &str, attribute: (&str, &str)) -> Result<()> {
        self.event(Event::Start(BytesStart::new(name).with_attributes([attribute])))
    }

    fn close(&mut self, name: &str) -> Result<()> {
        self.event(Event::End(BytesEnd::new(name)))
    }

    fn text(&mut self, name: &str, text: &str) -> Result<()> {
        self.open(name)?;
        self.event(Event::Text(BytesText::new(text)))?;
        self.close(name)
    }

    fn within(&mut self, around: &[&str], name: &str, text: &str) -> Result<()> {
        for outer in around {
            self.open(outer)?;
        }
        self.text(name, text)?;
        around.iter().rev().try_for_each(|outer| self.close(outer))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_payment_always_says_to_whom() {
        assert_eq!(super::name("Jürgen"), "Jurgen");
        assert_eq!(super::name("❤"), "NOTPROVIDED");
    }
}

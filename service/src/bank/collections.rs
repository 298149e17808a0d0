//! Money fetched from others' accounts, as the bank takes it: ISO 20022 pain.008.001.08, customer direct
//! debit initiation, under SEPA's schemes for businesses (B2B) and for everybody (CORE).
//!
//! A mandate is signed for one of them, and a bank takes each by itself: a file has a part for each that
//! occurs, and for each day on which money moves. All debits say `RCUR`, which since 2016 the first one under a mandate may too, so that nobody has
//! to know whether a bank refused the one before.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use entity::partners::partner_bank_account::MandateScheme;
use serde::{Deserialize, Serialize};

use super::xml::Xml;
use super::{Group, Party, Sums, account, agent, amount, creditor, name, reference, remittance};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08";

/// A debtor's leave to fetch money from its account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mandate {
    /// Names it: unique with the creditor, 1 to 35 characters that every bank takes.
    pub reference: String,
    /// When the debtor signed it.
    pub signed_on: NaiveDate,
    /// For which scheme.
    pub scheme: MandateScheme,
}

/// One direct debit.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Names it, for ever, on its way there and back: of at most 35 characters.
    pub id: String,
    /// In cents, 1 or more.
    pub amount_minor: i64,
    /// On which day money moves.
    pub executes_on: NaiveDate,
    /// From whom it comes.
    pub debtor: Party,
    /// Who lets it.
    pub mandate: Mandate,
    /// What the debtor reads on its statement.
    pub remittance: String,
}

/// The file of these direct debits, for whoever has this creditor identifier. Refused where a currency isn't
/// SEPA's (`CURRENCY_MISMATCH`), the identifier is none (`CREDITOR_ID_INVALID`), one carries too much
/// (`AMOUNT_INVALID`), or all do (`OVERFLOW`).
pub fn collections(group: &Group, creditor_id: &str, all: &[Collection]) -> Result<String> {
    if !group.is_sepa() {
        let message = format!("SEPA direct debits are in EUR, not in {}.", group.currency);
        return Err(Refusal::new(Code::CurrencyMismatch).because(message).into());
    }
    let creditor_id = creditor::identifier(creditor_id)?;
    let mut xml = Xml::document(NAMESPACE)?;
    xml.open("CstmrDrctDbtInitn")?;
    group.header(&mut xml, &sums(group, &all.iter().collect::<Vec<_>>())?)?;
    let days: BTreeSet<NaiveDate> = all.iter().map(|one| one.executes_on).collect();
    for (number, day) in days.iter().enumerate() {
        for scheme in MandateScheme::ALL {
            let is_in =
                |one: &&Collection| one.executes_on == *day && one.mandate.scheme == *scheme;
            let part: Vec<&Collection> = all.iter().filter(is_in).collect();
            if part.is_empty() {
                continue;
            }
            xml.open("PmtInf")?;
            let name = format!("{}-{}", group.part(number, days.len()), scheme.name());
            terms(&mut xml, (&name, *day), *scheme, &sums(group, &part)?)?;
            whose(&mut xml, group, &creditor_id)?;
            part.into_iter().try_for_each(|one| transaction(&mut xml, group, one))?;
            xml.close("PmtInf")?;
        }
    }
    xml.close("CstmrDrctDbtInitn")?;
    xml.finish()
}

fn sums(group: &Group, all: &[&Collection]) -> Result<Sums> {
    Sums::of(group, all.iter().map(|one| (one.id.as_str(), one.amount_minor)))
}

fn terms(
    xml: &mut Xml,
    (name_of_part, day): (&str, NaiveDate),
    scheme: MandateScheme,
    sums: &Sums,
) -> Result<()> {
    xml.text("PmtInfId", &reference(name_of_part)?)?;
    xml.text("PmtMtd", "DD")?;
    sums.write(xml)?;
    xml.open("PmtTpInf")?;
    xml.within(&["SvcLvl"], "Cd", "SEPA")?;
    xml.within(&["LclInstrm"], "Cd", scheme.name())?;
    xml.text("SeqTp", "RCUR")?;
    xml.close("PmtTpInf")?;
    xml.text("ReqdColltnDt", &day.to_string())
}

fn whose(xml: &mut Xml, group: &Group, creditor_id: &str) -> Result<()> {
    xml.within(&["Cdtr"], "Nm", &name(&group.own.name))?;
    account(xml, "Cdtr", &group.own)?;
    agent(xml, "Cdtr", &group.own)?;
    xml.text("ChrgBr", "SLEV")?;
    let around = ["CdtrSchmeId", "Id", "PrvtId", "Othr"];
    around.iter().try_for_each(|outer| xml.open(outer))?;
    xml.text("Id", creditor_id)?;
    xml.within(&["SchmeNm"], "Prtry", "SEPA")?;
    around.iter().rev().try_for_each(|outer| xml.close(outer))
}

fn transaction(xml: &mut Xml, group: &Group, one: &Collection) -> Result<()> {
    xml.open("DrctDbtTxInf")?;
    xml.within(&["PmtId"], "EndToEndId", &reference(&one.id)?)?;
    amount(xml, group, one.amount_minor)?;
    xml.open("DrctDbtTx")?;
    xml.open("MndtRltdInf")?;
    xml.text("MndtId", &mandate_reference(&one.mandate.reference)?)?;
    xml.text("DtOfSgntr", &one.mandate.signed_on.to_string())?;
    xml.close("MndtRltdInf")?;
    xml.close("DrctDbtTx")?;
    agent(xml, "Dbtr", &one.debtor)?;
    xml.within(&["Dbtr"], "Nm", &name(&one.debtor.name))?;
    account(xml, "Dbtr", &one.debtor)?;
    remittance(xml, &one.remittance)?;
    xml.close("DrctDbtTxInf")
}

/// A mandate's reference as the debtor's bank has it, sign for sign.
fn mandate_reference(text: &str) -> Result<String> {
    let written = super::latin::reference(text);
    written.ok_or_else(|| Error::internal(format!("no bank takes {text} for a mandate")))
}

//! Payments out of our account, as the bank takes them: ISO 20022 pain.001.001.09, customer credit transfer
//! initiation.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::xml::Xml;
use super::{Group, Party, Sums, account, agent, amount, name, reference, remittance};
use crate::error::Result;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";

/// One payment.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// Names it, for ever, on its way there and back: of at most 35 characters.
    pub id: String,
    /// In minor units of the group's currency, 1 or more.
    pub amount_minor: i64,
    /// On which day money moves.
    pub executes_on: NaiveDate,
    /// Whom it goes to.
    pub creditor: Party,
    /// What the creditor reads on its statement.
    pub remittance: String,
}

/// The file of these payments, with a part for each day on which money moves. Refused where one carries too much (`AMOUNT_INVALID`), or all do
/// (`OVERFLOW`).
pub fn transfers(group: &Group, all: &[Transfer]) -> Result<String> {
    let mut days: BTreeMap<NaiveDate, Vec<&Transfer>> = BTreeMap::new();
    for one in all {
        days.entry(one.executes_on).or_default().push(one);
    }
    let mut xml = Xml::document(NAMESPACE)?;
    xml.open("CstmrCdtTrfInitn")?;
    group.header(&mut xml, &sums(group, all.iter())?)?;
    for (number, (day, part)) in days.iter().enumerate() {
        xml.open("PmtInf")?;
        let name = group.part(number, days.len());
        terms(&mut xml, group, (&name, *day), &sums(group, part.iter().copied())?)?;
        part.iter().try_for_each(|one| transaction(&mut xml, group, one))?;
        xml.close("PmtInf")?;
    }
    xml.close("CstmrCdtTrfInitn")?;
    xml.finish()
}

fn sums<'a>(group: &Group, all: impl Iterator<Item = &'a Transfer>) -> Result<Sums> {
    Sums::of(group, all.map(|one| (one.id.as_str(), one.amount_minor)))
}

fn terms(
    xml: &mut Xml,
    group: &Group,
    (name_of_part, day): (&str, NaiveDate),
    sums: &Sums,
) -> Result<()> {
    xml.text("PmtInfId", &reference(name_of_part)?)?;
    xml.text("PmtMtd", "TRF")?;
    sums.write(xml)?;
    if group.is_sepa() {
        xml.within(&["PmtTpInf", "SvcLvl"], "Cd", "SEPA")?;
    }
    xml.within(&["ReqdExctnDt"], "Dt", &day.to_string())?;
    xml.within(&["Dbtr"], "Nm", &name(&group.own.name))?;
    account(xml, "Dbtr", &group.own)?;
    agent(xml, "Dbtr", &group.own)?;
    xml.text("ChrgBr", "SLEV")
}

fn transaction(xml: &mut Xml, group: &Group, one: &Transfer) -> Result<()> {
    xml.open("CdtTrfTxInf")?;
    xml.within(&["PmtId"], "EndToEndId", &reference(&one.id)?)?;
    xml.open("Amt")?;
    amount(xml, group, one.amount_minor)?;
    xml.close("Amt")?;
    // Here a bank that isn't named needs no word.
    if one.creditor.bic.is_some() {
        agent(xml, "Cdtr", &one.creditor)?;
    }
    xml.within(&["Cdtr"], "Nm", &name(&one.creditor.name))?;
    account(xml, "Cdtr", &one.creditor)?;
    remittance(xml, &one.remittance)?;
    xml.close("CdtTrfTxInf")
}

//! The entries of statements as transactions. An entry may stand for many: they are told apart where the
//! bank says what each came to and that comes to the entry's amount, and else told as one.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use entity::amount::Money;

use super::parts::{self, amount};
use super::tree::Element;
use super::{Direction, NotAStatement, Transaction, missing};
use crate::bank::iban;

/// What has been read of a file.
pub(super) struct Entries<'a> {
    /// The account's own IBAN.
    own: &'a str,
    read: usize,
    references: BTreeSet<String>,
    /// How many have been called so.
    numbers: HashMap<String, u32>,
    transactions: Vec<Transaction>,
}

/// What an entry says for all that it stands for.
struct Entry<'a> {
    element: &'a Element,
    place: String,
    total: Money,
    direction: Direction,
    is_reversal: bool,
    booked_on: NaiveDate,
    /// By what it is known again.
    name: String,
}

/// A part of an entry's amount, and what is told of it.
struct Part<'a> {
    amount_minor: i64,
    direction: Direction,
    details: Option<&'a Element>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(own: &'a str) -> Self {
        let (references, numbers) = (BTreeSet::new(), HashMap::new());
        Self { own, read: 0, references, numbers, transactions: Vec::new() }
    }

    /// Reads a statement's entries. Of one in several pages each page is a file, and counts anew.
    pub(super) fn take(&mut self, statement: &Element, id: &str) -> Result<(), NotAStatement> {
        let page = statement.text_at(&["StmtPgntn", "PgNb"]).unwrap_or("1");
        let page = parts::name("a statement", "StmtPgntn/PgNb", page)?;
        for (index, element) in statement.children("Ntry").enumerate() {
            self.read += 1;
            let place = format!("entry {}", self.read);
            if !is_booked(element, &place)? {
                continue;
            }
            let booked_on = parts::booked_on(element, &place)?;
            let name = match named_by_bank(element, &place)? {
                Some(name) => name,
                None => format!("{id}/{page}/{}", place_in(element, &place, index)?),
            };
            let entry = Entry {
                total: amount(element.at(&["Amt"]).ok_or_else(|| missing(&place, "Amt"))?, &place)?,
                direction: parts::direction(element, &place)?,
                is_reversal: parts::is_reversal(element, &place)?,
                name: format!("{booked_on}/{name}"),
                booked_on,
                element,
                place,
            };
            self.tell(&entry)?;
        }
        Ok(())
    }

    /// All of it.
    pub(super) fn told(self) -> Vec<Transaction> {
        self.transactions
    }

    fn tell(&mut self, entry: &Entry<'_>) -> Result<(), NotAStatement> {
        let parts = entry.parts()?;
        let is_one = parts.len() == 1;
        for (index, part) in parts.into_iter().enumerate() {
            if part.amount_minor == 0 {
                continue;
            }
            let name =
                if is_one { entry.name.clone() } else { format!("{}/{}", entry.name, index + 1) };
            let bank_reference = self.unused(name);
            self.transactions.push(entry.transaction(bank_reference, &part, self.own)?);
        }
        Ok(())
    }

    /// The name, or the next one that the file has not: some banks call several entries alike.
    fn unused(&mut self, name: String) -> String {
        let number = self.numbers.entry(name.clone()).or_default();
        loop {
            *number += 1;
            let reference = if *number == 1 { name.clone() } else { format!("{name}+{number}") };
            if self.references.insert(reference.clone()) {
                return reference;
            }
        }
    }
}

impl<'a> Entry<'a> {
    /// What the entry stands for.
    fn parts(&self) -> Result<Vec<Part<'a>>, NotAStatement> {
        let all = self.element.children("NtryDtls").flat_map(|group| group.children("TxDtls"));
        let all: Vec<&Element> = all.collect();
        let whole =
            |details| Part { amount_minor: self.total.minor, direction: self.direction, details };
        if let [] | [_] = all[..] {
            return Ok(vec![whole(all.first().copied())]);
        }
        Ok(self.split(&all)?.unwrap_or_else(|| vec![whole(None)]))
    }

    /// Its parts, if each has an amount and they come to the whole.
    fn split(&self, all: &[&'a Element]) -> Result<Option<Vec<Part<'a>>>, NotAStatement> {
        let (mut parts, mut sum) = (Vec::new(), 0_i128);
        for (index, details) in all.iter().enumerate() {
            let place = format!("{}, transaction {}", self.place, index + 1);
            let found = details.at(&["Amt"]).or(details.at(&["AmtDtls", "TxAmt", "Amt"]));
            let Some(found) = found else { return Ok(None) };
            let Money { minor, currency } = amount(found, &place)?;
            if currency != self.total.currency {
                return Ok(None);
            }
            let direction = match details.at(&["CdtDbtInd"]) {
                Some(_) => parts::direction(details, &place)?,
                None => self.direction,
            };
            sum += signed(minor, direction);
            parts.push(Part { amount_minor: minor, direction, details: Some(*details) });
        }
        Ok((sum == signed(self.total.minor, self.direction)).then_some(parts))
    }

    fn transaction(
        &self,
        bank_reference: String,
        part: &Part<'_>,
        own: &str,
    ) -> Result<Transaction, NotAStatement> {
        let text_at = |path: &[&str]| part.details.and_then(|details| details.text_at(path));
        let reference = |path: &'static str, last: &'static str| {
            let found = text_at(&["Refs", last]).filter(parts::is_reference);
            found.map(|text| parts::name(&self.place, path, text)).transpose()
        };
        let (counterparty_name, counterparty_iban) = self.counterparty(part, own);
        Ok(Transaction {
            bank_reference,
            amount_minor: part.amount_minor,
            currency: self.total.currency,
            direction: part.direction,
            is_reversal: self.is_reversal,
            booked_on: self.booked_on,
            end_to_end_id: reference("Refs/EndToEndId", "EndToEndId")?,
            mandate_reference: reference("Refs/MndtId", "MndtId")?,
            batch_id: match reference("Refs/PmtInfId", "PmtInfId")? {
                Some(id) => Some(id),
                None => self.batch_id()?,
            },
            remittance: self.remittance(part),
            structured: part.details.map(structured).unwrap_or_default(),
            counterparty_iban,
            counterparty_name,
            return_reason: text_at(&["RtrInf", "Rsn", "Cd"]).map(parts::text),
        })
    }

    /// What the entry as a whole is known by to whoever sent the payments.
    fn batch_id(&self) -> Result<Option<String>, NotAStatement> {
        let path = "NtryDtls/Btch/PmtInfId";
        let found = self.element.text_at(&["NtryDtls", "Btch", "PmtInfId"]);
        let found = found.filter(parts::is_reference);
        found.map(|text| parts::name(&self.place, path, text)).transpose()
    }

    fn remittance(&self, part: &Part<'_>) -> Vec<String> {
        let given = part.details.and_then(|details| details.at(&["RmtInf"]));
        let lines = given.into_iter().flat_map(|given| given.children("Ustrd"));
        let lines: Vec<String> =
            lines.map(Element::text).filter(|line| !line.is_empty()).map(parts::text).collect();
        if given.is_some() {
            return lines;
        }
        let details = part.details.and_then(|details| details.text_at(&["AddtlTxInf"]));
        let told = details.or(self.element.text_at(&["AddtlNtryInf"]));
        told.map(parts::text).into_iter().collect()
    }

    /// The other side's name and IBAN. Of what was reversed or came back it stands where it stood at first,
    /// which not all banks keep to; our own account never is it.
    fn counterparty(&self, part: &Part<'_>, own: &str) -> (Option<String>, Option<String>) {
        let Some(parties) = part.details.and_then(|details| details.at(&["RltdPties"])) else {
            return (None, None);
        };
        let debtor = (party(parties, "Dbtr"), number(parties, "DbtrAcct"));
        let creditor = (party(parties, "Cdtr"), number(parties, "CdtrAcct"));
        let is_from_debtor = (part.direction == Direction::Credit) != self.is_reversal;
        let (first, second) = if is_from_debtor { (debtor, creditor) } else { (creditor, debtor) };
        let is_own = |side: &(Option<String>, Option<String>)| side.1.as_deref() == Some(own);
        if is_own(&first) || (first == (None, None) && !is_own(&second)) { second } else { first }
    }
}

/// Whether money has moved. An entry that waits is told again when it has.
fn is_booked(entry: &Element, place: &str) -> Result<bool, NotAStatement> {
    let status = entry.at(&["Sts"]).ok_or_else(|| missing(place, "Sts"))?;
    Ok(status.text_at(&["Cd"]).unwrap_or(status.text()) == "BOOK")
}

/// What the bank calls the entry, or the one transaction that it stands for.
fn named_by_bank(entry: &Element, place: &str) -> Result<Option<String>, NotAStatement> {
    let path = "AcctSvcrRef";
    let mut details = entry.children("NtryDtls").flat_map(|group| group.children("TxDtls"));
    let only = details.next().filter(|_| details.next().is_none());
    let of_only = only.and_then(|only| only.text_at(&["Refs", path]).filter(parts::is_reference));
    let found = entry.text_at(&[path]).filter(parts::is_reference).or(of_only);
    found.map(|text| parts::name(place, path, text)).transpose()
}

/// What the bank calls the entry within its statement, or at which place it stands there.
fn place_in(entry: &Element, place: &str, index: usize) -> Result<String, NotAStatement> {
    let path = "NtryRef";
    match entry.text_at(&[path]).filter(parts::is_reference) {
        Some(text) => parts::name(place, path, text),
        None => Ok(format!("#{}", index + 1)),
    }
}

/// Later versions put a person or a business, or a bank, one deeper.
fn party(parties: &Element, role: &str) -> Option<String> {
    let party = parties.at(&[role])?;
    let name = party.text_at(&["Nm"]).or(party.text_at(&["Pty", "Nm"]));
    name.or(party.text_at(&["Agt", "FinInstnId", "Nm"])).map(parts::text)
}

fn number(parties: &Element, account: &str) -> Option<String> {
    iban::electronic(parties.text_at(&[account, "Id", "IBAN"])?).ok()
}

fn structured(details: &Element) -> Vec<String> {
    let given = details.children("RmtInf").flat_map(|given| given.children("Strd"));
    let mut found = Vec::new();
    for one in given {
        found.extend(one.text_at(&["CdtrRefInf", "Ref"]));
        found.extend(one.children("RfrdDocInf").filter_map(|document| document.text_at(&["Nb"])));
        found.extend(one.children("AddtlRmtInf").map(Element::text));
    }
    found.into_iter().filter(|text| !text.is_empty()).map(parts::text).collect()
}

fn signed(minor: i64, direction: Direction) -> i128 {
    match direction {
        Direction::Credit => i128::from(minor),
        Direction::Debit => -i128::from(minor),
    }
}

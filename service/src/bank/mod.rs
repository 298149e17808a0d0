//! What banks are told and what they tell: ISO 20022 files of payments and direct debits, and statements of
//! accounts. Shared by whatever pays or is paid; who owes what, and why, is theirs.
//!
//! Pure: the same payments give the same bytes, and a file's message id is its group's own, so that a bank
//! that gets it twice sees that it is one. Everything is written in the characters that every bank takes
//! ([`latin`]).

pub mod collections;
#[cfg(test)]
mod conformance;
pub mod creditor;
pub mod days;
pub mod iban;
pub(crate) mod latin;
pub mod statement;
pub mod transfers;
mod xml;

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use entity::amount::{Currency, Money};
use sha2::{Digest, Sha256};

pub use self::collections::{Collection, Mandate, collections};
pub use self::transfers::{Transfer, transfers};

use self::xml::Xml;
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::text::hex;

/// The most that one SEPA payment carries: 999,999,999.99.
const SEPA_MINOR_MAX: i64 = 99_999_999_999;
/// The most digits of an amount, or of a sum of them, in any payment file.
const MINOR_MAX: i64 = 999_999_999_999_999_999;

/// Who holds an account, as its bank knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Party {
    /// The holder's name, in any script.
    pub name: String,
    /// The account's number, without spaces.
    pub iban: String,
    /// The bank, where it wants to be named.
    pub bic: Option<String>,
}

/// A number that nobody may read in a log.
impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, iban::masked(&self.iban))
    }
}

/// What the payments of a file share.
#[derive(Clone, Debug)]
pub struct Group {
    /// Names the file, for ever: of at most 30 characters, and 26 where money moves on several days.
    pub id: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Of all amounts.
    pub currency: Currency,
    /// The account that pays, or that is paid.
    pub own: Party,
}

impl Group {
    fn header(&self, xml: &mut Xml, sums: &Sums) -> Result<()> {
        xml.open("GrpHdr")?;
        xml.text("MsgId", &reference(&self.id)?)?;
        xml.text("CreDtTm", &self.made_at.format("%Y-%m-%dT%H:%M:%SZ").to_string())?;
        sums.write(xml)?;
        xml.within(&["InitgPty"], "Nm", &name(&self.own.name))?;
        xml.close("GrpHdr")
    }

    fn is_sepa(&self) -> bool {
        self.currency.code() == "EUR"
    }

    /// What the part of the file is called whose money moves on the day of that number. Where there is one
    /// day only, parts are called as the file is.
    fn part(&self, day: usize, days: usize) -> String {
        if days == 1 { self.id.clone() } else { format!("{}-{}", self.id, day + 1) }
    }

    /// An amount with as many digits after the point as its currency has.
    fn decimal(&self, minor: i64) -> String {
        Money { minor, currency: self.currency }.to_string()
    }
}

/// How many payments, and what they come to.
struct Sums {
    count: usize,
    total: String,
}

impl Sums {
    /// Of payments that can stand in one file: some at all, each with an id of its own, each above nothing
    /// and within what one payment carries.
    fn of<'a>(group: &Group, all: impl Iterator<Item = (&'a str, i64)>) -> Result<Self> {
        let minor_max = if group.is_sepa() { SEPA_MINOR_MAX } else { MINOR_MAX };
        let (mut ids, mut total) = (BTreeSet::new(), 0_i64);
        for (id, amount_minor) in all {
            if amount_minor < 1 || !ids.insert(id) {
                return Err(Error::internal(format!("{id} can't be paid, or is there twice")));
            }
            if amount_minor > minor_max {
                let amount = group.decimal(amount_minor);
                let message = format!("One payment can't carry {amount} {}.", group.currency);
                return Err(Refusal::new(Code::AmountInvalid).because(message).into());
            }
            let sum = total.checked_add(amount_minor).filter(|sum| *sum <= MINOR_MAX);
            total = sum.ok_or(Refusal::new(Code::Overflow))?;
        }
        match ids.len() {
            0 => Err(Error::internal("a file for the bank has payments")),
            count => Ok(Self { count, total: group.decimal(total) }),
        }
    }

    fn write(&self, xml: &mut Xml) -> Result<()> {
        xml.text("NbOfTxs", &self.count.to_string())?;
        xml.text("CtrlSum", &self.total)
    }
}

/// SHA-256 in capital hexadecimal digits, as many of the first as are wanted: what a reference may hold.
pub(crate) fn hash(text: &str, digits: usize) -> String {
    hex(&Sha256::digest(text.as_bytes())).to_uppercase().chars().take(digits).collect()
}

/// The number of a party's account.
fn account(xml: &mut Xml, role: &str, party: &Party) -> Result<()> {
    xml.within(&[&format!("{role}Acct"), "Id"], "IBAN", &party.iban)
}

/// The bank of a party's account; one that isn't named is found by the account's number.
fn agent(xml: &mut Xml, role: &str, party: &Party) -> Result<()> {
    let role = format!("{role}Agt");
    match &party.bic {
        Some(bic) => xml.within(&[&role, "FinInstnId"], "BICFI", bic),
        None => xml.within(&[&role, "FinInstnId", "Othr"], "Id", "NOTPROVIDED"),
    }
}

/// What one payment carries.
fn amount(xml: &mut Xml, group: &Group, minor: i64) -> Result<()> {
    xml.text_with("InstdAmt", ("Ccy", group.currency.code()), &group.decimal(minor))
}

/// What the other side reads on its statement; nothing where nothing is left of it.
fn remittance(xml: &mut Xml, text: &str) -> Result<()> {
    let text = latin::remittance(text);
    if text.is_empty() { Ok(()) } else { xml.within(&["RmtInf"], "Ustrd", &text) }
}

/// A name as the bank takes it. One of which nothing is left isn't taken in the first place, and yet a
/// payment has to say something there.
fn name(name: &str) -> String {
    latin::name(name).unwrap_or_else(|| "NOTPROVIDED".to_owned())
}

/// An id as the bank takes it. It is ours, and never cut: two that differ at their ends would become one.
fn reference(id: &str) -> Result<String> {
    let written = id.replace('_', "-");
    latin::reference(&written)
        .ok_or_else(|| Error::internal(format!("no bank takes {id} for a reference")))
}

//! Statements of our account, as banks send them: ISO 20022 camt.053, versions 001.02 to 001.13. Read by
//! local names: what is wanted of it has had the same ones throughout, and lies deeper in some.
//!
//! What a bank sends is somebody else's text: it is bounded, has no document type and thus no entities of its
//! own, and what isn't understood is refused with its place. Nothing is guessed about money: what is booked
//! is read to the last unit, and the transactions of a statement always come to what its entries do. What
//! isn't booked yet, is only told, or moves nothing is left out.
//!
//! **Each transaction has a reference by which it is known again**, in the next file too, so that none is
//! booked twice: its day, and what the bank calls its entry; where the bank doesn't, the statement and the
//! entry's place in it. Of several in one entry or under one name, each has its number. It holds for one
//! account. What a bank sends anew under another statement's name, without names of its own, it can't know.

mod entries;
mod parts;
#[cfg(test)]
mod tests;
mod tree;

use chrono::NaiveDate;
use entity::amount::Currency;

use super::iban;
use entries::Entries;
use parts::amount;
use tree::Element;

/// The most bytes that are read: what a request with a large body has room for, written as JSON.
pub const BYTES_MAX: usize = 3 * 1024 * 1024;
/// How deep elements may lie, and how many there may be. A statement is some 20 deep.
const DEPTH_MAX: usize = 40;
const ELEMENTS_MAX: usize = 250_000;
/// What a statement's namespace is, but for its version.
const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.";
/// The versions that are read.
const VERSIONS: std::ops::RangeInclusive<u8> = 2..=13;

/// What was booked on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What the bank calls it; the first, where a file has several.
    pub id: String,
    /// The account's IBAN, without spaces.
    pub account: String,
    /// What the account is kept in.
    pub currency: Currency,
    /// In the order of the file.
    pub transactions: Vec<Transaction>,
}

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the account.
    Credit,
    /// From it.
    Debit,
}

/// One movement on the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// By what it is known again: unique among all transactions of the account.
    pub bank_reference: String,
    /// In minor units, 1 or more.
    pub amount_minor: i64,
    /// Of what.
    pub currency: Currency,
    /// To the account, or from it.
    pub direction: Direction,
    /// Whether it undoes an earlier one: a credit that does gives back what was debited.
    pub is_reversal: bool,
    /// The day on which it was booked.
    pub booked_on: NaiveDate,
    /// What whoever began the payment calls it.
    pub end_to_end_id: Option<String>,
    /// What whoever sent it calls the part of the file that it was in (`PmtInfId`): all that is known of ours
    /// where a bank books such a part at once and doesn't tell its payments.
    pub batch_id: Option<String>,
    /// Which direct debit mandate it was under.
    pub mandate_reference: Option<String>,
    /// What the payer wrote, line by line; where nobody did, what the bank did.
    pub remittance: Vec<String>,
    /// The references and document numbers that the payer gave.
    pub structured: Vec<String>,
    /// The other side's IBAN, without spaces.
    pub counterparty_iban: Option<String>,
    /// The other side's name.
    pub counterparty_name: Option<String>,
    /// Why it came back, if it did: a code such as `AC04`.
    pub return_reason: Option<String>,
}

/// Why a file isn't read. Each says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAStatement {
    /// More than [`BYTES_MAX`].
    #[error("it has {0} bytes, and at most {BYTES_MAX} are read: ask the bank for shorter periods")]
    TooLarge(usize),
    /// More than a statement has.
    #[error("it has more than {ELEMENTS_MAX} elements: ask the bank for shorter periods")]
    TooMany,
    /// Deeper than a statement is.
    #[error("its elements lie more than {DEPTH_MAX} deep, which those of a statement don't")]
    TooDeep,
    /// Something else than UTF-8.
    #[error("it isn't written in UTF-8, as statements are")]
    NotUtf8,
    /// XML that isn't.
    #[error("it isn't well-formed XML at byte {at}: {why}")]
    Malformed {
        /// Where.
        at: u64,
        /// What the parser says.
        why: String,
    },
    /// A DTD, or an entity that only a DTD could explain.
    #[error("it has a document type or entities of its own, which no statement has")]
    DocumentType,
    /// Another message.
    #[error("it is {0}, and not a camt.053 of version 001.02 to 001.13")]
    WrongDocument(String),
    /// Statements of several accounts.
    #[error("it has statements of several accounts: send each account's by itself")]
    SeveralAccounts,
    /// Something that every statement has.
    #[error("{place} has no {element}")]
    Missing {
        /// In what: `entry 3`.
        place: String,
        /// The path to it.
        element: &'static str,
    },
    /// No amount, or one below zero.
    #[error(
        "{place}: {found:?} isn't an amount of {currency}: 0 or more, with the digits that it has"
    )]
    Amount {
        /// In what.
        place: String,
        /// What stands there.
        found: String,
        /// Of what it should be one.
        currency: Currency,
    },
    /// No currency.
    #[error("{place}: {found:?} isn't a currency's ISO 4217 code")]
    Currency {
        /// In what.
        place: String,
        /// What stands there.
        found: String,
    },
    /// Another value that can't be.
    #[error("{place}: {element} says {found:?}, and should be {right}")]
    Value {
        /// In what.
        place: String,
        /// The path to it.
        element: &'static str,
        /// What stands there.
        found: String,
        /// What would be right.
        right: &'static str,
    },
}

/// What a file says of one account.
pub fn read(xml: &[u8]) -> Result<Statement, NotAStatement> {
    let document = tree::read(xml)?;
    let statements: Vec<&Element> =
        document.children("BkToCstmrStmt").flat_map(|message| message.children("Stmt")).collect();
    let first = statements.first().ok_or_else(|| missing("the document", "BkToCstmrStmt/Stmt"))?;
    let account = account_of(first)?;
    let currency = currency_of(first)?;
    let mut entries = Entries::new(&account);
    for statement in &statements {
        if account_of(statement)? != account {
            return Err(NotAStatement::SeveralAccounts);
        }
        entries.take(statement, &name_of(statement)?)?;
    }
    let transactions = entries.told();
    Ok(Statement { id: name_of(first)?, account, currency, transactions })
}

/// What the bank calls a statement.
fn name_of(statement: &Element) -> Result<String, NotAStatement> {
    let id = statement.text_at(&["Id"]).ok_or_else(|| missing("a statement", "Id"))?;
    parts::name("a statement", "Id", id)
}

fn account_of(statement: &Element) -> Result<String, NotAStatement> {
    let path = "Acct/Id/IBAN";
    let found = statement.text_at(&["Acct", "Id", "IBAN"]);
    let found = found.ok_or_else(|| missing("a statement", path))?;
    // The number itself is nobody's to read in a message.
    iban::electronic(found).map_err(|_| NotAStatement::Value {
        place: "a statement".to_owned(),
        element: path,
        found: "***".to_owned(),
        right: "an IBAN",
    })
}

/// The account's currency, if the bank says it; else that of its first balance, which it must have.
fn currency_of(statement: &Element) -> Result<Currency, NotAStatement> {
    let place = "a statement";
    if let Some(found) = statement.text_at(&["Acct", "Ccy"]) {
        return parts::currency(place, found);
    }
    let balance = statement.at(&["Bal", "Amt"]).ok_or_else(|| missing(place, "Acct/Ccy"))?;
    Ok(amount(balance, place)?.currency)
}

fn missing(place: &str, element: &'static str) -> NotAStatement {
    NotAStatement::Missing { place: place.to_owned(), element }
}

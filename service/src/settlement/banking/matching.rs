//! Which payment a bank transaction is. Pure.
//!
//! Booked is only what leaves no doubt: it names one instruction, by its end-to-end id or else in what the
//! payer wrote, and comes to exactly what is open of it, in its direction and currency, on the programme's own
//! account. Everything else is somebody's to look at, with the first thing that is odd about it.

use std::collections::{BTreeSet, HashMap};

use entity::amount::Currency;
use entity::settlement::bank_transaction::BankDoubt;
use entity::settlement::payment_instruction::PaymentDirection;

use crate::bank::statement::{Direction, Transaction};
use crate::settlement::Due;

/// What a reference of ours begins with, and how many capital hexadecimal digits follow.
const HEAD: &str = "FL";
const DIGITS: usize = 16;

/// What a transaction is compared with.
pub(super) struct Books {
    /// Whether the statement is of the programme's account.
    pub(super) is_own_account: bool,
    /// What partners settle in.
    pub(super) currency: Currency,
    /// Instructions that transactions may name, by reference.
    pub(super) instructions: HashMap<String, Due>,
}

/// What a transaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The payment of this instruction.
    Pays(String),
    /// Nobody knows; it may have to do with this instruction.
    Doubt(BankDoubt, Option<String>),
}

/// What a transaction is, by the books.
pub(super) fn judge(transaction: &Transaction, books: &Books) -> Verdict {
    let known = |names: BTreeSet<String>| -> Vec<String> {
        names.into_iter().filter(|name| books.instructions.contains_key(name)).collect()
    };
    let mut named = known(in_end_to_end_id(transaction));
    if named.is_empty() {
        named = known(in_remittance(transaction));
    }
    let only = match named.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    };
    let doubt = if is_returned(transaction) {
        BankDoubt::Returned
    } else if !books.is_own_account {
        BankDoubt::OtherAccount
    } else if transaction.currency != books.currency {
        BankDoubt::OtherCurrency
    } else if named.len() > 1 {
        BankDoubt::SeveralReferences
    } else {
        let due = only.as_ref().and_then(|name| books.instructions.get(name));
        match due.map_or(Some(BankDoubt::UnknownReference), |due| unlike(transaction, due)) {
            Some(doubt) => doubt,
            None => return Verdict::Pays(only.unwrap_or_default()),
        }
    };
    Verdict::Doubt(doubt, only)
}

/// Whether it gives back what was moved before.
fn is_returned(transaction: &Transaction) -> bool {
    transaction.is_reversal || transaction.return_reason.is_some()
}

/// Which instructions money can follow that went so.
fn goes(direction: Direction) -> PaymentDirection {
    match direction {
        Direction::Credit => PaymentDirection::Collect,
        Direction::Debit => PaymentDirection::Pay,
    }
}

/// Why a transaction can't be all that is open of an instruction.
fn unlike(transaction: &Transaction, due: &Due) -> Option<BankDoubt> {
    let (minor, open) = (transaction.amount_minor, due.open_minor());
    if goes(transaction.direction) != due.row.direction {
        Some(BankDoubt::WrongDirection)
    } else if open <= 0 {
        Some(BankDoubt::AlreadyPaid)
    } else if minor < open {
        Some(BankDoubt::Partial)
    } else if minor > open {
        Some(BankDoubt::Overpaid)
    } else {
        None
    }
}

/// All that look like references of ours, anywhere in a transaction.
pub(super) fn named(transaction: &Transaction) -> BTreeSet<String> {
    let mut names = in_end_to_end_id(transaction);
    names.append(&mut in_remittance(transaction));
    names
}

fn in_end_to_end_id(transaction: &Transaction) -> BTreeSet<String> {
    references(transaction.end_to_end_id.as_deref().unwrap_or_default())
}

/// Banks break a payer's text at the width of their lines, so that it is read with and without its gaps.
fn in_remittance(transaction: &Transaction) -> BTreeSet<String> {
    let structured = transaction.structured.iter().flat_map(|text| references(text));
    structured.chain(references(&transaction.remittance.concat())).collect()
}

/// What looks like a reference of ours, however it is spaced and in capitals or not.
fn references(text: &str) -> BTreeSet<String> {
    let signs = text.chars().filter(char::is_ascii_alphanumeric);
    let text: String = signs.map(|sign| sign.to_ascii_uppercase()).collect();
    let name = |(at, _): (usize, &str)| {
        let name = text.get(at..at + HEAD.len() + DIGITS)?;
        let is_hex = name.bytes().skip(HEAD.len()).all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| name.to_owned())
    };
    text.match_indices(HEAD).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use entity::day::Day;
    use entity::ids::{PartnerId, ProgrammeId};
    use entity::settlement::payment_instruction;
    use uuid::Uuid;

    use super::*;

    const NAME: &str = "FL0123456789ABCDEF";
    const OTHER: &str = "FLFEDCBA9876543210";

    fn due(reference: &str, direction: PaymentDirection, paid_minor: i64) -> Due {
        let row = payment_instruction::Model {
            programme_id: ProgrammeId::from_uuid(Uuid::nil()),
            reference: reference.to_owned(),
            cycle: Day::new(0),
            partner_id: PartnerId::from_uuid(Uuid::nil()),
            direction,
            amount_minor: 100,
            currency: "EUR".parse().unwrap(),
            due_on: Day::new(0),
            made_at: DateTime::UNIX_EPOCH,
        };
        Due { row, paid_minor }
    }

    fn books(paid_minor: i64) -> Books {
        let all = [
            due(NAME, PaymentDirection::Collect, paid_minor),
            due(OTHER, PaymentDirection::Pay, 0),
        ];
        Books {
            is_own_account: true,
            currency: "EUR".parse().unwrap(),
            instructions: all.map(|due| (due.row.reference.clone(), due)).into(),
        }
    }

    fn moved(amount_minor: i64, end_to_end_id: &str, remittance: &[&str]) -> Transaction {
        Transaction {
            bank_reference: "1".to_owned(),
            amount_minor,
            currency: "EUR".parse().unwrap(),
            direction: Direction::Credit,
            is_reversal: false,
            booked_on: "2026-11-30".parse().unwrap(),
            end_to_end_id: Some(end_to_end_id.to_owned()),
            batch_id: None,
            mandate_reference: None,
            remittance: remittance.iter().map(|&line| line.to_owned()).collect(),
            structured: Vec::new(),
            counterparty_iban: None,
            counterparty_name: None,
            return_reason: None,
        }
    }

    fn doubt(transaction: &Transaction, books: &Books) -> Option<BankDoubt> {
        match judge(transaction, books) {
            Verdict::Pays(_) => None,
            Verdict::Doubt(doubt, _) => Some(doubt),
        }
    }

    #[test]
    fn a_reference_is_read_wherever_and_however_it_stands() {
        let pays = Verdict::Pays(NAME.to_owned());
        for (id, text) in [
            (NAME, vec![]),
            ("fl0123456789abcdef", vec!["thanks"]),
            ("", vec!["Settlement FL 0123 4567 89ab cdef, 2026-03"]),
            ("mine-7", vec!["INVOICE 2026-03 FL01234567", "89ABCDEF 121.20 EUR"]),
            // What the id names counts, whatever else is written.
            (NAME, vec![OTHER]),
        ] {
            assert_eq!(judge(&moved(100, id, &text), &books(0)), pays, "{id} {text:?}");
        }
        let structured = vec![NAME.to_owned()];
        let told = Transaction { structured, ..moved(100, "", &[]) };
        assert_eq!(judge(&told, &books(0)), pays);
    }

    #[test]
    fn what_is_odd_is_somebody_s_to_look_at() {
        let right = moved(100, NAME, &[]);
        let with = |change: fn(&mut Transaction)| {
            let mut one = right.clone();
            change(&mut one);
            doubt(&one, &books(0))
        };
        assert_eq!(with(|_| {}), None);
        assert_eq!(with(|one| one.amount_minor = 99), Some(BankDoubt::Partial));
        assert_eq!(with(|one| one.amount_minor = 101), Some(BankDoubt::Overpaid));
        assert_eq!(with(|one| one.direction = Direction::Debit), Some(BankDoubt::WrongDirection));
        assert_eq!(with(|one| one.is_reversal = true), Some(BankDoubt::Returned));
        assert_eq!(
            with(|one| one.return_reason = Some("AC04".to_owned())),
            Some(BankDoubt::Returned)
        );
        assert_eq!(
            with(|one| one.currency = "USD".parse().unwrap()),
            Some(BankDoubt::OtherCurrency)
        );
        assert_eq!(with(|one| one.end_to_end_id = None), Some(BankDoubt::UnknownReference));
        assert_eq!(doubt(&right, &books(100)), Some(BankDoubt::AlreadyPaid));
        assert_eq!(doubt(&right, &books(40)), Some(BankDoubt::Overpaid));
        assert_eq!(doubt(&moved(60, NAME, &[]), &books(40)), None);
        let both = moved(100, "", &[NAME, " ", OTHER]);
        assert_eq!(doubt(&both, &books(0)), Some(BankDoubt::SeveralReferences));
        let elsewhere = Books { is_own_account: false, ..books(0) };
        let likely = Some(NAME.to_owned());
        assert_eq!(judge(&right, &elsewhere), Verdict::Doubt(BankDoubt::OtherAccount, likely));
    }

    #[test]
    fn what_only_looks_like_a_reference_is_none() {
        for text in ["FL", "FL0123", "FLÄ123456789ABCDEF", "FLOOR 7, 0123456789ABCDEF", "ÄFL"] {
            assert!(references(text).is_empty(), "{text}");
        }
        assert_eq!(references("FLFL0123456789ABCDEF").len(), 1);
    }
}

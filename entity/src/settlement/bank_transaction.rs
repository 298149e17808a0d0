//! What banks say moved on the programme's account, and what became of it.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::Currency;
use crate::day::Day;
use crate::ids::{BankTransactionId, OperatorId, ProgrammeId, SettlementPaymentId};
use crate::text_enum::text_enum;

text_enum! {
    /// Which way money went.
    BankDirection {
        /// To the account.
        Credit "CREDIT",
        /// From it.
        Debit "DEBIT",
    }
}

text_enum! {
    /// Why a bank transaction wasn't booked at once.
    BankDoubt {
        /// The bank says that it came back: a payment that was booked may not hold any more.
        Returned "RETURNED",
        /// It is on another account than the programme's.
        OtherAccount "OTHER_ACCOUNT",
        /// It isn't in the currency that partners settle in.
        OtherCurrency "OTHER_CURRENCY",
        /// It names nothing that is to be paid.
        UnknownReference "UNKNOWN_REFERENCE",
        /// It names several payments that are to be made.
        SeveralReferences "SEVERAL_REFERENCES",
        /// It went the other way than what it names.
        WrongDirection "WRONG_DIRECTION",
        /// What it names was paid before.
        AlreadyPaid "ALREADY_PAID",
        /// It is less than what is open of what it names.
        Partial "PARTIAL",
        /// It is more than what is open of what it names.
        Overpaid "OVERPAID",
    }
}

text_enum! {
    /// What became of a bank transaction.
    BankTransactionStatus {
        /// It waits for an operator.
        Proposed "PROPOSED",
        /// It is a partner's payment.
        Booked "BOOKED",
        /// It is none, as an operator said.
        Ignored "IGNORED",
    }
}

/// One movement on an account, known by `(account, bank_reference)`. Only what became of it changes, once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bank_transaction")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BankTransactionId,
    /// What may be shown of the account's IBAN, and a hash by which two of them are told apart.
    pub account: String,
    pub account_hash: String,
    /// By what the bank knows it, within the account.
    pub bank_reference: String,
    /// What the bank calls the statement that it was read from first.
    pub statement: String,
    pub amount_minor: i64,
    pub currency: Currency,
    pub direction: BankDirection,
    /// The bank's day.
    pub booked_on: Day,
    pub end_to_end_id: Option<String>,
    pub remittance: Option<String>,
    pub counterparty_name: Option<String>,
    /// What may be shown of the other side's IBAN.
    pub counterparty_iban: Option<String>,
    /// Why it came back: the bank's code.
    pub return_reason: Option<String>,
    /// Why it wasn't booked at once; none where it was.
    pub doubt: Option<BankDoubt>,
    /// What it may be a payment of.
    pub likely_reference: Option<String>,
    /// Who imported it, as in the audit trail.
    pub imported_by: String,
    pub imported_at: DateTime<Utc>,
    pub status: BankTransactionStatus,
    /// The instruction that it was booked to.
    pub reference: Option<String>,
    pub payment_id: Option<SettlementPaymentId>,
    pub ignored_because: Option<String>,
    /// Who booked or ignored what was in doubt.
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}

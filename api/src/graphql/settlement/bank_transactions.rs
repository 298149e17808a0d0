//! What banks say moved on the programme's account.

use async_graphql::{ID, Object};
use entity::amount;
use entity::settlement::bank_transaction::{self, BankDirection, BankDoubt, BankTransactionStatus};

use crate::graphql::enumeration::Enumeration;
use crate::graphql::money::Money;
use crate::graphql::scalars::{Date, DateTime};

/// What a bank says moved on the programme's account.
pub struct BankTransaction(pub(in crate::graphql) bank_transaction::Model);

/// What a bank says moved on the programme's account, from an imported statement: booked as a payment where
/// it left no doubt, else proposed to operators. Members' payouts are none of them.
#[Object]
impl BankTransaction {
    /// Its id: `btx_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What became of it.
    async fn status(&self) -> Enumeration<BankTransactionStatus> {
        Enumeration(self.0.status)
    }

    /// Why it wasn't booked at once; null where it was.
    async fn doubt(&self) -> Option<Enumeration<BankDoubt>> {
        self.0.doubt.map(Enumeration)
    }

    /// The reference of the instruction that it may be a payment of: that which it names, or what is open of
    /// the partner whose account it came from or went to. Null where nothing is likely.
    async fn likely_reference(&self) -> Option<&str> {
        self.0.likely_reference.as_deref()
    }

    /// How much.
    async fn amount(&self) -> Money {
        amount::Money { minor: self.0.amount_minor, currency: self.0.currency }.into()
    }

    /// Which way it went.
    async fn direction(&self) -> Enumeration<BankDirection> {
        Enumeration(self.0.direction)
    }

    /// The bank's day.
    async fn booked_on(&self) -> Date {
        Date(self.0.booked_on.date())
    }

    /// The account's IBAN, but for its middle: `DE89 **** **** 3000`.
    async fn account(&self) -> &str {
        &self.0.account
    }

    /// By what the bank knows it on that account.
    async fn bank_reference(&self) -> &str {
        &self.0.bank_reference
    }

    /// What the bank calls the statement from which it was read first.
    async fn statement(&self) -> &str {
        &self.0.statement
    }

    /// What whoever began the payment calls it; null where the bank doesn't tell.
    async fn end_to_end_id(&self) -> Option<&str> {
        self.0.end_to_end_id.as_deref()
    }

    /// What the payer wrote, line by line; null where nobody did.
    async fn remittance(&self) -> Option<&str> {
        self.0.remittance.as_deref()
    }

    /// The other side's name; null where the bank doesn't tell.
    async fn counterparty_name(&self) -> Option<&str> {
        self.0.counterparty_name.as_deref()
    }

    /// The other side's IBAN, but for its middle; null where the bank doesn't tell.
    async fn counterparty_iban(&self) -> Option<&str> {
        self.0.counterparty_iban.as_deref()
    }

    /// Why it came back, as the bank has it: `AC04`. Null where it didn't, or nobody says.
    async fn return_reason(&self) -> Option<&str> {
        self.0.return_reason.as_deref()
    }

    /// The reference of the instruction that it was booked to; null where it wasn't.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// Why it is no partner's payment; null unless an operator said so.
    async fn ignored_because(&self) -> Option<&str> {
        self.0.ignored_because.as_deref()
    }

    /// When it was imported.
    async fn imported_at(&self) -> DateTime {
        DateTime(self.0.imported_at)
    }

    /// The operator by whom it was booked or ignored; null while it waits.
    async fn decided_by(&self) -> Option<ID> {
        self.0.decided_by.map(|id| id.to_string().into())
    }

    /// When it was booked or ignored; null while it waits.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }
}

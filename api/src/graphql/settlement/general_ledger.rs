//! A cycle as bookings of a general ledger.

use async_graphql::Object;
use entity::amount;
use service::settlement;

use super::types::SettlementCycle;
use crate::graphql::money::Money;
use crate::graphql::scalars::Points;

/// What an approved cycle moved, for the programme's own bookkeeping.
pub struct GeneralLedger(pub(super) settlement::GeneralLedger);

/// What an approved cycle moved, for the programme's own bookkeeping: each day's movements from one account to
/// another, what rounding days to minor units leaves, and the cycle's corrections and payments.
#[Object]
impl GeneralLedger {
    /// The cycle.
    async fn cycle(&self) -> SettlementCycle {
        SettlementCycle(self.0.cycle.clone())
    }

    /// The bookings as CSV (RFC 4180): `date,account,debit,credit,reference`, two rows each, one with the debit
    /// and one with the credit. Accounts are `PAYABLE:` with a partner's code, those of the programme, `BANK`,
    /// and `CORRECTIONS`, the other side of adjustments and disputes. Each day is rounded half to even; rows of
    /// the account `ROUNDING` on the last day make up for it, so that each partner's account moves by what its
    /// statement says. What came late, or was paid on a day of another cycle, is dated within this one.
    async fn file(&self) -> &str {
        &self.0.file
    }

    /// How many rows it has, without its head.
    async fn row_count(&self) -> Points {
        Points::change(self.0.row_count).unwrap_or_default()
    }

    /// All that is debited.
    async fn debit(&self) -> Money {
        amount::Money { minor: self.0.debit_minor, currency: self.0.currency }.into()
    }

    /// All that is credited: the same.
    async fn credit(&self) -> Money {
        amount::Money { minor: self.0.credit_minor, currency: self.0.currency }.into()
    }
}

//! What settlement's mutations take.

use async_graphql::{Enum, InputObject, SimpleObject};
use entity::ids::{
    DisputeId, EntryId, ReconciliationItemId, SettlementCycleId, SettlementStatementId,
};
use entity::settlement::money_posting::LineKind;
use entity::settlement::tax_rate;

use crate::graphql::enumeration::Enumeration;
use crate::graphql::money::MoneyInput;
use crate::graphql::scalars::{BasisPoints, Date, Id};

/// The cycle that is calculated.
#[derive(InputObject)]
pub struct CalculateCycleInput {
    /// Which: the oldest that isn't approved, once it has ended.
    pub cycle_id: Id<SettlementCycleId>,
}

/// The cycle that was looked at.
#[derive(InputObject)]
pub struct ReviewCycleInput {
    /// Which.
    pub cycle_id: Id<SettlementCycleId>,
}

/// The cycle that is approved.
#[derive(InputObject)]
pub struct ApproveCycleInput {
    /// Which.
    pub cycle_id: Id<SettlementCycleId>,
    /// Its `digest` as it was seen: nothing else is approved.
    pub digest: String,
}

/// Money that came, or went.
#[derive(InputObject)]
pub struct RecordSettlementPaymentInput {
    /// The reference of the instruction that it follows.
    pub reference: String,
    /// Above zero, and no more than is open.
    pub amount: MoneyInput,
    /// The bank's day.
    pub paid_on: Date,
    /// The caller's own name of this wish, 1 to 255 characters: the same again changes nothing.
    pub idempotency_key: String,
}

/// What is wrong with a statement.
#[derive(InputObject)]
pub struct RaiseDisputeInput {
    /// Which statement.
    pub statement_id: Id<SettlementStatementId>,
    /// Which line.
    pub line: Enumeration<LineKind>,
    /// By how much it is wrong to the partner's cost: above zero, and of a line that the partner owes no more
    /// than it comes to.
    pub amount: MoneyInput,
    /// Entries behind the line that are wrong, at most 100; none where it is the line as a whole.
    #[graphql(default)]
    pub entry_ids: Vec<Id<EntryId>>,
    /// What the partner's own record doesn't agree on, of its reconciliations, at most 100: the entries of these
    /// are named with them, and must be behind the line.
    #[graphql(default)]
    pub reconciliation_item_ids: Vec<Id<ReconciliationItemId>>,
    /// Why, 1 to 500 characters.
    pub reason: String,
    /// What shows it, at most 4,000 characters.
    pub evidence: Option<String>,
    /// The caller's own name of this wish, 1 to 255 characters: the same again changes nothing.
    pub idempotency_key: String,
}

/// What becomes of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum DisputeResolution {
    /// The partner was right. For operators.
    Accept,
    /// It wasn't. For operators, with a reason.
    Reject,
    /// The partner takes it back.
    Withdraw,
}

/// How a dispute is resolved.
#[derive(InputObject)]
pub struct ResolveDisputeInput {
    /// Which.
    pub dispute_id: Id<DisputeId>,
    /// What becomes of it.
    pub resolution: DisputeResolution,
    /// How much of it is accepted; all of it where nothing is said.
    pub accepted: Option<MoneyInput>,
    /// Why, 1 to 500 characters; needed to reject.
    pub reason: Option<String>,
}

/// A tax rate that holds from a day on.
#[derive(InputObject)]
pub struct SetTaxRateInput {
    /// As contracts name it, 1 to 32 characters.
    pub code: String,
    /// The first day on which it holds.
    pub from: Date,
    /// The rate, on net amounts. Prices in contracts include it.
    pub rate: BasisPoints,
}

/// A tax rate that holds from a day on, until another does.
#[derive(SimpleObject)]
pub struct TaxRate {
    /// As contracts name it.
    code: String,
    /// The first day on which it holds.
    from: Date,
    /// The rate, on net amounts.
    rate: BasisPoints,
}

impl From<tax_rate::Model> for TaxRate {
    fn from(row: tax_rate::Model) -> Self {
        Self { code: row.code, from: Date(row.from_day.date()), rate: BasisPoints(row.rate_bp) }
    }
}

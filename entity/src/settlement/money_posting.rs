//! The journal of the money books: what each entry of the ledger moved from one account to another.
//!
//! An amount is `points × price_micros × factor`, in 10⁻¹⁸ of a unit of the settlement currency: three whole
//! numbers, so that it is exact on both databases, and rows of one price and factor add up by their points.

use sea_orm::entity::prelude::*;

use crate::amount::Points;
use crate::day::Day;
use crate::ids::{ContractId, EntryId, LotId, PartnerId, ProgrammeId, WalletId};
use crate::text_enum::text_enum;

text_enum! {
    /// Where money lies. Each movement takes from one account what it gives to another.
    MoneyAccount {
        /// What a partner owes the programme; below zero what the programme owes it.
        Payable "PAYABLE",
        /// What the programme itself pays as a funder.
        Funded "FUNDED",
        /// Paid at issue for points that are still there.
        Reserve "RESERVE",
        /// Collected for points that are being burned; empty after each burn.
        Cleared "CLEARED",
        /// Paid back for points that were spent and whose goods came back, until other points fill the debt.
        Carried "CARRIED",
        /// What the programme keeps, or loses.
        Margin "MARGIN",
        /// Of points that expired.
        Breakage "BREAKAGE",
        /// Service fees.
        Fees "FEES",
        /// What rounding to minor units makes of statements.
        Rounding "ROUNDING",
        /// What partners paid, less what was paid to them.
        Bank "BANK",
    }
}

text_enum! {
    /// What a line of a statement is about.
    LineKind {
        /// Points that the partner issued, with what it pays for them at issue.
        Issue "ISSUE",
        /// Of these, what came back, at the price of then.
        IssueReturn "ISSUE_RETURN",
        /// Points that were spent at the partner: owed to it.
        Burn "BURN",
        /// Payments there that were undone.
        BurnReversal "BURN_REVERSAL",
        /// The partner's points that were spent, with what it pays for them then.
        Funding "FUNDING",
        /// Of these, what was undone.
        FundingReversal "FUNDING_REVERSAL",
        /// The programme's fee on what the partner issued.
        ServiceFee "SERVICE_FEE",
        /// Of these, what goes back.
        ServiceFeeReversal "SERVICE_FEE_REVERSAL",
        /// The partner's part of what its expired points set free: owed to it.
        BreakageShare "BREAKAGE_SHARE",
        /// Rewards that the partner delivered, so many of them: owed to it.
        RewardSupply "REWARD_SUPPLY",
        /// Of these, what was given back.
        RewardSupplyReversal "REWARD_SUPPLY_REVERSAL",
        /// What an operator corrected, for a stated reason.
        Adjustment "ADJUSTMENT",
        /// What a dispute that was accepted corrects.
        Dispute "DISPUTE",
        /// The rounded total less the sum of the rounded lines.
        Rounding "ROUNDING",
        /// Between the programme's own accounts: on nobody's statement.
        Clearing "CLEARING",
    }
}

/// One movement. `(position, line)` is its natural key: the fact that it came of, and which of its movements.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "money_posting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// Of the fact, in the sequence.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line: i32,
    pub entry_id: EntryId,
    pub wallet_id: WalletId,
    /// The lot that the points are of.
    pub lot_id: Option<LotId>,
    /// The first day of the cycle that it belongs to.
    pub cycle: Day,
    /// When the entry was recorded, in the programme's time zone.
    pub day: Day,
    pub kind: LineKind,
    pub from_account: MoneyAccount,
    pub to_account: MoneyAccount,
    /// Whose payable it is; none where it is nobody's.
    pub partner_id: Option<PartnerId>,
    /// The version of its contract that says so.
    pub contract_id: Option<ContractId>,
    /// The other partner: who accepted, or who issued.
    pub with_id: Option<PartnerId>,
    pub price_micros: i64,
    /// The shares that count of it, as a product of three in basis points: 10¹² is all of it.
    pub factor: i64,
    pub points: Points,
}

impl ActiveModelBehavior for ActiveModel {}

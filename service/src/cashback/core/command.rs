//! Commands: what somebody wants done to a cashback wallet, with every id and time it needs.

use chrono::{DateTime, Utc};
use entity::amount::{BasisPoints, Points};
use entity::cashback::accrual::{self, Shares};
use entity::ids::{
    CashbackEntryId, HouseholdId, MemberId, PartnerId, PayoutId, ProgrammeId, PurchaseId, ReturnId,
    WalletId,
};
use entity::secret::SecretBytes;
use serde::{Deserialize, Serialize};

/// One wish, complete: the fold asks nobody.
#[derive(Clone, Debug)]
pub struct Command {
    /// The id of the entry that it makes; further ids are derived from it.
    pub entry: CashbackEntryId,
    /// Whose cashback; for a cut, whose accruals say it themselves.
    pub wallet: WalletId,
    /// Who asks, as the audit trail names it.
    pub actor: String,
    /// The request's id.
    pub origin: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When it is recorded.
    pub recorded_at: DateTime<Utc>,
    /// What to do.
    pub action: Action,
}

/// What a command does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Nothing but what is due.
    Settle,
    /// One part of a purchase gives money back.
    Accrue(Accrue),
    /// Goods came back. `rest` is what each part of the purchase is reckoned on now; a part that isn't
    /// named has nothing left.
    Cut { purchase: PurchaseId, return_id: ReturnId, rest: Vec<Rest> },
    /// Money is asked for.
    Request(Request),
    /// The member takes the request back.
    Cancel { payout: PayoutId },
    /// The bank has paid.
    Pay { payout: PayoutId },
    /// The bank has not paid, or the payment came back.
    Fail { payout: PayoutId, failure: String },
    /// Money becomes points, which the caller credits.
    Convert { amount_minor: i64, points: Points },
    /// All that the wallet holds goes into a household's, for good.
    Pool { into: WalletId, household: HouseholdId },
}

/// What one part of a purchase gives back.
#[derive(Clone, Debug)]
pub struct Accrue {
    /// Whose it is.
    pub wallet: WalletId,
    /// Of which purchase.
    pub purchase: PurchaseId,
    /// Counts what one purchase accrues under different rules; 0 is the partner's default.
    pub part: i32,
    /// Where it was bought.
    pub partner: PartnerId,
    /// How much: [`super::cashback_of`] basis and rate.
    pub amount_minor: i64,
    /// What it is reckoned on.
    pub basis_minor: i64,
    /// At which rate.
    pub bp: BasisPoints,
    /// Who pays, summing to 10,000.
    pub shares: Shares,
    /// When the return window closes.
    pub confirms_at: DateTime<Utc>,
    /// What the member reads beside the figures: the name of a rule.
    pub reason: Option<String>,
}

/// What a part of a purchase is reckoned on after a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Which part.
    pub part: i32,
    /// What is left of its basis, in minor units.
    pub basis_minor: i64,
}

/// Money that is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The payout's id.
    pub payout: PayoutId,
    /// Who asks.
    pub member: MemberId,
    /// How much; all that is available if not said.
    pub amount_minor: Option<i64>,
    /// The least that the programme pays out.
    pub minimum_minor: i64,
    /// The bank account.
    pub sealed: SecretBytes,
    /// What may be shown of it.
    pub masked: String,
}

/// Why a balance changed, as the entry keeps it. What doesn't belong to its kind is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reason {
    /// What the amount was reckoned on; after a return, what is left of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis_minor: Option<i64>,
    /// At which rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bp: Option<BasisPoints>,
    /// The name of a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Which return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_id: Option<ReturnId>,
    /// What the bank said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The points that the money became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// Which household.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub household: Option<HouseholdId>,
}

impl Reason {
    pub(super) fn of_accrual(wish: &Accrue) -> Self {
        Self {
            basis_minor: Some(wish.basis_minor),
            bp: Some(wish.bp),
            note: wish.reason.clone(),
            ..Self::default()
        }
    }
}

impl Accrue {
    pub(super) fn row(&self, programme: ProgrammeId) -> accrual::Model {
        accrual::Model {
            programme_id: programme,
            purchase_id: self.purchase,
            part: self.part,
            wallet_id: self.wallet,
            partner_id: self.partner,
            shares: self.shares.clone(),
            basis_minor: self.basis_minor,
            bp: self.bp,
            amount_minor: self.amount_minor,
            remaining_minor: self.amount_minor,
            is_pending: true,
            confirms_at: self.confirms_at,
        }
    }
}

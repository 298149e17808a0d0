//! Commands: what somebody wants done to a wallet, with every id and time it needs.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, HoldId, MemberId, PartnerId, PurchaseId, StoreId, WalletId};
use entity::ledger::lot::Terms;

use crate::ledger::reason::Cause;
use crate::refusal::Refusal;

/// One wish, complete: the fold asks nobody.
#[derive(Clone, Debug)]
pub struct Command {
    /// The id of the entry that it will make; further ids are derived from it.
    pub entry: EntryId,
    /// Whose points.
    pub wallet: WalletId,
    /// The caller's idempotency key; none where a natural key stands in a table of its own.
    pub key: Option<Key>,
    /// Who asks, as the audit trail names it.
    pub actor: String,
    /// The request's id.
    pub origin: String,
    /// At which partner.
    pub partner: Option<PartnerId>,
    /// In which of its stores.
    pub store: Option<StoreId>,
    /// About which receipt.
    pub purchase: Option<PurchaseId>,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When it is recorded.
    pub recorded_at: DateTime<Utc>,
    /// Whether it is history, which must come in the order of time.
    pub is_history: bool,
    /// Why, for the member to read.
    pub cause: Cause,
    /// What to do.
    pub action: Action,
}

/// What a command does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Nothing but what is due.
    Settle,
    /// Nothing: on the way here it was found to be refused.
    Refused(Refusal),
    /// A purchase earns these lots; none where it earned nothing.
    Earn { lots: Vec<NewLot> },
    /// Goods came back that had earned these points.
    Return { issuer: PartnerId, parts: Vec<ReturnedPart> },
    /// Points are set aside.
    Hold { hold: HoldId, member: MemberId, points: Points, lapses_at: DateTime<Utc> },
    /// A hold becomes a payment of `points`; the rest goes back.
    Capture { hold: HoldId, points: Points, acceptance: Acceptance },
    /// A hold is given back.
    Release { hold: HoldId },
    /// A payment in one step.
    Pay { points: Points, acceptance: Acceptance },
    /// A payment is undone, whole.
    Reverse { payment: EntryId },
    /// Points go to another wallet.
    Transfer { to: WalletId, points: Points },
    /// All that the wallet holds goes into a household's, for good.
    Pool { into: WalletId },
    /// An operator adds points.
    Credit { lot: NewLot },
    /// An operator takes points.
    Debit { points: Points },
    /// An operator lets a debt go.
    WriteOff { points: Points },
}

impl Action {
    /// The return of a purchase whose points are all of one part.
    #[cfg(test)]
    pub(in crate::ledger) fn returning(
        issuer: PartnerId,
        points: Points,
        outstanding: Points,
    ) -> Self {
        Self::Return { issuer, parts: vec![ReturnedPart { part: 0, points, outstanding }] }
    }
}

/// What an acceptor is owed for points burned there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Where; `None` is the programme, which owes nobody for what is spent with itself.
    pub partner: Option<PartnerId>,
    /// Micro-units of settlement currency a point, at the moment of the payment.
    pub price_micros: i64,
}

/// A lot to be made.
#[derive(Clone, Debug)]
pub struct NewLot {
    /// `None` is the programme.
    pub issuer: Option<PartnerId>,
    /// Which part of its purchase's points.
    pub part: i32,
    /// How many.
    pub points: Points,
    /// Pending until then.
    pub available_at: DateTime<Utc>,
    /// `None` under expiry by inactivity.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who funds it at what prices.
    pub terms: Terms,
}

/// What comes back of a part of a purchase's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnedPart {
    /// Which: the lots of this part are asked first.
    pub part: i32,
    /// How many points the goods had earned.
    pub points: Points,
    /// How many of the part hadn't come back before.
    pub outstanding: Points,
}

/// A caller's idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose.
    pub caller: String,
    /// What the caller chose.
    pub key: String,
    /// Of the canonical request.
    pub fingerprint: Vec<u8>,
}

impl Key {
    /// What makes it the same key.
    pub fn identity(&self) -> (String, String) {
        (self.caller.clone(), self.key.clone())
    }
}

/// What a command made, or had made before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its entry.
    pub entry: EntryId,
    /// The entry's wallet.
    pub wallet: WalletId,
    /// The id of what else it made.
    pub subject: Option<String>,
    /// Whether an earlier request with the same key had made it.
    pub is_replay: bool,
}

impl Command {
    pub(super) fn subject(&self) -> Option<String> {
        match &self.action {
            Action::Hold { hold, .. } | Action::Capture { hold, .. } | Action::Release { hold } => {
                Some(hold.to_string())
            }
            _ => match &self.cause {
                Cause::Return { return_id, .. } => Some(return_id.to_string()),
                Cause::Adjustment { adjustment, .. } => Some(adjustment.to_string()),
                Cause::Event { event, .. } => Some(event.to_string()),
                Cause::Claim { claim, .. } => Some(claim.to_string()),
                _ => None,
            },
        }
    }

    /// The wallets that it may change.
    pub fn wallets(&self) -> impl Iterator<Item = WalletId> {
        let other = match self.action {
            Action::Transfer { to, .. } => Some(to),
            Action::Pool { into } => Some(into),
            _ => None,
        };
        std::iter::once(self.wallet).chain(other)
    }

    /// The wallets of which it must see every open lot and hold.
    pub fn whole_wallets(&self) -> impl Iterator<Item = WalletId> {
        let own = (!matches!(
            self.action,
            Action::Earn { .. } | Action::Credit { .. } | Action::WriteOff { .. }
        ))
        .then_some(self.wallet);
        let other = match self.action {
            Action::Pool { into } => Some(into),
            _ => None,
        };
        own.into_iter().chain(other)
    }
}

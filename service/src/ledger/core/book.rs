//! The state that commands are folded over: wallets with their lots and holds, and known keys.

use std::collections::BTreeMap;

use chrono::{DateTime, Months, TimeDelta, Utc};
use chrono_tz::Tz;
use entity::amount::Points;
use entity::ids::{EntryId, HoldId, LotId, ProgrammeId, WalletId};
use entity::ledger::idempotency_key::Outcome;
use entity::ledger::{entry, hold, lot, wallet};
use entity::programmes::programme::DebtPolicy;

use super::command::{Command, Key, Receipt};
use super::draft::Journal;
use crate::refusal::{Code, Refusal};

/// The programme's rules that the ledger needs.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Whose.
    pub programme: ProgrammeId,
    /// When points expire.
    pub expiry: Expiry,
    /// How long a lot lives that comes back after it had expired.
    pub grace: TimeDelta,
    /// What a return does that finds too few points.
    pub debt: DebtPolicy,
}

/// How points expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Each lot carries its date.
    Dated,
    /// All at once, so many months after the wallet was last active.
    Inactivity {
        /// How many.
        months: u32,
        /// In whose days.
        zone: Tz,
    },
}

impl Expiry {
    /// When a wallet last active at `at` loses its points; never under dated expiry.
    pub fn of_inactivity(self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let Self::Inactivity { months, zone } = self else { return None };
        let local =
            at.with_timezone(&zone).naive_local().checked_add_months(Months::new(months))?;
        Some(crate::ledger::expiry::to_utc(local, zone))
    }
}

/// A wallet with what of it is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Its row.
    pub row: wallet::Model,
    /// Its open lots, or those made or named in this batch.
    pub lots: BTreeMap<LotId, lot::Model>,
    /// Its open holds, and those named in this batch.
    pub holds: BTreeMap<HoldId, OpenHold>,
    /// When something that isn't loaded is due; `None` when every open lot and hold is here.
    pub unloaded_due_at: Option<DateTime<Utc>>,
}

/// A hold with what its lots gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenHold {
    /// Its row.
    pub row: hold::Model,
    /// Lot by lot.
    pub takings: Vec<(LotId, Points)>,
}

/// A payment that a command wants undone.
#[derive(Clone, Debug)]
pub struct Burn {
    /// The payment.
    pub entry: entry::Model,
    /// The lots that paid and how much; they may lie in a wallet that was pooled since.
    pub parts: Vec<(lot::Model, Points)>,
    /// Whether it was undone before.
    pub is_reversed: bool,
}

/// A key that was used.
#[derive(Clone, Debug)]
pub struct Known {
    /// Of the request that used it.
    pub fingerprint: Vec<u8>,
    /// What that made.
    pub outcome: Outcome,
}

impl Known {
    /// The first answer again, or a refusal when the request is another.
    pub(super) fn replay(&self, key: &Key) -> Result<Receipt, Refusal> {
        if self.fingerprint != key.fingerprint {
            return Err(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"));
        }
        let (Some(entry), Some(wallet)) = (self.outcome.entry, self.outcome.wallet) else {
            return Err(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"));
        };
        Ok(Receipt { entry, wallet, subject: self.outcome.subject.clone(), is_replay: true })
    }
}

/// All that a batch of commands sees, and what it has written so far.
#[derive(Clone, Debug)]
pub struct Book {
    /// The programme's.
    pub rules: Rules,
    /// Locked; and those pooled away before, in which nothing changes any more, with what they know
    /// of purchases that are returned.
    pub wallets: BTreeMap<WalletId, Wallet>,
    /// Payments that commands name.
    pub burns: BTreeMap<EntryId, Burn>,
    /// Keys that commands name and that were used, by caller and key.
    pub keys: BTreeMap<(String, String), Known>,
    /// What has been written.
    pub journal: Journal,
}

impl Book {
    /// A book that holds nothing yet.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            wallets: BTreeMap::new(),
            burns: BTreeMap::new(),
            keys: BTreeMap::new(),
            journal: Journal::default(),
        }
    }

    /// The wallets that were pooled into this one, directly or by way of another.
    pub(super) fn former(&self, into: WalletId) -> impl Iterator<Item = &Wallet> {
        self.wallets.values().filter(move |wallet| {
            let mut successors = std::iter::successors(wallet.row.successor_id, |wallet| {
                self.wallets.get(wallet)?.row.successor_id
            });
            successors.any(|successor| successor == into)
        })
    }

    /// Makes a decided command part of the state that the next one sees.
    pub(super) fn absorb(
        &mut self,
        wallets: BTreeMap<WalletId, Wallet>,
        journal: Journal,
        command: &Command,
        receipt: &Receipt,
    ) {
        for entry in &journal.reversed {
            if let Some(burn) = self.burns.get_mut(entry) {
                burn.is_reversed = true;
            }
        }
        self.wallets.extend(wallets);
        self.journal.append(journal);
        if let Some(key) = &command.key {
            let outcome = Outcome {
                wallet: Some(receipt.wallet),
                entry: Some(receipt.entry),
                subject: receipt.subject.clone(),
            };
            let known = Known { fingerprint: key.fingerprint.clone(), outcome };
            self.journal.keys.push((key.clone(), known.outcome.clone(), command.recorded_at));
            self.keys.insert(key.identity(), known);
        }
    }
}

impl Wallet {
    /// A wallet with nothing in it.
    pub fn empty(programme: ProgrammeId, id: WalletId, opened_at: DateTime<Utc>) -> Self {
        let row = wallet::Model {
            programme_id: programme,
            id,
            available: Points::ZERO,
            pending: Points::ZERO,
            held: Points::ZERO,
            debt: Points::ZERO,
            seq: 0,
            last_active_at: opened_at,
            next_due_at: None,
            successor_id: None,
            opened_at,
        };
        Self { row, lots: BTreeMap::new(), holds: BTreeMap::new(), unloaded_due_at: None }
    }

    /// Its lots that can be spent, in the order in which they are: soonest expiry first, then
    /// oldest, then by id. Lots without a date come last.
    pub fn spendable(&self) -> Vec<LotId> {
        self.ordered(|lot| !lot.is_pending)
    }

    /// Its lots with points left for which `wanted`, in spending order.
    pub(super) fn ordered(&self, wanted: impl Fn(&lot::Model) -> bool) -> Vec<LotId> {
        let mut lots: Vec<&lot::Model> =
            self.lots.values().filter(|lot| !lot.remaining.is_zero() && wanted(lot)).collect();
        lots.sort_by_key(|lot| spending_order(lot));
        lots.into_iter().map(|lot| lot.id).collect()
    }
}

/// Soonest expiry first, then oldest, then by id.
pub(in crate::ledger) fn spending_order(
    lot: &lot::Model,
) -> (bool, Option<DateTime<Utc>>, DateTime<Utc>, LotId) {
    (lot.expires_at.is_none(), lot.expires_at, lot.earned_at, lot.id)
}

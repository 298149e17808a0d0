//! What commands are decided over, and what they wrote.

use std::collections::{BTreeMap, BTreeSet};

use entity::cashback::{accrual, cashback_entry, cashback_posting, cashback_wallet, payout};
use entity::ids::{PayoutId, ProgrammeId, PurchaseId, WalletId};

use super::command::{Action, Command};
use super::draft::Done;

/// Which part of which purchase.
pub type AccrualKey = (PurchaseId, i32);

/// The state: of each wallet that is due all pending accruals, of each purchase that comes back all of
/// its accruals, and the payouts that commands name.
#[derive(Clone, Debug)]
pub struct Book {
    /// Whose.
    pub programme: ProgrammeId,
    /// Wallets by id; one that isn't here has never had cashback.
    pub wallets: BTreeMap<WalletId, cashback_wallet::Model>,
    /// Accruals.
    pub accruals: BTreeMap<AccrualKey, accrual::Model>,
    /// Payouts.
    pub payouts: BTreeMap<PayoutId, payout::Model>,
    /// What the commands wrote.
    pub journal: Journal,
}

/// What was written, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// New entries.
    pub entries: Vec<cashback_entry::Model>,
    /// Their postings.
    pub postings: Vec<cashback_posting::Model>,
    /// Wallets that are new.
    pub made_wallets: BTreeSet<WalletId>,
    /// Wallets that were there and changed.
    pub changed_wallets: BTreeSet<WalletId>,
    /// Accruals that are new.
    pub made_accruals: BTreeSet<AccrualKey>,
    /// Accruals that were there and changed.
    pub changed_accruals: BTreeSet<AccrualKey>,
    /// Payouts that are new.
    pub made_payouts: BTreeSet<PayoutId>,
    /// Payouts that were there and changed.
    pub changed_payouts: BTreeSet<PayoutId>,
    /// Wallets whose accruals and payouts go to another.
    pub pooled: Vec<(WalletId, WalletId)>,
}

impl Book {
    /// An empty one.
    pub fn new(programme: ProgrammeId) -> Self {
        Self {
            programme,
            wallets: BTreeMap::new(),
            accruals: BTreeMap::new(),
            payouts: BTreeMap::new(),
            journal: Journal::default(),
        }
    }

    /// What an accrual is known by.
    pub fn key(row: &accrual::Model) -> AccrualKey {
        (row.purchase_id, row.part)
    }

    /// The accruals of a purchase.
    pub(super) fn accruals_of(
        &self,
        purchase: PurchaseId,
    ) -> impl Iterator<Item = (&AccrualKey, &accrual::Model)> {
        self.accruals.range((purchase, i32::MIN)..=(purchase, i32::MAX))
    }

    /// The wallets that a command may change.
    pub(super) fn wallets_of(&self, command: &Command) -> BTreeSet<WalletId> {
        match &command.action {
            Action::Cut { purchase, .. } => {
                self.accruals_of(*purchase).map(|(_, row)| row.wallet_id).collect()
            }
            Action::Pool { into, .. } => BTreeSet::from([command.wallet, *into]),
            _ => BTreeSet::from([command.wallet]),
        }
    }

    pub(super) fn absorb(&mut self, done: Done) {
        let Done { wallets, accruals, payouts, mut journal } = done;
        self.journal.entries.append(&mut journal.entries);
        self.journal.postings.append(&mut journal.postings);
        self.journal.pooled.append(&mut journal.pooled);
        self.journal.made_accruals.append(&mut journal.made_accruals);
        self.journal.made_payouts.append(&mut journal.made_payouts);
        for (id, row) in wallets {
            let journal = &mut self.journal;
            let is_known = self.wallets.contains_key(&id) && !journal.made_wallets.contains(&id);
            let noted =
                if is_known { &mut journal.changed_wallets } else { &mut journal.made_wallets };
            noted.insert(id);
            self.wallets.insert(id, row);
        }
        for (key, row) in accruals {
            if !self.journal.made_accruals.contains(&key) {
                self.journal.changed_accruals.insert(key);
            }
            self.accruals.insert(key, row);
        }
        for (id, row) in payouts {
            if !self.journal.made_payouts.contains(&id) {
                self.journal.changed_payouts.insert(id);
            }
            self.payouts.insert(id, row);
        }
    }
}

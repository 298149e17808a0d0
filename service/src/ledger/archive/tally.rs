//! What archived entries add up to: counted when a file is written, and again when it is checked.

use std::collections::BTreeMap;

use entity::ids::WalletId;
use entity::ledger::entry::EntryKind;
use entity::ledger::opening;
use entity::ledger::posting::Account;
use serde_json::{Value, json};
use uuid::Uuid;

use super::read::Archived;
use crate::error::{Error, Result};

/// What the entries of one wallet add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// How many there are.
    pub entries: i64,
    /// How many of them earned for a receipt.
    pub receipts: i64,
    /// What they gave to each account, less what they took; debt as what is owed.
    pub available: i64,
    pub pending: i64,
    pub held: i64,
    pub debt: i64,
}

impl Opening {
    /// What the books keep of a wallet.
    pub fn of(row: &opening::Model) -> Self {
        let opening::Model { entries, receipts, available, pending, held, debt, .. } = *row;
        Self { entries, receipts, available, pending, held, debt }
    }

    /// Adds what another file holds of the wallet.
    pub fn add(&mut self, other: &Self) -> Result<()> {
        self.entries = plus(self.entries, other.entries)?;
        self.receipts = plus(self.receipts, other.receipts)?;
        self.available = plus(self.available, other.available)?;
        self.pending = plus(self.pending, other.pending)?;
        self.held = plus(self.held, other.held)?;
        self.debt = plus(self.debt, other.debt)?;
        Ok(())
    }
}

/// What a file's entries add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many there are.
    pub entries: i64,
    /// How many postings they have.
    pub postings: i64,
    /// By wallet.
    pub wallets: BTreeMap<WalletId, Opening>,
    /// By account of a partner or the programme.
    pub accounts: BTreeMap<(Account, Uuid), i64>,
}

impl Tally {
    /// Adds an entry with its postings.
    pub fn add(&mut self, archived: &Archived) -> Result<()> {
        self.entries = plus(self.entries, 1)?;
        let of_its = self.wallets.entry(archived.wallet).or_default();
        of_its.entries = plus(of_its.entries, 1)?;
        if archived.kind == EntryKind::Earned {
            of_its.receipts = plus(of_its.receipts, 1)?;
        }
        for moved in &archived.postings {
            self.postings = plus(self.postings, 1)?;
            let points = moved.points.get();
            self.give(moved.from_account, moved.from_owner, -points)?;
            self.give(moved.to_account, moved.to_owner, points)?;
        }
        Ok(())
    }

    fn give(&mut self, account: Account, owner: Uuid, points: i64) -> Result<()> {
        let (wallets, wallet) = (&mut self.wallets, WalletId::from_uuid(owner));
        let (sum, points) = match account {
            Account::Available => (&mut wallets.entry(wallet).or_default().available, points),
            Account::Pending => (&mut wallets.entry(wallet).or_default().pending, points),
            Account::Held => (&mut wallets.entry(wallet).or_default().held, points),
            Account::Debt => (&mut wallets.entry(wallet).or_default().debt, -points),
            Account::Issued | Account::Accepted | Account::Expired | Account::Adjusted => {
                (self.accounts.entry((account, owner)).or_default(), points)
            }
        };
        *sum = plus(*sum, points)?;
        Ok(())
    }

    /// The sums by account, as a seal keeps them: of wallets' accounts, all together.
    pub fn sums(&self) -> Value {
        let all = |of: fn(&Opening) -> i64| -> i64 { self.wallets.values().map(of).sum() };
        let owned = self.accounts.iter().map(|((account, owner), points)| {
            json!({ "account": account, "owner": owner, "points": points })
        });
        json!({
            "available": all(|opening| opening.available),
            "pending": all(|opening| opening.pending),
            "held": all(|opening| opening.held),
            "debt": all(|opening| opening.debt),
            "accounts": owned.collect::<Vec<_>>(),
        })
    }
}

fn plus(sum: i64, points: i64) -> Result<i64> {
    sum.checked_add(points).ok_or_else(|| Error::internal("an archive's sum is too large"))
}

//! The money books of a programme: what moved from which account to which, by whom it is owed and why.
//!
//! A movement is so many points at a price, of which a share counts. Movements that differ in nothing but
//! their points are added up by these, so that a sum of any length is exact and made of whole numbers; what
//! it comes to in money is worked out where it is looked at.

use std::collections::BTreeMap;

use entity::amount::Points;
use entity::ids::{ContractId, LotId, PartnerId};
pub use entity::settlement::money_posting::{LineKind, MoneyAccount};

use super::money::{Exact, Price};
use crate::refusal::{Code, Refusal};

/// Money that goes from one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// What it is added up by.
    pub key: Key,
    /// How many points.
    pub points: Points,
    /// The lot that they are of.
    pub lot: Option<LotId>,
}

/// What is added up together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Whose payable it is; none where it is nobody's.
    pub partner: Option<PartnerId>,
    /// Why.
    pub kind: LineKind,
    /// Under which version of the partner's contract.
    pub contract: Option<ContractId>,
    /// With which other partner: who accepted, or who issued.
    pub with: Option<PartnerId>,
    /// The account that gives.
    pub from: MoneyAccount,
    /// The account that takes.
    pub to: MoneyAccount,
    /// What a point comes to.
    pub price: Price,
}

/// An account with whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// What a partner owes the programme; below zero what the programme owes it.
    Payable(PartnerId),
    /// One of the programme's own.
    Own(MoneyAccount),
}

/// Movements, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book(pub BTreeMap<Key, i64>);

impl Key {
    /// What so many points come to for the partner: above zero it owes more.
    pub fn owed(&self, points: i64) -> Result<Exact, Refusal> {
        let money = self.price.of(points)?;
        Ok(match (self.from, self.to) {
            (MoneyAccount::Payable, _) => money,
            (_, MoneyAccount::Payable) => money.negated(),
            _ => Exact::ZERO,
        })
    }

    /// The account that gives, and the one that takes.
    pub(crate) fn accounts(&self) -> (Account, Account) {
        (self.account(self.from), self.account(self.to))
    }

    /// The account on one side.
    fn account(&self, side: MoneyAccount) -> Account {
        match (side, self.partner) {
            (MoneyAccount::Payable, Some(partner)) => Account::Payable(partner),
            _ => Account::Own(side),
        }
    }
}

impl Book {
    /// One movement more.
    pub fn add(&mut self, key: Key, points: i64) -> Result<(), Refusal> {
        let sum = self.0.entry(key).or_default();
        *sum = sum.checked_add(points).ok_or(Refusal::new(Code::Overflow))?;
        Ok(())
    }

    /// What partners owe and are owed, without what is only between the programme's own accounts.
    pub fn obligations(&self) -> impl Iterator<Item = (PartnerId, &Key, i64)> {
        self.0.iter().filter_map(|(key, points)| Some((key.partner?, key, *points)))
    }

    /// Each account's balance. What is owed grows when its owner is the one who gives.
    pub fn accounts(&self) -> Result<BTreeMap<Account, Exact>, Refusal> {
        let mut balances: BTreeMap<Account, Exact> = BTreeMap::new();
        for (key, points) in &self.0 {
            let money = key.price.of(*points)?;
            for (side, change) in [(key.from, money.negated()), (key.to, money)] {
                let account = key.account(side);
                let change = if account.is_owed() { change.negated() } else { change };
                let balance = balances.entry(account).or_default();
                *balance = balance.plus(change);
            }
        }
        balances.retain(|_, balance| !balance.is_zero());
        Ok(balances)
    }
}

impl Account {
    /// Whether it tells what somebody owes; the others tell what there is.
    pub fn is_owed(self) -> bool {
        matches!(self, Self::Payable(_) | Self::Own(MoneyAccount::Funded))
    }
}

/// What is owed, less what there is: nothing, at any time.
pub fn sum<'a>(balances: impl IntoIterator<Item = (&'a Account, &'a Exact)>) -> Exact {
    let signed = |(account, balance): (&Account, &Exact)| match account.is_owed() {
        true => balance.negated(),
        false => *balance,
    };
    balances.into_iter().map(signed).sum()
}

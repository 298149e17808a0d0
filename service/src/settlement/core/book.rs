//! The money books of a programme: what moved from which account to which, by whom it is owed and why.

use std::collections::BTreeMap;

use entity::amount::Points;
use entity::ids::{ContractId, PartnerId};

use super::money::Exact;

/// Where money lies. Each movement takes from one what it gives to another, so that all of them together
/// are nothing at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// What a partner owes the programme; below zero what the programme owes it.
    Payable(PartnerId),
    /// What the programme itself pays as a funder.
    Funded,
    /// Paid at issue for points that are still there.
    Reserve,
    /// Collected for points that are being burned; nothing after each burn.
    Cleared,
    /// Paid back for points that were spent and whose goods came back, until other points fill the debt.
    Carried,
    /// What the programme keeps, or loses.
    Margin,
    /// Of points that expired.
    Breakage,
    /// Service fees.
    Fees,
}

/// What a line of a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineKind {
    /// Points that the partner issued and pays for at issue.
    Issue,
    /// Of these, what came back, at the price of then.
    IssueReturn,
    /// Points that were spent at the partner: owed to it.
    Burn,
    /// Payments there that were undone.
    BurnReversal,
    /// The partner's points that were spent, as far as they are paid for then.
    Funding,
    /// Of these, what was undone.
    FundingReversal,
    /// The programme's fee on what the partner issued.
    ServiceFee,
    /// Of these, what goes back.
    ServiceFeeReversal,
    /// The partner's part of what its expired points set free: owed to it.
    BreakageShare,
}

/// What is added up together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// On whose statement.
    pub partner: PartnerId,
    /// Under which version of its contract.
    pub contract: Option<ContractId>,
    /// On which line.
    pub kind: LineKind,
    /// With which other partner: who accepted, or who issued.
    pub with: Option<PartnerId>,
}

/// Points, and what they come to; above zero the partner owes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub points: i64,
    /// How much.
    pub money: Exact,
}

/// Obligations and accounts, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// What partners owe and are owed.
    pub obligations: BTreeMap<Key, Sum>,
    /// Each account's balance.
    pub accounts: BTreeMap<Account, Exact>,
}

/// Who stands on the partner's side of a movement, and for which points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Party {
    pub(super) funder: Option<PartnerId>,
    pub(super) contract: Option<ContractId>,
    pub(super) with: Option<PartnerId>,
    pub(super) points: Points,
}

impl Party {
    fn account(&self) -> Account {
        self.funder.map_or(Account::Funded, Account::Payable)
    }
}

impl Book {
    /// The party owes more, to that account.
    pub(super) fn owes(&mut self, party: Party, kind: LineKind, to: Account, money: Exact) {
        self.moved(party.account(), to, money);
        self.noted(party, kind, money);
    }

    /// The party is owed more, from that account.
    pub(super) fn is_owed(&mut self, party: Party, kind: LineKind, from: Account, money: Exact) {
        self.moved(from, party.account(), money);
        self.noted(party, kind, money.negated());
    }

    /// Money between the programme's own accounts.
    pub(super) fn moved(&mut self, from: Account, to: Account, money: Exact) {
        if money.is_zero() {
            return;
        }
        // A payable grows when the partner is the one who gives.
        let sign = |account: Account, money: Exact| match account {
            Account::Payable(_) | Account::Funded => money.negated(),
            _ => money,
        };
        let given = self.accounts.entry(from).or_default();
        *given = given.plus(sign(from, money.negated()));
        let taken = self.accounts.entry(to).or_default();
        *taken = taken.plus(sign(to, money));
    }

    fn noted(&mut self, party: Party, kind: LineKind, money: Exact) {
        let Some(partner) = party.funder else { return };
        let key = Key { partner, contract: party.contract, kind, with: party.with };
        let sum = self.obligations.entry(key).or_default();
        sum.points = sum.points.saturating_add(party.points.get());
        sum.money = sum.money.plus(money);
    }

    /// What an account holds.
    pub fn balance(&self, account: Account) -> Exact {
        self.accounts.get(&account).copied().unwrap_or_default()
    }

    /// What partners and the programme owe together, less what the other accounts hold: nothing.
    pub fn sum(&self) -> Exact {
        let owed = |account: &Account| matches!(account, Account::Payable(_) | Account::Funded);
        let signed = |(account, money): (&Account, &Exact)| {
            if owed(account) { money.negated() } else { *money }
        };
        self.accounts.iter().map(signed).sum()
    }
}

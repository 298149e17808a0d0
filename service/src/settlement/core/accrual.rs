//! What each entry moves in the money books. Points × price × share, exactly; nothing is rounded here.
//!
//! A lot's shares are settled one by one, each by its own funding: what is due at issue lies in the reserve
//! until the points are burned, expire, or come back; the rest is collected when they are burned. Points
//! burned at a funder whose contract says so (`on_us`) give back what it paid for them instead.
//!
//! Points that came back after they were spent are paid back from `carried`; when other points fill the
//! debt, what those had cost goes there, what had been billed when the first were burned moves to the funders
//! of the second, and the margin takes the difference. A debt that is written off is the margin's loss; so is
//! the gain where an operator takes points that somebody had paid for.

use std::collections::HashMap;

use entity::amount::Points;
use entity::ids::{ContractId, PartnerId};
use entity::ledger::allocation::AllocationKind;
use entity::ledger::entry::{self, EntryKind};
use entity::ledger::lot::{self, Share, Terms};
use entity::partners::contract::{self, OnUs};

use super::book::{Account, Book, LineKind, Party};
use super::debts::{Debts, Owed, Queue};
use super::money::{Exact, WHOLE, bp};
use crate::ledger::reason::Figures;
use crate::refusal::Refusal;

/// Contracts by id, all versions.
pub(crate) type Contracts = HashMap<ContractId, contract::Model>;

/// An entry with all that its money depends on.
pub(crate) struct Happened<'a> {
    pub(crate) entry: &'a entry::Model,
    pub(crate) figures: &'a Figures,
    /// Lots that it made of points that weren't there before.
    pub(crate) made: &'a [lot::Model],
    /// Its parts in lots.
    pub(crate) parts: Vec<Part<'a>>,
    /// Of a reversal: where the payment was, and its parts.
    pub(crate) undone: Option<(Option<PartnerId>, Vec<Part<'a>>)>,
    /// Of a return: what the goods had earned.
    pub(crate) returned: Vec<Returned<'a>>,
}

/// How many points an entry took from a lot, or gave back to it.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) kind: AllocationKind,
    pub(crate) lot: &'a lot::Model,
    pub(crate) points: Points,
    /// Of a payment: what its acceptor is owed a point.
    pub(crate) price_micros: Option<i64>,
}

/// A part of a purchase's points that came back.
#[derive(Clone, Copy)]
pub(crate) struct Returned<'a> {
    pub(crate) part: i32,
    pub(crate) terms: &'a Terms,
    pub(crate) points: Points,
    /// Of these, what had expired.
    pub(crate) excused: Points,
}

/// The money books, and what they need to go on.
pub(crate) struct Accrual<'a> {
    pub(crate) book: Book,
    contracts: &'a Contracts,
    debts: Debts,
}

type Done = Result<(), Refusal>;

impl<'a> Accrual<'a> {
    pub(crate) fn new(contracts: &'a Contracts) -> Self {
        Self { book: Book::default(), contracts, debts: Debts::default() }
    }

    /// Goes on by an entry.
    pub(crate) fn follow(&mut self, happened: &Happened<'_>) -> Done {
        for lot in happened.made {
            self.issue(lot)?;
        }
        match happened.entry.kind {
            EntryKind::Earned
            | EntryKind::EventEarned
            | EntryKind::Matured
            | EntryKind::Released
            | EntryKind::Lapsed
            | EntryKind::TransferredIn
            | EntryKind::PooledIn => self.fills(happened),
            EntryKind::Paid => self.burns(happened, AllocationKind::Taken),
            EntryKind::Captured => {
                self.burns(happened, AllocationKind::Captured)?;
                self.fills(happened)
            }
            EntryKind::Reversed => {
                self.unburns(happened)?;
                self.fills(happened)
            }
            EntryKind::Expired => happened.taken().try_for_each(|part| self.expire(part)),
            EntryKind::Returned => self.returns(happened),
            EntryKind::Adjusted if !happened.made.is_empty() => self.fills(happened),
            EntryKind::Adjusted => happened.taken().try_for_each(|part| self.lose(part)),
            EntryKind::WrittenOff => self.write_off(happened.entry),
            EntryKind::PooledOut => {
                if let Some(into) = happened.entry.related_wallet_id {
                    self.debts.pool(happened.entry.wallet_id, into);
                }
                Ok(())
            }
            EntryKind::Held | EntryKind::TransferredOut => Ok(()),
        }
    }

    /// What was paid back for points that are owed.
    #[cfg(test)]
    pub(super) fn owed(&self) -> Exact {
        let shares = |owed: &Owed| {
            let shares = owed.terms.shares.iter();
            shares.map(|share| held(share, owed.points).unwrap()).sum::<Exact>()
        };
        self.debts.all().map(shares).sum()
    }

    /// How many points are owed.
    #[cfg(test)]
    pub(super) fn points_owed(&self) -> i64 {
        self.debts.all().map(|owed| owed.points.get()).sum()
    }

    fn issue(&mut self, lot: &lot::Model) -> Done {
        for share in &lot.terms.shares {
            let party = party(share, None, lot.quantity);
            self.book.owes(party, LineKind::Issue, Account::Reserve, held(share, lot.quantity)?);
            let fee = fee(share, lot.quantity)?;
            if !fee.is_zero() {
                self.book.owes(party, LineKind::ServiceFee, Account::Fees, fee);
            }
        }
        Ok(())
    }

    /// What was paid for points at issue goes back, from that account; the fee too.
    fn unissue(&mut self, terms: &Terms, points: Points, from: Account) -> Done {
        for share in &terms.shares {
            let party = party(share, None, points);
            self.book.is_owed(party, LineKind::IssueReturn, from, held(share, points)?);
            self.unfee(share, points)?;
        }
        Ok(())
    }

    fn unfee(&mut self, share: &Share, points: Points) -> Done {
        let fee = fee(share, points)?;
        if !fee.is_zero() {
            let party = party(share, None, points);
            self.book.is_owed(party, LineKind::ServiceFeeReversal, Account::Fees, fee);
        }
        Ok(())
    }

    fn burns(&mut self, happened: &Happened<'_>, kind: AllocationKind) -> Done {
        let acceptor = happened.entry.partner_id;
        let is_paid = |part: &&Part<'_>| part.kind == kind && part.price_micros.is_some();
        happened.parts.iter().filter(is_paid).try_for_each(|part| self.burn(part, acceptor))
    }

    fn burn(&mut self, part: &Part<'_>, acceptor: Option<PartnerId>) -> Done {
        let (points, mut owed) = (part.points, billed_to_nobody(part)?);
        for share in &part.lot.terms.shares {
            if let Some(on_us) = self.on_us(share, acceptor) {
                let party = party(share, acceptor, points);
                let held = held(share, points)?;
                self.book.is_owed(party, LineKind::IssueReturn, Account::Reserve, held);
                if on_us == OnUs::Free {
                    self.unfee(share, points)?;
                }
                continue;
            }
            let due = due(share, points)?;
            self.book.moved(Account::Reserve, Account::Cleared, held(share, points)?);
            self.book.owes(
                party(share, acceptor, points),
                LineKind::Funding,
                Account::Cleared,
                due,
            );
            owed = Some(owed.unwrap_or_default().plus(accepted(share, part)?));
        }
        if let Some(owed) = owed {
            let party = burned(part, acceptor);
            self.book.is_owed(party, LineKind::Burn, Account::Cleared, owed);
        }
        self.clear();
        Ok(())
    }

    /// What is left in `cleared` after a burn is the programme's, and what is missing its loss.
    fn clear(&mut self) {
        let rest = self.book.balance(Account::Cleared);
        self.book.moved(Account::Cleared, Account::Margin, rest);
    }

    fn unburns(&mut self, happened: &Happened<'_>) -> Done {
        let Some((acceptor, parts)) = &happened.undone else { return Ok(()) };
        let is_paid = |part: &&Part<'_>| part.price_micros.is_some();
        parts.iter().filter(is_paid).try_for_each(|part| self.unburn(part, *acceptor))
    }

    /// The exact inverse of [`Self::burn`].
    fn unburn(&mut self, part: &Part<'_>, acceptor: Option<PartnerId>) -> Done {
        let (points, mut owed) = (part.points, billed_to_nobody(part)?);
        for share in &part.lot.terms.shares {
            if let Some(on_us) = self.on_us(share, acceptor) {
                let party = party(share, acceptor, points);
                let (held, fee) = (held(share, points)?, fee(share, points)?);
                self.book.owes(party, LineKind::Issue, Account::Reserve, held);
                if on_us == OnUs::Free && !fee.is_zero() {
                    self.book.owes(party, LineKind::ServiceFee, Account::Fees, fee);
                }
                continue;
            }
            let (funder, due) = (party(share, acceptor, points), due(share, points)?);
            self.book.is_owed(funder, LineKind::FundingReversal, Account::Cleared, due);
            self.book.moved(Account::Cleared, Account::Reserve, held(share, points)?);
            owed = Some(owed.unwrap_or_default().plus(accepted(share, part)?));
        }
        if let Some(owed) = owed {
            let party = burned(part, acceptor);
            self.book.owes(party, LineKind::BurnReversal, Account::Cleared, owed);
        }
        self.clear();
        Ok(())
    }

    fn expire(&mut self, part: &Part<'_>) -> Done {
        for share in &part.lot.terms.shares {
            self.book.moved(Account::Reserve, Account::Breakage, held(share, part.points)?);
            let contract = share.contract.and_then(|id| self.contracts.get(&id));
            let back = contract.map_or(0, |contract| bp(contract.breakage_share_bp));
            let shares = [bp(share.share_bp), bp(share.issue_share_bp), back];
            let back = Exact::of(part.points, share.issue_price_micros, shares)?;
            if !back.is_zero() {
                let party = party(share, None, part.points);
                self.book.is_owed(party, LineKind::BreakageShare, Account::Breakage, back);
            }
        }
        Ok(())
    }

    /// An operator took the points: what was paid for them is the programme's.
    fn lose(&mut self, part: &Part<'_>) -> Done {
        for share in &part.lot.terms.shares {
            self.book.moved(Account::Reserve, Account::Margin, held(share, part.points)?);
        }
        Ok(())
    }

    fn returns(&mut self, happened: &Happened<'_>) -> Done {
        let (purchase, mut short) = (happened.entry.purchase_id, Queue::default());
        let mut own: HashMap<i32, Points> = HashMap::new();
        let mut others: Vec<(&lot::Model, Points)> = Vec::new();
        let left = |own: &HashMap<i32, Points>, returned: &Returned<'_>| {
            returned.points.less(own.get(&returned.part).copied().unwrap_or_default())
        };
        for part in happened.taken() {
            let returned = happened.returned.iter().find(|returned| {
                part.lot.purchase_id == purchase && part.lot.part == returned.part
            });
            let mine =
                returned.map_or(Points::ZERO, |returned| left(&own, returned).min(part.points));
            if let Some(returned) = returned {
                let sum = own.entry(returned.part).or_default();
                *sum = sum.plus(mine).unwrap_or(*sum);
                self.unissue(&part.lot.terms, mine, Account::Reserve)?;
            }
            others.push((part.lot, part.points.less(mine)));
        }
        for returned in &happened.returned {
            let points = left(&own, returned).less(returned.excused);
            short.push(Owed { terms: returned.terms.clone(), points });
        }
        for (filling, points) in others {
            for owed in short.take(points) {
                self.unissue(&owed.terms, owed.points, Account::Carried)?;
                self.fill(&owed, filling)?;
            }
        }
        for owed in short.take(happened.figures.owed) {
            self.unissue(&owed.terms, owed.points, Account::Carried)?;
            self.debts.of(happened.entry.wallet_id).push(owed);
        }
        Ok(())
    }

    /// What a wallet owes is filled from the lots that the entry took from.
    fn fills(&mut self, happened: &Happened<'_>) -> Done {
        for part in happened.taken() {
            for owed in self.debts.of(happened.entry.wallet_id).take(part.points) {
                self.fill(&owed, part.lot)?;
            }
        }
        Ok(())
    }

    fn fill(&mut self, owed: &Owed, filling: &lot::Model) -> Done {
        let points = owed.points;
        let mut margin = Exact::ZERO;
        for share in &filling.terms.shares {
            let (held, due) = (held(share, points)?, due(share, points)?);
            self.book.moved(Account::Reserve, Account::Carried, held);
            self.book.owes(party(share, None, points), LineKind::Funding, Account::Carried, due);
            margin = margin.plus(held).plus(due);
        }
        for share in &owed.terms.shares {
            let due = due(share, points)?;
            let party = party(share, None, points);
            self.book.is_owed(party, LineKind::FundingReversal, Account::Carried, due);
            margin = margin.less(due).less(held(share, points)?);
        }
        self.book.moved(Account::Carried, Account::Margin, margin);
        Ok(())
    }

    fn write_off(&mut self, entry: &entry::Model) -> Done {
        for owed in self.debts.of(entry.wallet_id).take(entry.points) {
            for share in &owed.terms.shares {
                self.book.moved(Account::Margin, Account::Carried, held(share, owed.points)?);
            }
        }
        Ok(())
    }

    /// How the share is settled where its funder accepts the points itself; none where it is as any burn.
    fn on_us(&self, share: &Share, acceptor: Option<PartnerId>) -> Option<OnUs> {
        let own = share.partner.is_some() && share.partner == acceptor;
        let contract = share.contract.filter(|_| own).and_then(|id| self.contracts.get(&id));
        contract.map(|contract| contract.on_us).filter(|on_us| *on_us != OnUs::Full)
    }
}

impl<'a> Happened<'a> {
    fn taken(&self) -> impl Iterator<Item = &Part<'a>> {
        self.parts
            .iter()
            .filter(|part| part.kind == AllocationKind::Taken && part.price_micros.is_none())
    }
}

fn party(share: &Share, with: Option<PartnerId>, points: Points) -> Party {
    Party { funder: share.partner, contract: share.contract, with, points }
}

/// What is due at issue, and lies in the reserve.
pub(super) fn held(share: &Share, points: Points) -> Result<Exact, Refusal> {
    let shares = [bp(share.share_bp), bp(share.issue_share_bp), WHOLE];
    Exact::of(points, share.issue_price_micros, shares)
}

/// What is due when the points are burned.
fn due(share: &Share, points: Points) -> Result<Exact, Refusal> {
    let shares = [bp(share.share_bp), WHOLE - bp(share.issue_share_bp), WHOLE];
    Exact::of(points, share.issue_price_micros, shares)
}

/// The programme's fee on the value of what is issued.
fn fee(share: &Share, points: Points) -> Result<Exact, Refusal> {
    let shares = [bp(share.share_bp), bp(share.service_fee_bp), WHOLE];
    Exact::of(points, share.issue_price_micros, shares)
}

/// Who accepted the points, and from whom.
fn burned(part: &Part<'_>, acceptor: Option<PartnerId>) -> Party {
    Party { funder: acceptor, contract: None, with: part.lot.issuer_id, points: part.points }
}

/// What the acceptor is owed for points that nobody pays for: an operator gave them.
fn billed_to_nobody(part: &Part<'_>) -> Result<Option<Exact>, Refusal> {
    if !part.lot.terms.shares.is_empty() {
        return Ok(None);
    }
    Exact::of(part.points, part.price_micros.unwrap_or(0), [WHOLE; 3]).map(Some)
}

/// The share's part of what the acceptor is owed.
fn accepted(share: &Share, part: &Part<'_>) -> Result<Exact, Refusal> {
    let price = part.price_micros.unwrap_or(0);
    Exact::of(part.points, price, [bp(share.share_bp), WHOLE, WHOLE])
}

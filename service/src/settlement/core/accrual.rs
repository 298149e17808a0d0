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
use entity::ids::PartnerId;
use entity::ledger::allocation::AllocationKind;
use entity::ledger::entry::{self, EntryKind};
use entity::ledger::lot::{self, Share};
use entity::partners::contract::OnUs;

use super::book::{Key, LineKind, MoneyAccount, Move};
use super::contracts::Contracts;
use super::debts::{Debts, Owed, Short};
use super::happened::{Happened, Part, Returned};
use super::money::{Price, WHOLE, bp};
use super::sides::{Acceptor, Side, due, fee, held};

/// What the money books need to go on.
pub(crate) struct Accrual<'a> {
    pub(crate) debts: Debts,
    contracts: &'a Contracts,
    moves: Vec<Move>,
}

impl<'a> Accrual<'a> {
    /// Goes on from what is owed.
    pub(crate) fn new(contracts: &'a Contracts, debts: Debts) -> Self {
        Self { debts, contracts, moves: Vec::new() }
    }

    /// Goes on by an entry: what it moves, in an order that is the same each time.
    pub(crate) fn follow(&mut self, happened: &Happened<'_>) -> Vec<Move> {
        for lot in happened.made {
            self.issue(lot);
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
                self.burns(happened, AllocationKind::Captured);
                self.fills(happened);
            }
            EntryKind::Reversed => {
                self.unburns(happened);
                self.fills(happened);
            }
            EntryKind::Expired => happened.taken().for_each(|part| self.expire(part)),
            EntryKind::Returned => self.returns(happened),
            EntryKind::Adjusted if !happened.made.is_empty() => self.fills(happened),
            EntryKind::Adjusted => happened.taken().for_each(|part| self.lose(part)),
            EntryKind::WrittenOff => self.write_off(happened.entry),
            EntryKind::PooledOut => {
                if let Some(into) = happened.entry.related_wallet_id {
                    self.debts.pool(happened.entry.wallet_id, into);
                }
            }
            EntryKind::Held | EntryKind::TransferredOut => {}
        }
        std::mem::take(&mut self.moves)
    }

    /// What making these lots moves, for who has nothing left but them.
    pub(crate) fn issued(&mut self, lots: &[lot::Model]) -> Vec<Move> {
        lots.iter().for_each(|lot| self.issue(lot));
        std::mem::take(&mut self.moves)
    }

    fn issue(&mut self, lot: &lot::Model) {
        for share in &lot.terms.shares {
            let side = Side::of(share, None, lot, lot.quantity);
            self.owes(side, LineKind::Issue, MoneyAccount::Reserve, held(share));
            self.owes(side, LineKind::ServiceFee, MoneyAccount::Fees, fee(share));
        }
    }

    /// What was paid for points at issue goes back, from that account; the fee too.
    fn unissue(&mut self, lot: &lot::Model, points: Points, from: MoneyAccount) {
        for share in &lot.terms.shares {
            let side = Side::of(share, None, lot, points);
            self.is_owed(side, LineKind::IssueReturn, from, held(share));
            self.is_owed(side, LineKind::ServiceFeeReversal, MoneyAccount::Fees, fee(share));
        }
    }

    fn burns(&mut self, happened: &Happened<'_>, kind: AllocationKind) {
        let is_paid = |part: &&Part<'_>| part.kind == kind && part.price_micros.is_some();
        let acceptor = Acceptor::of(self.contracts, happened.entry);
        happened.parts.iter().filter(is_paid).for_each(|part| self.burn(part, acceptor));
    }

    fn burn(&mut self, part: &Part<'_>, acceptor: Acceptor) {
        let mut accepted = if part.lot.terms.shares.is_empty() { WHOLE } else { 0 };
        for share in &part.lot.terms.shares {
            let side = Side::of(share, acceptor.partner, part.lot, part.points);
            if let Some(on_us) = self.on_us(part.lot, share, acceptor.partner) {
                self.is_owed(side, LineKind::IssueReturn, MoneyAccount::Reserve, held(share));
                if on_us == OnUs::Free {
                    let kind = LineKind::ServiceFeeReversal;
                    self.is_owed(side, kind, MoneyAccount::Fees, fee(share));
                }
                continue;
            }
            self.own(part, MoneyAccount::Reserve, MoneyAccount::Cleared, held(share));
            self.owes(side, LineKind::Funding, MoneyAccount::Cleared, due(share));
            accepted += bp(share.share_bp);
            let rest = share.issue_price_micros - part.price_micros.unwrap_or(0);
            self.clear(part, Price::shared(rest, [bp(share.share_bp), WHOLE, WHOLE]));
        }
        if accepted > 0 {
            let price = part.accepted_at(accepted);
            self.is_owed(acceptor.side(part), LineKind::Burn, MoneyAccount::Cleared, price);
        }
        if part.lot.terms.shares.is_empty() {
            self.clear(part, part.accepted_at(WHOLE).negated());
        }
    }

    /// What is left in `cleared` after a burn is the programme's, and what is missing its loss.
    fn clear(&mut self, part: &Part<'_>, rest: Price) {
        if rest.micros < 0 {
            self.own(part, MoneyAccount::Margin, MoneyAccount::Cleared, rest.negated());
        } else {
            self.own(part, MoneyAccount::Cleared, MoneyAccount::Margin, rest);
        }
    }

    fn unburns(&mut self, happened: &Happened<'_>) {
        let Some((payment, parts)) = &happened.undone else { return };
        let acceptor = Acceptor::of(self.contracts, payment);
        let is_paid = |part: &&Part<'_>| part.price_micros.is_some();
        parts.iter().filter(is_paid).for_each(|part| self.unburn(part, acceptor));
    }

    /// The exact inverse of [`Self::burn`].
    fn unburn(&mut self, part: &Part<'_>, acceptor: Acceptor) {
        let mut accepted = if part.lot.terms.shares.is_empty() { WHOLE } else { 0 };
        for share in &part.lot.terms.shares {
            let side = Side::of(share, acceptor.partner, part.lot, part.points);
            if let Some(on_us) = self.on_us(part.lot, share, acceptor.partner) {
                self.owes(side, LineKind::Issue, MoneyAccount::Reserve, held(share));
                if on_us == OnUs::Free {
                    self.owes(side, LineKind::ServiceFee, MoneyAccount::Fees, fee(share));
                }
                continue;
            }
            self.own(part, MoneyAccount::Cleared, MoneyAccount::Reserve, held(share));
            self.is_owed(side, LineKind::FundingReversal, MoneyAccount::Cleared, due(share));
            accepted += bp(share.share_bp);
            let rest = part.price_micros.unwrap_or(0) - share.issue_price_micros;
            self.clear(part, Price::shared(rest, [bp(share.share_bp), WHOLE, WHOLE]));
        }
        if accepted > 0 {
            let price = part.accepted_at(accepted);
            self.owes(acceptor.side(part), LineKind::BurnReversal, MoneyAccount::Cleared, price);
        }
        if part.lot.terms.shares.is_empty() {
            self.clear(part, part.accepted_at(WHOLE));
        }
    }

    fn expire(&mut self, part: &Part<'_>) {
        for share in &part.lot.terms.shares {
            self.own(part, MoneyAccount::Reserve, MoneyAccount::Breakage, held(share));
            let contract = share.contract.and_then(|id| self.contracts.by_id(id));
            let back = contract.map_or(0, |contract| bp(contract.breakage_share_bp));
            let shares = [bp(share.share_bp), bp(share.issue_share_bp), back];
            let price = Price::shared(share.issue_price_micros, shares);
            if !price.is_zero() {
                let side = Side::of(share, None, part.lot, part.points);
                self.is_owed(side, LineKind::BreakageShare, MoneyAccount::Breakage, price);
            }
        }
    }

    /// An operator took the points: what was paid for them is the programme's.
    fn lose(&mut self, part: &Part<'_>) {
        for share in &part.lot.terms.shares {
            self.own(part, MoneyAccount::Reserve, MoneyAccount::Margin, held(share));
        }
    }

    fn returns(&mut self, happened: &Happened<'_>) {
        let (purchase, mut short) = (happened.entry.purchase_id, Short::default());
        let mut own: HashMap<i32, Points> = HashMap::new();
        let mut others: Vec<(&lot::Model, Points)> = Vec::new();
        let left = |own: &HashMap<i32, Points>, returned: &Returned<'_>| {
            returned.points.less(own.get(&returned.lot.part).copied().unwrap_or_default())
        };
        for part in happened.taken() {
            let returned = happened.returned.iter().find(|returned| {
                part.lot.purchase_id == purchase && part.lot.part == returned.lot.part
            });
            let mine =
                returned.map_or(Points::ZERO, |returned| left(&own, returned).min(part.points));
            if let Some(returned) = returned {
                let sum = own.entry(returned.lot.part).or_default();
                *sum = sum.plus(mine).unwrap_or(*sum);
                self.unissue(part.lot, mine, MoneyAccount::Reserve);
            }
            others.push((part.lot, part.points.less(mine)));
        }
        for returned in &happened.returned {
            short.push(returned.lot, left(&own, returned).less(returned.excused));
        }
        for (filling, points) in others {
            for owed in short.take(points) {
                self.unissue(&owed.lot, owed.points, MoneyAccount::Carried);
                self.fill(&owed, filling);
            }
        }
        for (part, owed) in (0..).zip(short.take(happened.figures.owed)) {
            self.unissue(&owed.lot, owed.points, MoneyAccount::Carried);
            self.debts.push(happened.entry.wallet_id, (happened.position, part), owed);
        }
    }

    /// What a wallet owes is filled from the lots that the entry took from.
    fn fills(&mut self, happened: &Happened<'_>) {
        for part in happened.taken() {
            for owed in self.debts.take(happened.entry.wallet_id, part.points) {
                self.fill(&owed, part.lot);
            }
        }
    }

    fn fill(&mut self, owed: &Owed, filling: &lot::Model) {
        let (carried, points) = (MoneyAccount::Carried, owed.points);
        let whole = |share: &Share| {
            Price::shared(share.issue_price_micros, [bp(share.share_bp), WHOLE, WHOLE])
        };
        let with = Part::of(filling, points);
        for share in &filling.terms.shares {
            self.own(&with, MoneyAccount::Reserve, carried, held(share));
            self.owes(
                Side::of(share, None, filling, points),
                LineKind::Funding,
                carried,
                due(share),
            );
            self.own(&with, carried, MoneyAccount::Margin, whole(share));
        }
        let of = Part::of(&owed.lot, points);
        for share in &owed.lot.terms.shares {
            let side = Side::of(share, None, &owed.lot, points);
            self.is_owed(side, LineKind::FundingReversal, carried, due(share));
            self.own(&of, MoneyAccount::Margin, carried, whole(share));
        }
    }

    fn write_off(&mut self, entry: &entry::Model) {
        for owed in self.debts.take(entry.wallet_id, entry.points) {
            let part = Part::of(&owed.lot, owed.points);
            for share in &owed.lot.terms.shares {
                self.own(&part, MoneyAccount::Margin, MoneyAccount::Carried, held(share));
                let side = Side::of(share, None, &owed.lot, owed.points);
                self.is_owed(side, LineKind::FundingReversal, MoneyAccount::Margin, due(share));
            }
        }
    }

    /// How the share is settled where its funder has issued the points and accepts them itself; none where
    /// it is as any burn.
    fn on_us(&self, lot: &lot::Model, share: &Share, acceptor: Option<PartnerId>) -> Option<OnUs> {
        let own = share.partner.is_some() && share.partner == acceptor && lot.issuer_id == acceptor;
        let contract = share.contract.filter(|_| own).and_then(|id| self.contracts.by_id(id));
        contract.map(|contract| contract.on_us).filter(|on_us| *on_us != OnUs::Full)
    }

    /// The side owes more, to that account.
    fn owes(&mut self, side: Side<'_>, kind: LineKind, to: MoneyAccount, price: Price) {
        self.moved(side, kind, (side.account(), to), price);
    }

    /// The side is owed more, from that account.
    fn is_owed(&mut self, side: Side<'_>, kind: LineKind, from: MoneyAccount, price: Price) {
        self.moved(side, kind, (from, side.account()), price);
    }

    /// Money between the programme's own accounts.
    fn own(&mut self, part: &Part<'_>, from: MoneyAccount, to: MoneyAccount, price: Price) {
        if !price.is_zero() {
            let side = Side {
                partner: None,
                contract: None,
                with: None,
                lot: part.lot,
                points: part.points,
            };
            self.moved(side, LineKind::Clearing, (from, to), price);
        }
    }

    /// Points that cost nothing are noted too, or nobody would be told where they went; fees of nothing
    /// aren't.
    fn moved(
        &mut self,
        side: Side<'_>,
        kind: LineKind,
        (from, to): (MoneyAccount, MoneyAccount),
        price: Price,
    ) {
        let is_fee = matches!(kind, LineKind::ServiceFee | LineKind::ServiceFeeReversal);
        if side.points.is_zero() || (price.is_zero() && (is_fee || side.partner.is_none())) {
            return;
        }
        let Side { partner, contract, with, lot, points } = side;
        let key = Key { partner, kind, contract, with, from, to, price };
        self.moves.push(Move { key, points, lot: Some(lot.id) });
    }
}

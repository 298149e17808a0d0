//! What each entry moves in the money books. Points × price × share, exactly; nothing is rounded here.
//!
//! A lot's shares are settled one by one, each by its own funding: what is due at issue lies in the reserve
//! until the points are burned, expire, or come back; the rest is collected when they are burned. Points
//! burned at a funder whose contract says so (`on_us`) give back what it paid for them instead.
//!
//! Points whose goods came back after they were gone are paid back from `carried`; when other points stand in
//! for them, what those cost, at issue or now, is the margin's, which makes up for what was carried and gives
//! back what had been billed when the first were burned ([`Fate`]). A debt that is written off is the margin's
//! loss; so is the gain where an operator takes points that somebody had paid for.

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
use super::fates::{Fate, Fates, apart};
use super::happened::{Happened, Part, Returned};
use super::money::{Price, WHOLE, bp};
use super::sides::{Acceptor, Side, breakage, due, fee, held};
use crate::ledger::reason::Supplied;

/// What the money books need to go on.
pub(crate) struct Accrual<'a> {
    pub(crate) debts: Debts,
    pub(crate) fates: Fates,
    contracts: &'a Contracts,
    moves: Vec<Move>,
}

impl<'a> Accrual<'a> {
    /// Goes on from what is owed, and what has become of what was earned.
    pub(crate) fn new(contracts: &'a Contracts, debts: Debts, fates: Fates) -> Self {
        Self { debts, fates, contracts, moves: Vec::new() }
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
            EntryKind::Paid => {
                self.burns(happened, AllocationKind::Taken);
                let accounts = (MoneyAccount::Margin, MoneyAccount::Payable);
                self.supplies(happened, LineKind::RewardSupply, (happened.entry, accounts));
            }
            EntryKind::Captured => {
                self.burns(happened, AllocationKind::Captured);
                self.fills(happened);
            }
            EntryKind::Reversed => {
                self.unburns(happened);
                self.fills(happened);
                if let Some((payment, _)) = &happened.undone {
                    let accounts = (MoneyAccount::Payable, MoneyAccount::Margin);
                    self.supplies(happened, LineKind::RewardSupplyReversal, (payment, accounts));
                }
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

    /// Points came back with their goods: what was paid for them at issue goes back, the fee too.
    fn recover(&mut self, lot: &lot::Model, points: Points) {
        for share in &lot.terms.shares {
            let side = Side::of(share, None, lot, points);
            self.is_owed(side, LineKind::IssueReturn, MoneyAccount::Reserve, held(share));
            self.is_owed(side, LineKind::ServiceFeeReversal, MoneyAccount::Fees, fee(share));
        }
    }

    /// Goods came back whose points are gone.
    fn miss(&mut self, owed: &Owed) {
        for share in &owed.lot.terms.shares {
            let side = Side::of(share, None, &owed.lot, owed.points);
            self.is_owed(side, LineKind::IssueReturn, MoneyAccount::Carried, held(share));
        }
        self.change(&owed.lot, |fate| fate.short += owed.points.get());
    }

    /// What becomes of points changes what their funders are given back.
    fn change(&mut self, lot: &lot::Model, change: impl FnOnce(&mut Fate)) {
        let [before, after] = self.fates.change(lot, change);
        for share in &lot.terms.shares {
            let fees = [before, after].map(|fate| fate.without_fee(lot, share));
            let kinds = [LineKind::ServiceFeeReversal, LineKind::ServiceFee];
            self.differ(lot, share, (kinds, MoneyAccount::Fees, fee(share)), fees);
            let funding = [before, after].map(|fate| fate.refunded());
            let kinds = [LineKind::FundingReversal, LineKind::Funding];
            self.differ(lot, share, (kinds, MoneyAccount::Margin, due(share)), funding);
            let contract = share.contract.and_then(|id| self.contracts.by_id(id));
            let back = contract.map_or(0, |contract| bp(contract.breakage_share_bp));
            let broken = [before, after].map(|fate| fate.broken());
            let kinds = [LineKind::BreakageShare; 2];
            let price = breakage(share, back);
            self.differ(lot, share, (kinds, MoneyAccount::Breakage, price), broken);
        }
    }

    /// Gives for so many points more, or takes back for so many fewer.
    fn differ(
        &mut self,
        lot: &lot::Model,
        share: &Share,
        (kinds, account, price): ([LineKind; 2], MoneyAccount, Price),
        [before, after]: [i64; 2],
    ) {
        let points = apart(before, after);
        let side = Side::of(share, None, lot, points);
        match () {
            () if price.is_zero() => {}
            () if after > before => self.is_owed(side, kinds[0], account, price),
            () => self.owes(side, kinds[1], account, price),
        }
    }

    fn burns(&mut self, happened: &Happened<'_>, kind: AllocationKind) {
        let is_paid = |part: &&Part<'_>| part.kind == kind && part.price_micros.is_some();
        let acceptor = Acceptor::of(self.contracts, happened.entry);
        happened.parts.iter().filter(is_paid).for_each(|part| self.burn(part, acceptor));
    }

    fn burn(&mut self, part: &Part<'_>, acceptor: Acceptor) {
        let mut accepted = if part.lot.terms.shares.is_empty() { WHOLE } else { 0 };
        let mut is_free = false;
        for share in &part.lot.terms.shares {
            let side = Side::of(share, acceptor.partner, part.lot, part.points);
            if let Some(on_us) = self.on_us(part.lot, share, acceptor.partner) {
                self.is_owed(side, LineKind::IssueReturn, MoneyAccount::Reserve, held(share));
                is_free |= on_us == OnUs::Free;
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
        self.change(part.lot, |fate| fate.burn(part.points.get(), is_free));
    }

    /// Whoever delivers what was paid for is owed its cost, by the contract that was in force then: the margin's
    /// loss. One reward is one point of such a movement.
    fn supplies(
        &mut self,
        happened: &Happened<'_>,
        kind: LineKind,
        (payment, (from, to)): (&entry::Model, (MoneyAccount, MoneyAccount)),
    ) {
        let (Some(Supplied { partner, cost_micros }), Ok(one)) =
            (happened.supplied, Points::new(1))
        else {
            return;
        };
        let contract = self.contracts.in_force(partner, payment.occurred_at);
        let key = Key {
            partner: Some(partner),
            kind,
            contract: contract.map(|contract| contract.id),
            with: payment.partner_id.filter(|acceptor| *acceptor != partner),
            from,
            to,
            price: Price::shared(cost_micros, [WHOLE; 3]),
        };
        self.moves.push(Move { key, points: one, lot: None });
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
        let mut is_free = false;
        for share in &part.lot.terms.shares {
            let side = Side::of(share, acceptor.partner, part.lot, part.points);
            if let Some(on_us) = self.on_us(part.lot, share, acceptor.partner) {
                self.owes(side, LineKind::Issue, MoneyAccount::Reserve, held(share));
                is_free |= on_us == OnUs::Free;
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
        self.change(part.lot, |fate| fate.burn(-part.points.get(), is_free));
    }

    fn expire(&mut self, part: &Part<'_>) {
        for share in &part.lot.terms.shares {
            self.own(part, MoneyAccount::Reserve, MoneyAccount::Breakage, held(share));
        }
        self.change(part.lot, |fate| fate.expired += part.points.get());
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
                self.recover(part.lot, mine);
            }
            others.push((part.lot, part.points.less(mine)));
        }
        for returned in &happened.returned {
            short.push(returned.lot, left(&own, returned).less(returned.excused));
        }
        for (filling, points) in others {
            for owed in short.take(points) {
                self.miss(&owed);
                self.fill(&owed, filling);
            }
        }
        for (part, owed) in (0..).zip(short.take(happened.figures.owed)) {
            self.miss(&owed);
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

    /// Points of one lot stand in for those of another: whoever funds them has them burned.
    fn fill(&mut self, owed: &Owed, filling: &lot::Model) {
        let with = Part::of(filling, owed.points);
        for share in &filling.terms.shares {
            let side = Side::of(share, None, filling, owed.points);
            self.own(&with, MoneyAccount::Reserve, MoneyAccount::Margin, held(share));
            self.owes(side, LineKind::Funding, MoneyAccount::Margin, due(share));
        }
        self.change(filling, |fate| fate.burn(owed.points.get(), false));
        self.settle(owed);
    }

    /// The margin makes up for what was carried.
    fn settle(&mut self, owed: &Owed) {
        let part = Part::of(&owed.lot, owed.points);
        for share in &owed.lot.terms.shares {
            self.own(&part, MoneyAccount::Margin, MoneyAccount::Carried, held(share));
        }
        self.change(&owed.lot, |fate| fate.settled += owed.points.get());
    }

    fn write_off(&mut self, entry: &entry::Model) {
        let owed = self.debts.take(entry.wallet_id, entry.points);
        owed.iter().for_each(|owed| self.settle(owed));
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

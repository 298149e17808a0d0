//! Who stands on the partner's side of a movement, and what a share of a lot comes to.

use std::collections::BTreeMap;

use entity::amount::Points;
use entity::ids::{ContractId, PartnerId};
use entity::ledger::entry;
use entity::ledger::lot::{self, Share, Terms};
use entity::settlement::money_posting::MoneyAccount;

use super::contracts::Contracts;
use super::happened::Part;
use super::money::{Exact, Price, WHOLE, bp};
use crate::refusal::Refusal;

/// Who accepted points, and by which version of its contract.
#[derive(Clone, Copy)]
pub(super) struct Acceptor {
    pub(super) partner: Option<PartnerId>,
    pub(super) contract: Option<ContractId>,
}

impl Acceptor {
    pub(super) fn of(contracts: &Contracts, payment: &entry::Model) -> Self {
        let partner = payment.partner_id;
        let contract = partner.and_then(|id| contracts.in_force(id, payment.occurred_at));
        Self { partner, contract: contract.map(|contract| contract.id) }
    }

    pub(super) fn side<'a>(&self, part: &Part<'a>) -> Side<'a> {
        let (partner, contract) = (self.partner, self.contract);
        Side { partner, contract, with: part.lot.issuer_id, lot: part.lot, points: part.points }
    }
}

/// Who stands on the partner's side of a movement, and for which points. The programme is nobody here.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) partner: Option<PartnerId>,
    pub(super) contract: Option<ContractId>,
    pub(super) with: Option<PartnerId>,
    pub(super) lot: &'a lot::Model,
    pub(super) points: Points,
}

impl<'a> Side<'a> {
    pub(super) fn of(
        share: &Share,
        with: Option<PartnerId>,
        lot: &'a lot::Model,
        points: Points,
    ) -> Self {
        Self { partner: share.partner, contract: share.contract, with, lot, points }
    }

    pub(super) fn account(&self) -> MoneyAccount {
        match self.partner {
            Some(_) => MoneyAccount::Payable,
            None => MoneyAccount::Funded,
        }
    }
}

/// What is due at issue, and lies in the reserve.
pub(super) fn held(share: &Share) -> Price {
    Price::shared(share.issue_price_micros, [bp(share.share_bp), bp(share.issue_share_bp), WHOLE])
}

/// What is due when the points are burned.
pub(super) fn due(share: &Share) -> Price {
    let rest = WHOLE - bp(share.issue_share_bp);
    Price::shared(share.issue_price_micros, [bp(share.share_bp), rest, WHOLE])
}

/// The programme's fee on the value of what is issued.
pub(super) fn fee(share: &Share) -> Price {
    Price::shared(share.issue_price_micros, [bp(share.share_bp), bp(share.service_fee_bp), WHOLE])
}

/// So much of what lay in the reserve goes back when the points expire.
pub(super) fn breakage(share: &Share, back_bp: i64) -> Price {
    let shares = [bp(share.share_bp), bp(share.issue_share_bp), back_bp];
    Price::shared(share.issue_price_micros, shares)
}

/// What those who fund a lot owe as soon as so many of its points are issued; the programme owes nobody.
pub(crate) fn at_issue(terms: &Terms, points: i64) -> Result<BTreeMap<PartnerId, Exact>, Refusal> {
    let mut owed = BTreeMap::new();
    for share in &terms.shares {
        let Some(partner) = share.partner else { continue };
        let own: &mut Exact = owed.entry(partner).or_default();
        *own = own.plus(held(share).of(points)?).plus(fee(share).of(points)?);
    }
    Ok(owed)
}

/// What was paid at issue for points of a lot, by all who fund it.
pub(crate) fn held_for(terms: &Terms, points: i64) -> Result<Exact, Refusal> {
    let shares = terms.shares.iter();
    shares.map(|share| held(share).of(points)).try_fold(Exact::ZERO, |sum, own| Ok(sum.plus(own?)))
}

/// What is due when a point is burned that has these terms: who pays it, and how much.
pub(crate) fn due_for(terms: &Terms) -> impl Iterator<Item = (Option<PartnerId>, Price)> {
    let shares = terms.shares.iter().map(|share| (share.partner, due(share)));
    shares.filter(|(_, price)| !price.is_zero())
}

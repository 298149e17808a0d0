//! What the writes of a batch name, found set by set: a fixed number of statements, and none for what
//! nobody names.
//!
//! Receipts that come back are locked first, then coupons, then the gate locks wallets; everybody keeps that
//! order.

use std::collections::HashMap;

use entity::ids::{EntryId, HoldId, PartnerId, ProgrammeId, WalletId};
use entity::ledger::entry::EntryKind;
use entity::ledger::{entry, hold};

use super::{Move, Write};
use crate::coupons;
use crate::earning::events::Event;
use crate::error::{Error, Result};
use crate::ledger;
use crate::ledger::reason::{Cause, Reason};
use crate::members::{Resolved, resolve};
use crate::purchases::{TakeBack, record, returns};
use crate::refusal::{Code, Refusal};
use crate::rewards::claims::{self, Claiming};
use crate::rows::find_among;
use crate::tx::Tx;

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    /// Members by whatever names them.
    pub(crate) members: Resolved,
    pub(super) receipts: record::Known,
    pub(super) returns: returns::Known,
    pub(super) coupons: coupons::Known,
    pub(super) current: HashMap<WalletId, WalletId>,
    holds: HashMap<HoldId, hold::Model>,
    payments: HashMap<EntryId, entry::Model>,
    pub(super) rewards: claims::Known,
}

impl Found {
    pub(super) async fn read(tx: &Tx, programme: ProgrammeId, writes: &[&Write]) -> Result<Self> {
        let mut found = Self::default();
        let take_backs: Vec<&TakeBack> =
            writes.iter().filter_map(|write| write.take_back()).collect();
        if !take_backs.is_empty() {
            found.returns = returns::Known::lock(tx, programme, &take_backs).await?;
        }
        let receipts = writes.iter().filter_map(|write| write.receipts());
        found.receipts = record::Known::read(tx, programme, receipts.clone()).await?;
        let receiving = receipts.clone();
        let moves = || writes.iter().filter_map(|write| write.moving());
        let members = receipts.flat_map(record::Receipts::members);
        let events = writes.iter().filter_map(|write| write.event()).map(|event| &event.member);
        let claiming = || writes.iter().filter_map(|write| write.claiming());
        let members = members.chain(claiming().map(Claiming::member));
        let members = members.chain(events).chain(moves().flat_map(|wish| &wish.members)).cloned();
        found.members = resolve(tx.connection(), programme, members).await?;
        found.rewards = claims::Known::read(tx, programme, claiming()).await?;
        let mut wanted = coupons::Wanted::default();
        receiving.for_each(|own| own.want_coupons(&found.receipts, &found.members, &mut wanted));
        found.returns.coupons().for_each(|id| wanted.also(id));
        found.coupons = coupons::Known::lock(tx.connection(), programme, wanted).await?;
        found.holds = holds(tx, programme, moves().filter_map(|wish| wish.hold)).await?;
        found.payments = payments(tx, programme, moves().filter_map(|wish| wish.payment)).await?;
        let paying = found.payments.values().map(|payment| payment.wallet_id);
        let wallets = paying.chain(found.returns.wallets());
        found.current = ledger::current_wallets(tx, programme, wallets).await?;
        Ok(found)
    }

    /// The partner's hold. To nobody else is there one.
    pub(crate) fn hold(&self, partner: PartnerId, id: HoldId) -> Result<&hold::Model, Refusal> {
        let own = self.holds.get(&id).filter(|hold| hold.partner_id == partner);
        own.ok_or(Refusal::new(Code::HoldNotFound))
    }

    /// The payment to the partner, and the wallet where its points are now.
    pub(crate) fn payment(
        &self,
        partner: PartnerId,
        id: EntryId,
    ) -> Result<(&entry::Model, WalletId)> {
        let own = self.payments.get(&id).filter(|payment| payment.partner_id == Some(partner));
        // What was paid for a reward comes back with its claim, not without it.
        let own = own.filter(|payment| !is_claim(payment));
        let payment = own.ok_or(Refusal::new(Code::PaymentNotFound))?;
        let wallet = self.current.get(&payment.wallet_id).copied();
        Ok((payment, wallet.ok_or_else(|| Error::internal("a payment's wallet is nowhere"))?))
    }
}

impl Write {
    fn receipts(&self) -> Option<&record::Receipts> {
        if let Self::Receipts(receipts) = self { Some(receipts) } else { None }
    }

    fn take_back(&self) -> Option<&TakeBack> {
        if let Self::TakeBack(take_back) = self { Some(take_back) } else { None }
    }

    fn event(&self) -> Option<&Event> {
        if let Self::Event(event) = self { Some(event) } else { None }
    }

    fn claiming(&self) -> Option<&Claiming> {
        if let Self::Claim(claim) = self { Some(claim) } else { None }
    }

    fn moving(&self) -> Option<&Move> {
        if let Self::Move(wish) = self { Some(wish) } else { None }
    }
}

async fn holds(
    tx: &Tx,
    programme: ProgrammeId,
    ids: impl Iterator<Item = HoldId>,
) -> Result<HashMap<HoldId, hold::Model>> {
    let (ids, column) = (ids.map(HoldId::uuid), hold::Column::Id);
    let rows = find_among::<hold::Entity, _>(tx.connection(), programme, column, ids, "").await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

async fn payments(
    tx: &Tx,
    programme: ProgrammeId,
    ids: impl Iterator<Item = EntryId>,
) -> Result<HashMap<EntryId, entry::Model>> {
    let (ids, column) = (ids.map(EntryId::uuid), entry::Column::Id);
    let also =
        format!("and kind in ('{}', '{}')", EntryKind::Paid.name(), EntryKind::Captured.name());
    let rows =
        find_among::<entry::Entity, _>(tx.connection(), programme, column, ids, &also).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

fn is_claim(payment: &entry::Model) -> bool {
    let reason = Reason::from_json(&payment.reason);
    reason.is_ok_and(|reason| matches!(reason.cause, Cause::Claim { .. }))
}

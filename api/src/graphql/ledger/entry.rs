//! Entries and lots: what happened, and which points it used.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::ledger::allocation::AllocationKind;
use entity::ledger::entry::EntryKind;
use entity::ledger::{entry, lot};
use service::ledger::LotUse;

use super::loads::{LotUses, LotsMade};
use super::reason::Reason;
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::loaders::Loaders;
use crate::graphql::partners::{Partner, Store};
use crate::graphql::purchases::Purchase;
use crate::graphql::scalars::{DateTime, Points};

/// One event of a wallet. It never changes; a correction is another entry.
pub struct Entry(pub(in crate::graphql) entry::Model);

/// Points of one earning that share issuer, prices and dates.
pub struct Lot(pub(in crate::graphql) lot::Model);

/// A wallet's balances once an entry had happened.
#[derive(SimpleObject)]
pub struct Balances {
    /// Could be spent.
    available: Points,
    /// Waited for the return window to close.
    pending: Points,
    /// Were set aside.
    held: Points,
    /// Were owed.
    debt: Points,
}

/// One lot's part in an entry.
#[derive(SimpleObject)]
pub struct LotPart {
    /// What was done to the lot.
    kind: Enumeration<AllocationKind>,
    /// How many of its points.
    points: Points,
    /// Which lot.
    lot: Lot,
}

impl From<LotUse> for LotPart {
    fn from(used: LotUse) -> Self {
        Self {
            kind: Enumeration(used.allocation.kind),
            points: used.allocation.points.into(),
            lot: Lot(used.lot),
        }
    }
}

/// One event of a wallet: the fact, its reason, and what it did. It never changes; a correction is
/// another entry.
#[Object]
impl Entry {
    /// Its id: `ent_…`. A payment's id is that of its entry.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its number within the wallet, from 1, without gaps.
    async fn number(&self) -> Points {
        Points::change(self.0.seq).unwrap_or_default()
    }

    /// What happened.
    async fn kind(&self) -> Enumeration<EntryKind> {
        Enumeration(self.0.kind)
    }

    /// How many points it is about; 0 where a purchase earned none.
    async fn points(&self) -> Points {
        self.0.points.into()
    }

    /// At which partner, if at one.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let Some(id) = self.0.partner_id else { return Ok(None) };
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, id).await?.map(Partner))
    }

    /// In which of its stores, if it was told.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        let (services, actor) = app(ctx);
        let Some(id) = self.0.store_id else { return Ok(None) };
        let directory = services.partners.directory(actor.programme()?).await?;
        Ok(directory.store_by_id(id).cloned().map(Store))
    }

    /// About which receipt, if about one.
    async fn purchase(&self, ctx: &Context<'_>) -> Result<Option<Purchase>> {
        let Some(id) = self.0.purchase_id else { return Ok(None) };
        Ok(load(ctx, id).await?.map(Purchase))
    }

    /// About which hold, if about one.
    async fn hold_id(&self) -> Option<ID> {
        self.0.hold_id.map(|id| id.to_string().into())
    }

    /// The payment that a reversal undoes, or the giver's entry of a transfer.
    async fn related_entry_id(&self) -> Option<ID> {
        self.0.related_entry_id.map(|id| id.to_string().into())
    }

    /// When it happened at the till.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// Why, down to rate, lines and rounding.
    async fn reason(&self) -> Result<Reason> {
        Reason::of(&self.0)
    }

    /// The wallet's balances once it had happened; null to partners.
    async fn balances_after(&self, ctx: &Context<'_>) -> Option<Balances> {
        let (_, actor) = app(ctx);
        let is_partner = matches!(actor.who(), service::Who::Partner(..));
        (!is_partner).then(|| Balances {
            available: self.0.available_after.into(),
            pending: self.0.pending_after.into(),
            held: self.0.held_after.into(),
            debt: self.0.debt_after.into(),
        })
    }

    /// The lots that it took points from, gave back to, or captured from; to a partner those that it
    /// issued.
    async fn lots_used(&self, ctx: &Context<'_>) -> Result<Vec<LotPart>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| LotUses(services.clone(), actor.clone()));
        let used = loader.load((self.0.wallet_id, self.0.id)).await?.unwrap_or_default();
        Ok(used.into_iter().map(LotPart::from).collect())
    }

    /// The lots that it made; to a partner those that it issued.
    async fn lots_made(&self, ctx: &Context<'_>) -> Result<Vec<Lot>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| LotsMade(services.clone(), actor.clone()));
        let made = loader.load((self.0.wallet_id, self.0.id)).await?.unwrap_or_default();
        Ok(made.into_iter().map(Lot).collect())
    }
}

/// Points of one earning that share issuer, prices and dates.
#[Object]
impl Lot {
    /// Its id: `lot_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who issued it; null where an operator gave the points.
    async fn issuer(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let Some(id) = self.0.issuer_id else { return Ok(None) };
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, id).await?.map(Partner))
    }

    /// How many points it began with.
    async fn quantity(&self) -> Points {
        self.0.quantity.into()
    }

    /// How many are left.
    async fn remaining(&self) -> Points {
        self.0.remaining.into()
    }

    /// Whether they wait for the return window to close.
    async fn is_pending(&self) -> bool {
        self.0.is_pending
    }

    /// When they were earned.
    async fn earned_at(&self) -> DateTime {
        DateTime(self.0.earned_at)
    }

    /// From when they can be spent.
    async fn available_at(&self) -> DateTime {
        DateTime(self.0.available_at)
    }

    /// When what is left expires; null where the wallet's inactivity decides.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }
}

//! Live updates: what happens, to those who may know. `after` resumes without a gap.

use async_graphql::{Context, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt};

use super::cashback::CashbackEntry;
use super::error::{ApiError, Result};
use super::ledger::Entry;
use super::purchases::{Purchase, currency};
use super::scalars::Points;
use crate::graphql::app;

/// The subscriptions.
#[derive(Default)]
pub struct LiveSubscription;

/// A change of the viewer's wallet.
#[derive(SimpleObject)]
pub struct WalletChange {
    /// Its place in the sequence of facts: resume with it as `after`.
    sequence: Points,
    /// What happened; its `balancesAfter` are the wallet's.
    entry: Entry,
}

/// A change of the cashback in the viewer's wallet.
#[derive(SimpleObject)]
pub struct CashbackChange {
    /// Its place in the sequence of facts: resume with it as `after`.
    sequence: Points,
    /// What happened, with what the wallet held after it.
    entry: CashbackEntry,
}

/// A receipt of the calling partner, or a return of one.
#[derive(SimpleObject)]
pub struct PurchaseEvent {
    /// Its place in the sequence of facts: resume with it as `after`.
    sequence: Points,
    /// What it did in the ledger; null where the receipt has no member. A return of such a receipt is
    /// among its `returns`.
    entry: Option<Entry>,
    /// The receipt; null if it can't be shown.
    purchase: Option<Purchase>,
}

#[Subscription]
impl LiveSubscription {
    /// Each change of the viewer's wallet, as it happens. For members. It ends when the wallet is the
    /// viewer's no more, since it was pooled or has left its household: subscribe again with `after`.
    async fn wallet_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Resume after this sequence number, which may not lie in the archive; from now on if left out."
        )]
        after: Option<Points>,
    ) -> Result<impl Stream<Item = Result<WalletChange>>> {
        let (services, actor) = app(ctx);
        let events = services.live.wallet_changes(actor, after.map(Points::get)).await?;
        Ok(events.filter_map(|event| async {
            match event {
                Ok(event) => event.entry.map(|entry| {
                    let sequence = Points::change(event.position).unwrap_or_default();
                    Ok(WalletChange { sequence, entry: Entry(entry) })
                }),
                Err(error) => Some(Err(ApiError::from(error))),
            }
        }))
    }

    /// Each change of the cashback in the viewer's wallet, as it happens. For members. It ends when the wallet
    /// is the viewer's no more, since it was pooled or has left its household: subscribe again with `after`.
    async fn cashback_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Resume after this sequence number, which may not lie in the archive; from now on if left out."
        )]
        after: Option<Points>,
    ) -> Result<impl Stream<Item = Result<CashbackChange>>> {
        let (services, actor) = app(ctx);
        let events = services.live.cashback_changes(actor, after.map(Points::get)).await?;
        let currency = currency(ctx).await?;
        Ok(events.filter_map(move |event| async move {
            match event {
                Ok(event) => event.cashback.map(|row| {
                    let sequence = Points::change(event.position).unwrap_or_default();
                    Ok(CashbackChange { sequence, entry: CashbackEntry { row, currency } })
                }),
                Err(error) => Some(Err(ApiError::from(error))),
            }
        }))
    }

    /// Each receipt and return of the calling partner, as it is recorded. For partners with
    /// `purchases:read`.
    async fn purchases(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Resume after this sequence number, which may not lie in the archive; from now on if left out."
        )]
        after: Option<Points>,
    ) -> Result<impl Stream<Item = Result<PurchaseEvent>>> {
        let (services, actor) = app(ctx);
        let events = services.live.purchases(actor, after.map(Points::get)).await?;
        let (services, actor) = (services.clone(), actor.clone());
        Ok(events.then(move |event| {
            let (services, actor) = (services.clone(), actor.clone());
            async move {
                let event = event?;
                let named = event.entry.as_ref().and_then(|entry| entry.purchase_id);
                let purchase = match (event.kept, named) {
                    (Some(kept), _) => Some(kept),
                    (None, Some(id)) => services.purchases.by_ids(&actor, &[id]).await?.pop(),
                    (None, None) => None,
                };
                Ok(PurchaseEvent {
                    sequence: Points::change(event.position).unwrap_or_default(),
                    entry: event.entry.map(Entry),
                    purchase: purchase.map(Purchase),
                })
            }
        }))
    }
}

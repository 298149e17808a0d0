//! A wallet: what it holds, what happened in it, what of it expires when.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::ids::PartnerId;
use entity::ledger::entry::EntryKind;
use entity::ledger::wallet;
use service::Who;
use service::ledger::HistoryFilter;

use super::loads::CompleteSince;
use super::{Entry, Lot};
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::loaders::Loaders;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::scalars::{DateTime, Id, Points};

/// What holds a member's points, or a household's.
pub struct Wallet(pub(in crate::graphql) wallet::Model);

/// Points that expire at one moment.
#[derive(SimpleObject)]
pub struct Expiry {
    /// When.
    expires_at: DateTime,
    /// How many.
    points: Points,
}

/// Which entries of a history; all if nothing is said.
#[derive(Default, InputObject)]
pub struct HistoryFilterInput {
    /// Only these kinds.
    kinds: Option<Vec<Enumeration<EntryKind>>>,
    /// Only what happened at this partner.
    partner_id: Option<Id<PartnerId>>,
    /// Only what happened then or later.
    from: Option<DateTime>,
    /// Only what happened before.
    until: Option<DateTime>,
}

impl From<HistoryFilterInput> for HistoryFilter {
    fn from(input: HistoryFilterInput) -> Self {
        Self {
            kinds: input.kinds.map(|kinds| kinds.into_iter().map(|kind| kind.0).collect()),
            partner: input.partner_id.map(|id| id.0),
            from: input.from.map(|at| at.0),
            until: input.until.map(|at| at.0),
            recorded_until: None,
        }
    }
}

impl Wallet {
    pub(in crate::graphql) async fn history_of(
        &self,
        ctx: &Context<'_>,
        asked: Asked,
        filter: Option<HistoryFilterInput>,
    ) -> Result<Connection<Entry>> {
        let (services, actor) = app(ctx);
        let window = asked.window::<Entry, i64>()?;
        let filter = filter.unwrap_or_default().into();
        let page = services.ledger.history(actor, self.0.id, filter, window).await?;
        Ok(Connection::new(page, |entry| entry.seq, Entry))
    }
}

/// What holds a member's points, or a household's. A partner sees only what can be spent.
#[Object]
impl Wallet {
    /// Its id: `wal_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Points that can be spent now.
    async fn available(&self) -> Points {
        self.0.available.into()
    }

    /// Points that wait for the return window to close; null to partners.
    async fn pending(&self, ctx: &Context<'_>) -> Option<Points> {
        unless_partner(ctx, self.0.pending)
    }

    /// Points set aside for payments that aren't final; null to partners.
    async fn held(&self, ctx: &Context<'_>) -> Option<Points> {
        unless_partner(ctx, self.0.held)
    }

    /// Points that the member owes since goods came back whose points were spent; null to partners.
    /// What is earned next fills it first.
    async fn debt(&self, ctx: &Context<'_>) -> Option<Points> {
        unless_partner(ctx, self.0.debt)
    }

    /// The last time that it earned or spent; null to partners.
    async fn last_active_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        unless_partner(ctx, DateTime(self.0.last_active_at))
    }

    /// What happened in it, newest first, with the reason for every point. A partner sees what
    /// happened at its own tills.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the newest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Which entries.")] filter: Option<HistoryFilterInput>,
    ) -> Result<Connection<Entry>> {
        self.history_of(ctx, Asked { first, after, last, before }, filter).await
    }

    /// From when on its history is complete; null if all of it is. Of what was recorded before, the
    /// entries that earned and matured may be archived; payments, returns and all others are here.
    async fn history_complete_since(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| CompleteSince(services.clone(), actor.clone()));
        Ok(loader.load(self.0.id).await?.map(DateTime))
    }

    /// How many of its points expire when, soonest first, at most 100 moments. Where the programme's
    /// points expire by inactivity, all that can be spent does at one moment, which moves on when the
    /// member earns or spends. Empty to partners.
    async fn expiries(&self, ctx: &Context<'_>) -> Result<Vec<Expiry>> {
        let (services, actor) = app(ctx);
        if matches!(actor.who(), Who::Partner(..)) {
            return Ok(Vec::new());
        }
        let expiries = services.ledger.expiries(actor, self.0.id).await?;
        let show = |(at, points): (chrono::DateTime<chrono::Utc>, entity::amount::Points)| Expiry {
            expires_at: DateTime(at),
            points: points.into(),
        };
        Ok(expiries.into_iter().map(show).collect())
    }

    /// The lots with points left, oldest first: who issued them and when they can be spent and
    /// expire. Empty to partners.
    async fn lots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Lot>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Lot, uuid::Uuid>()?;
        let page = services.ledger.open_lots(actor, self.0.id, window).await?;
        Ok(Connection::new(page, |lot| lot.id.uuid(), Lot))
    }
}

fn unless_partner<T>(ctx: &Context<'_>, value: impl Into<T>) -> Option<T> {
    let (_, actor) = app(ctx);
    (!matches!(actor.who(), Who::Partner(..))).then(|| value.into())
}

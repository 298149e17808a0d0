//! Members, cards, households.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::ids::MemberId;
use entity::members::member::MemberStatus;
use entity::members::{card, household, member, partner_reference};
use service::purchases::Filter;
use service::{Actor, Error, Services};

use super::former::{FormerWallet, FormerWallets};
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::cashback::loads::{BankAccounts, CashbackWallets};
use crate::graphql::cashback::{BankAccount, CashbackWallet};
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::ledger::loads::Wallets;
use crate::graphql::ledger::{Entry, HistoryFilterInput, Wallet};
use crate::graphql::loaders::{Batch, Loaders};
use crate::graphql::memberships::{ByMember, Membership};
use crate::graphql::page::{Asked, Connection};
use crate::graphql::payments::Hold;
use crate::graphql::purchases::{Purchase, currency};
use crate::graphql::scalars::DateTime;
use crate::graphql::tiers::{Histories, Standings, TierChange, TierStanding, standings};

/// A person holding points.
pub struct Member(pub(in crate::graphql) member::Model);

/// A card that names a member at the till.
pub struct Card(pub(in crate::graphql) card::Model);

/// Members who share one wallet.
pub struct Household {
    pub(in crate::graphql) row: household::Model,
    pub(in crate::graphql) members: Vec<member::Model>,
}

/// A partner's own customer number for a member.
#[derive(Clone, SimpleObject)]
pub struct PartnerReference {
    /// Whose number it is.
    partner_id: ID,
    /// The number.
    reference: String,
}

struct Cards(Services, Actor);

impl Batch for Cards {
    type Key = MemberId;
    type Value = Vec<card::Model>;

    async fn load(
        &self,
        keys: Vec<MemberId>,
    ) -> Result<HashMap<MemberId, Vec<card::Model>>, Error> {
        let mut found: HashMap<MemberId, Vec<card::Model>> = HashMap::new();
        for card in self.0.members.cards(&self.1, &keys).await? {
            found.entry(card.member_id).or_default().push(card);
        }
        Ok(found)
    }
}

struct References(Services, Actor);

impl Batch for References {
    type Key = MemberId;
    type Value = Vec<partner_reference::Model>;

    async fn load(
        &self,
        keys: Vec<MemberId>,
    ) -> Result<HashMap<MemberId, Vec<partner_reference::Model>>, Error> {
        let mut found: HashMap<MemberId, Vec<partner_reference::Model>> = HashMap::new();
        for reference in self.0.members.references(&self.1, &keys).await? {
            found.entry(reference.member_id).or_default().push(reference);
        }
        Ok(found)
    }
}

/// A person holding points. Nothing personal stands here.
#[Object]
impl Member {
    /// Its id: `mem_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What the member may do.
    async fn status(&self) -> Enumeration<MemberStatus> {
        Enumeration(self.0.status)
    }

    /// When it was enrolled.
    async fn enrolled_at(&self) -> DateTime {
        DateTime(self.0.enrolled_at)
    }

    /// Its cards, at most 100; to operators and the member itself, empty to others.
    async fn cards(&self, ctx: &Context<'_>) -> Result<Vec<Card>> {
        let (services, actor) = app(ctx);
        let loader = ctx.data_unchecked::<Loaders>().of(|| Cards(services.clone(), actor.clone()));
        let cards = loader.load(self.0.id).await?.unwrap_or_default();
        Ok(cards.into_iter().take(100).map(Card).collect())
    }

    /// Customer numbers for it: a partner sees its own, operators all.
    async fn partner_references(&self, ctx: &Context<'_>) -> Result<Vec<PartnerReference>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| References(services.clone(), actor.clone()));
        let references = loader.load(self.0.id).await?.unwrap_or_default();
        let show = |row: partner_reference::Model| PartnerReference {
            partner_id: row.partner_id.to_string().into(),
            reference: row.reference,
        };
        Ok(references.into_iter().take(100).map(show).collect())
    }

    /// The wallet with its points, which it may share with its household. A partner sees what can
    /// be spent.
    async fn wallet(&self, ctx: &Context<'_>) -> Result<Option<Wallet>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| Wallets(services.clone(), actor.clone()));
        Ok(loader.load(self.0.wallet_id).await?.map(Wallet))
    }

    /// The money that its purchases gave back, which it may share with its household; to operators and the
    /// member itself, null to others.
    async fn cashback(&self, ctx: &Context<'_>) -> Result<Option<CashbackWallet>> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| CashbackWallets(services.clone(), actor.clone()));
        let Some(row) = loader.load(self.0.id).await? else { return Ok(None) };
        Ok(Some(CashbackWallet { row, currency: currency(ctx).await? }))
    }

    /// Where its cashback is paid, masked; to operators and the member itself, null to others.
    async fn bank_account(&self, ctx: &Context<'_>) -> Result<Option<BankAccount>> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| BankAccounts(services.clone(), actor.clone()));
        Ok(loader.load(self.0.id).await?.map(BankAccount))
    }

    /// Its household, if it pools; to operators and the household's members.
    async fn household(&self, ctx: &Context<'_>) -> Result<Option<Household>> {
        let Some(id) = self.0.household_id else { return Ok(None) };
        Ok(load(ctx, id).await?.map(|(row, members)| Household { row, members }))
    }

    /// What happened in its wallet, newest first, with the reason for every point. A partner sees
    /// what happened at its own tills.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the newest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Which entries.")] filter: Option<HistoryFilterInput>,
    ) -> Result<Option<Connection<Entry>>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| Wallets(services.clone(), actor.clone()));
        let Some(wallet) = loader.load(self.0.wallet_id).await?.map(Wallet) else {
            return Ok(None);
        };
        wallet.history_of(ctx, Asked { first, after, last, before }, filter).await.map(Some)
    }

    /// The wallets that it had before it pooled or left its household, the latest first, at most 100;
    /// to operators and the member itself, empty to others.
    async fn former_wallets(&self, ctx: &Context<'_>) -> Result<Vec<FormerWallet>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| FormerWallets(services.clone(), actor.clone()));
        let found = loader.load(self.0.id).await?.unwrap_or_default();
        Ok(found.into_iter().take(100).collect())
    }

    /// Its receipts, oldest first: all to operators and the member itself, its own to a partner.
    async fn purchases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Purchase>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Purchase, uuid::Uuid>()?;
        let filter = Filter { member: Some(self.0.id), ..Filter::default() };
        let page = services.purchases.list(actor, filter, window).await?;
        Ok(Connection::new(page, |purchase| purchase.id.uuid(), Purchase))
    }

    /// Its holds, oldest first: all to operators and the member itself, its own to a partner.
    async fn holds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Hold>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Hold, uuid::Uuid>()?;
        let page = services.payments.holds_of(actor, self.0.id, window).await?;
        Ok(Connection::new(page, |hold| hold.id.uuid(), Hold))
    }

    /// Where its wallet stands, in each tier set that isn't archived; to operators and the member itself,
    /// empty to others.
    async fn tiers(&self, ctx: &Context<'_>) -> Result<Vec<TierStanding>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| Standings(services.clone(), actor.clone()));
        let found = loader.load(self.0.id).await?.unwrap_or_default();
        let currency = services.programmes.own(actor).await?.programme.currency;
        Ok(standings(found, currency))
    }

    /// Its paid memberships, oldest first, at most 100; to operators and the member itself, and those that
    /// were paid through a partner to that; empty to others.
    async fn memberships(&self, ctx: &Context<'_>) -> Result<Vec<Membership>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| ByMember(services.clone(), actor.clone()));
        Ok(loader.load(self.0.id).await?.unwrap_or_default().into_iter().take(100).collect())
    }

    /// How its wallet came to its tiers, newest first, at most 100; to operators and the member itself,
    /// empty to others.
    async fn tier_history(&self, ctx: &Context<'_>) -> Result<Vec<TierChange>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| Histories(services.clone(), actor.clone()));
        Ok(loader.load(self.0.id).await?.unwrap_or_default())
    }
}

/// A card that names a member at the till.
#[Object]
impl Card {
    /// Its id: `crd_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What is printed on it.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// When it became the member's.
    async fn linked_at(&self) -> DateTime {
        DateTime(self.0.linked_at)
    }

    /// When it was blocked; null while it names its member.
    async fn blocked_at(&self) -> Option<DateTime> {
        self.0.blocked_at.map(DateTime)
    }
}

/// Members who share one wallet.
#[Object]
impl Household {
    /// Its id: `hhd_…`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime {
        DateTime(self.row.created_at)
    }

    /// Who belongs to it, at most 100.
    async fn members(&self) -> Vec<Member> {
        self.members.iter().take(100).cloned().map(Member).collect()
    }

    /// The wallet that they share.
    async fn wallet(&self, ctx: &Context<'_>) -> Result<Option<Wallet>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| Wallets(services.clone(), actor.clone()));
        Ok(loader.load(self.row.wallet_id).await?.map(Wallet))
    }
}

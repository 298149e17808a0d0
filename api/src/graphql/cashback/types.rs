//! Cashback wallets, their entries and accruals, bank accounts, payouts.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::amount::{self, Currency};
use entity::cashback::cashback_entry::{self, CashbackKind};
use entity::cashback::payout::PayoutStatus;
use entity::cashback::{accrual, bank_account, cashback_wallet, payout};
use service::Error;
use service::cashback::accrual_key;
use service::cashback::core::Reason;

use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::money::Money;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::partners::Partner;
use crate::graphql::scalars::{BasisPoints, DateTime, Points};

/// The money that a wallet's purchases gave back.
pub struct CashbackWallet {
    pub(in crate::graphql) row: cashback_wallet::Model,
    pub(in crate::graphql) currency: Currency,
}

/// One event of a cashback wallet.
pub struct CashbackEntry {
    pub(in crate::graphql) row: cashback_entry::Model,
    pub(in crate::graphql) currency: Currency,
}

/// What one part of a purchase gave back.
pub struct Accrual {
    row: accrual::Model,
    currency: Currency,
}

/// Money on its way to a bank account.
pub struct Payout {
    pub(in crate::graphql) row: payout::Model,
    pub(in crate::graphql) currency: Currency,
}

/// Where a member's cashback is paid.
pub struct BankAccount(pub(in crate::graphql) bank_account::Model);

/// A funder's part of an accrual.
#[derive(SimpleObject)]
pub struct FundingShare {
    /// The partner; null is the programme itself.
    partner_id: Option<ID>,
    /// Its part of the whole.
    share_bp: BasisPoints,
}

fn money(minor: i64, currency: Currency) -> Money {
    amount::Money { minor, currency }.into()
}

/// The money that a wallet's purchases gave back, which its household shares.
#[Object]
impl CashbackWallet {
    /// What waits for the return window to close.
    async fn pending(&self) -> Money {
        money(self.row.pending, self.currency)
    }

    /// What can be paid out or converted.
    async fn available(&self) -> Money {
        money(self.row.available, self.currency)
    }

    /// What was asked for and isn't confirmed as paid.
    async fn in_payout(&self) -> Money {
        money(self.row.in_payout, self.currency)
    }

    /// What was paid out in all.
    async fn paid(&self) -> Money {
        money(self.row.paid, self.currency)
    }

    /// What became points in all.
    async fn converted(&self) -> Money {
        money(self.row.converted, self.currency)
    }

    /// What returns couldn't take back, since it was paid out or converted: what becomes available fills
    /// it first.
    async fn owed(&self) -> Money {
        money(self.row.owed, self.currency)
    }

    /// What happened, newest first, with the reason for each amount.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the newest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the oldest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<CashbackEntry>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<CashbackEntry, i64>()?;
        let page = services.cashback.history(actor, self.row.id, window).await?;
        let currency = self.currency;
        Ok(Connection::new(page, |row| row.seq, |row| CashbackEntry { row, currency }))
    }

    /// What purchases gave back, oldest first.
    async fn accruals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Accrual>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Accrual, _>()?;
        let page = services.cashback.accruals(actor, self.row.id, window).await?;
        let currency = self.currency;
        Ok(Connection::new(page, accrual_key, |row| Accrual { row, currency }))
    }
}

impl CashbackEntry {
    fn reason(&self) -> Result<Reason> {
        Ok(serde_json::from_value(self.row.reason.clone()).map_err(Error::internal)?)
    }
}

/// One event of a cashback wallet, with the reason for it. What doesn't apply is null.
#[Object]
impl CashbackEntry {
    /// Counts the wallet's events, from 1.
    async fn number(&self) -> Points {
        Points::change(self.row.seq).unwrap_or_default()
    }

    /// What happened.
    async fn kind(&self) -> Enumeration<CashbackKind> {
        Enumeration(self.row.kind)
    }

    /// How much it is about.
    async fn amount(&self) -> Money {
        money(self.row.amount_minor, self.currency)
    }

    /// At which partner.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let Some(partner) = self.row.partner_id else { return Ok(None) };
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, partner).await?.map(Partner))
    }

    /// About which receipt.
    async fn purchase_id(&self) -> Option<ID> {
        self.row.purchase_id.map(|id| id.to_string().into())
    }

    /// About which payout.
    async fn payout_id(&self) -> Option<ID> {
        self.row.payout_id.map(|id| id.to_string().into())
    }

    /// What the amount was reckoned on; after a return, what is left of that.
    async fn basis(&self) -> Result<Option<Money>> {
        Ok(self.reason()?.basis_minor.map(|minor| money(minor, self.currency)))
    }

    /// At which rate.
    async fn rate_bp(&self) -> Result<Option<BasisPoints>> {
        Ok(self.reason()?.bp.map(BasisPoints))
    }

    /// By which rule, where it is another than the partner's own rate.
    async fn note(&self) -> Result<Option<String>> {
        Ok(self.reason()?.note)
    }

    /// By which return.
    async fn return_id(&self) -> Result<Option<ID>> {
        Ok(self.reason()?.return_id.map(|id| id.to_string().into()))
    }

    /// What the bank said of a payout that failed.
    async fn failure(&self) -> Result<Option<String>> {
        Ok(self.reason()?.failure)
    }

    /// The points that it became.
    async fn points(&self) -> Result<Option<Points>> {
        Ok(self.reason()?.points.map(Into::into))
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.row.occurred_at)
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.row.recorded_at)
    }

    /// What was available after it.
    async fn available_after(&self) -> Money {
        money(self.row.available_after, self.currency)
    }

    /// What was pending after it.
    async fn pending_after(&self) -> Money {
        money(self.row.pending_after, self.currency)
    }

    /// What was asked for and wasn't confirmed as paid after it.
    async fn in_payout_after(&self) -> Money {
        money(self.row.in_payout_after, self.currency)
    }

    /// What was paid out in all after it.
    async fn paid_after(&self) -> Money {
        money(self.row.paid_after, self.currency)
    }

    /// What had become points in all after it.
    async fn converted_after(&self) -> Money {
        money(self.row.converted_after, self.currency)
    }

    /// What was owed after it.
    async fn owed_after(&self) -> Money {
        money(self.row.owed_after, self.currency)
    }
}

/// What one part of a purchase gave back: a rate of what counted, rounded down.
#[Object]
impl Accrual {
    /// The receipt's id.
    async fn purchase_id(&self) -> ID {
        self.row.purchase_id.to_string().into()
    }

    /// Counts what one purchase gives back under different rules; 0 is the partner's own rate.
    async fn part(&self) -> i32 {
        self.row.part
    }

    /// Where it was bought.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, self.row.partner_id).await?.map(Partner))
    }

    /// What it was reckoned on.
    async fn basis(&self) -> Money {
        money(self.row.basis_minor, self.currency)
    }

    /// At which rate.
    async fn rate_bp(&self) -> BasisPoints {
        BasisPoints(self.row.bp)
    }

    /// How much it was.
    async fn amount(&self) -> Money {
        money(self.row.amount_minor, self.currency)
    }

    /// How much of it returns have left.
    async fn remaining(&self) -> Money {
        money(self.row.remaining_minor, self.currency)
    }

    /// Whether it waits for the return window to close.
    async fn is_pending(&self) -> bool {
        self.row.is_pending
    }

    /// When the return window closes, or closed.
    async fn confirms_at(&self) -> DateTime {
        DateTime(self.row.confirms_at)
    }

    /// Who pays for it, in parts that sum to the whole; to operators, empty to others.
    async fn funding(&self, ctx: &Context<'_>) -> Vec<FundingShare> {
        let (_, actor) = app(ctx);
        let service::Who::Operator(_) = actor.who() else { return Vec::new() };
        let share = |share: &accrual::Share| FundingShare {
            partner_id: share.partner.map(|id| id.to_string().into()),
            share_bp: BasisPoints(share.share_bp),
        };
        self.row.shares.0.iter().take(100).map(share).collect()
    }
}

/// Money on its way to a member's bank account.
#[Object]
impl Payout {
    /// Its id: `pyo_…`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// Who asked for it.
    async fn member_id(&self) -> ID {
        self.row.member_id.to_string().into()
    }

    /// How much.
    async fn amount(&self) -> Money {
        money(self.row.amount_minor, self.currency)
    }

    /// Where it stands.
    async fn status(&self) -> Enumeration<PayoutStatus> {
        Enumeration(self.row.status)
    }

    /// To which account, masked: `DE89 **** **** 3000`.
    async fn iban(&self) -> &str {
        &self.row.masked
    }

    /// In which run; null while it waits.
    async fn run_id(&self) -> Option<ID> {
        self.row.run_id.map(|id| id.to_string().into())
    }

    /// What the bank said, where it failed.
    async fn failure(&self) -> Option<&str> {
        self.row.failure.as_deref()
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime {
        DateTime(self.row.requested_at)
    }

    /// When it was paid, failed or was cancelled, whichever came last; null before.
    async fn closed_at(&self) -> Option<DateTime> {
        self.row.closed_at.map(DateTime)
    }
}

/// Where a member's cashback is paid. The number itself is shown to nobody.
#[Object]
impl BankAccount {
    /// Its number, masked: `DE89 **** **** 3000`.
    async fn iban(&self) -> &str {
        &self.0.masked
    }

    /// When the member set it.
    async fn set_at(&self) -> DateTime {
        DateTime(self.0.set_at)
    }
}

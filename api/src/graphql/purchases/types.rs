//! Receipts, their lines and returns, and quotes.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::amount::{self, Currency};
use entity::ids::PurchaseId;
use entity::ledger::entry;
use entity::purchases::purchase::{self, Channel};
use entity::purchases::purchase_return;
use service::{Actor, Error, Services};

use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::coupons::{CouponRedemption, QuotedCoupon, redemptions_of};
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::ledger::{EarningReason, Entry};
use crate::graphql::loaders::{Batch, Loaders};
use crate::graphql::members::Member;
use crate::graphql::money::Money;
use crate::graphql::partners::{Partner, Store};
use crate::graphql::scalars::{DateTime, Points};

/// One receipt at one partner.
pub struct Purchase(pub(in crate::graphql) purchase::Model);

/// Goods that came back.
pub struct PurchaseReturn {
    pub(in crate::graphql) row: purchase_return::Model,
    pub(in crate::graphql) currency: Currency,
}

/// One line of a receipt.
#[derive(SimpleObject)]
pub struct PurchaseLine {
    /// The partner's article number.
    sku: String,
    /// The partner's category, if it named one.
    category: Option<String>,
    /// The brand, if it was named.
    brand: Option<String>,
    /// Pieces, or thousandths where the partner sells by measure.
    quantity: Points,
    /// What was paid for it.
    amount: Money,
    /// What had been taken off.
    discount: Money,
}

/// One line's part in a return.
#[derive(SimpleObject)]
pub struct ReturnedLine {
    /// Its place on the receipt, from 0.
    line: i32,
    /// How much of its quantity came back.
    quantity: Points,
    /// How much of its amount.
    amount: Money,
}

/// What a sale would earn. Nothing was written.
#[derive(SimpleObject)]
pub struct Quote {
    /// How the points would come about.
    pub(super) earning: EarningReason,
    /// What is missing to more: thresholds that the sale doesn't reach yet, the least missing first.
    pub(super) near: Vec<NearThreshold>,
    /// From when they could be spent.
    pub(super) available_at: DateTime,
    /// When they would expire; null where the wallet's inactivity decides.
    pub(super) expires_at: Option<DateTime>,
    /// What the buyer can spend now, to clients with `members:read`; null where none was named by card
    /// or customer number, or none is known.
    pub(super) available_points: Option<Points>,
    /// What each coupon would give, or why nothing, in their order.
    pub(super) coupons: Vec<QuotedCoupon>,
    /// What would be to pay, coupons taken off.
    pub(super) to_pay: Money,
}

/// A threshold that a sale doesn't reach yet: "4.20 more for 200 points".
#[derive(SimpleObject)]
pub struct NearThreshold {
    /// The rule: `rul_…`.
    pub(super) rule_id: ID,
    /// What people call it.
    pub(super) name: String,
    /// How much more has to be paid for the lines that it is about.
    pub(super) missing: Money,
    /// For how many points, before limits.
    pub(super) points: Points,
}

struct Returns(Services, Actor);

impl Batch for Returns {
    type Key = PurchaseId;
    type Value = Vec<purchase_return::Model>;

    async fn load(&self, keys: Vec<PurchaseId>) -> Result<HashMap<PurchaseId, Self::Value>, Error> {
        let mut found: HashMap<PurchaseId, Self::Value> = HashMap::new();
        for row in self.0.purchases.returns(&self.1, &keys).await? {
            found.entry(row.purchase_id).or_default().push(row);
        }
        Ok(found)
    }
}

struct Entries(Services, Actor);

impl Batch for Entries {
    type Key = PurchaseId;
    type Value = Vec<entry::Model>;

    async fn load(&self, keys: Vec<PurchaseId>) -> Result<HashMap<PurchaseId, Self::Value>, Error> {
        let mut found: HashMap<PurchaseId, Self::Value> = HashMap::new();
        for row in self.0.ledger.entries_of_purchases(&self.1, &keys).await? {
            let Some(purchase) = row.purchase_id else { continue };
            found.entry(purchase).or_default().push(row);
        }
        Ok(found)
    }
}

/// The programme's settlement currency.
pub(in crate::graphql) async fn currency(ctx: &Context<'_>) -> Result<Currency> {
    let (services, actor) = app(ctx);
    Ok(services.programmes.own(actor).await?.programme.currency)
}

fn money(minor: i64, currency: Currency) -> Money {
    amount::Money { minor, currency }.into()
}

/// One receipt at one partner. To its partner, its member and operators.
#[Object]
impl Purchase {
    /// Its id: `pur_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What the till printed.
    async fn receipt_number(&self) -> &str {
        &self.0.receipt_number
    }

    /// Whose till.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, self.0.partner_id).await?.map(Partner))
    }

    /// In which store, if it was told.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        let Some(id) = self.0.store_id else { return Ok(None) };
        let (services, actor) = app(ctx);
        let directory = services.partners.directory(actor.programme()?).await?;
        Ok(directory.store_by_id(id).cloned().map(Store))
    }

    /// Who bought; null while the receipt waits to be claimed.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        let Some(id) = self.0.member_id else { return Ok(None) };
        Ok(load(ctx, id).await?.map(Member))
    }

    /// Where it was sold.
    async fn channel(&self) -> Enumeration<Channel> {
        Enumeration(self.0.channel)
    }

    /// When it was sold.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.0.recorded_at)
    }

    /// When it found its buyer, if it had waited.
    async fn claimed_at(&self) -> Option<DateTime> {
        self.0.claimed_at.map(DateTime)
    }

    /// What was paid.
    async fn total(&self, ctx: &Context<'_>) -> Result<Money> {
        Ok(money(self.0.total_minor, currency(ctx).await?))
    }

    /// What it earned, or would earn once claimed. Returns aren't taken off.
    async fn points(&self) -> Points {
        self.0.points.into()
    }

    /// What was bought.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<PurchaseLine>> {
        let currency = currency(ctx).await?;
        let show = |line: &purchase::Line| PurchaseLine {
            sku: line.sku.clone(),
            category: line.category.clone(),
            brand: line.brand.clone(),
            quantity: Points::change(line.quantity).unwrap_or_default(),
            amount: money(line.amount_minor, currency),
            discount: money(line.discount_minor, currency),
        };
        Ok(self.0.lines.0.iter().map(show).collect())
    }

    /// What became of the coupons that it named, in their order.
    async fn coupons(&self, ctx: &Context<'_>) -> Result<Vec<CouponRedemption>> {
        let rows = redemptions_of(ctx, self.0.id).await?;
        Ok(rows.into_iter().map(CouponRedemption).collect())
    }

    /// What came back of it, oldest first.
    async fn returns(&self, ctx: &Context<'_>) -> Result<Vec<PurchaseReturn>> {
        let (services, actor) = app(ctx);
        let currency = currency(ctx).await?;
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| Returns(services.clone(), actor.clone()));
        let rows = loader.load(self.0.id).await?.unwrap_or_default();
        Ok(rows.into_iter().map(|row| PurchaseReturn { row, currency }).collect())
    }

    /// What it did in the ledger: earned, returned. The entry that earned may be archived after years; what
    /// it earned stays in `points`.
    async fn entries(&self, ctx: &Context<'_>) -> Result<Vec<Entry>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| Entries(services.clone(), actor.clone()));
        let rows = loader.load(self.0.id).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Entry).collect())
    }
}

/// Goods that came back of a receipt.
#[Object]
impl PurchaseReturn {
    /// Its id: `ret_…`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// What came back, line by line.
    async fn lines(&self) -> Vec<ReturnedLine> {
        let show = |part: &purchase_return::ReturnedLine| ReturnedLine {
            line: i32::try_from(part.line).unwrap_or(i32::MAX),
            quantity: Points::change(part.quantity).unwrap_or_default(),
            amount: money(part.amount_minor, self.currency),
        };
        self.row.lines.0.iter().map(show).collect()
    }

    /// What came back, in money.
    async fn amount(&self) -> Money {
        money(self.row.amount_minor, self.currency)
    }

    /// The points that these goods had earned. The entry tells where they were taken from.
    async fn points(&self) -> Points {
        self.row.points.into()
    }

    /// The ledger's entry; null where the receipt had no member.
    async fn entry_id(&self) -> Option<ID> {
        self.row.entry_id.map(|id| id.to_string().into())
    }

    /// When the goods came back.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.row.occurred_at)
    }

    /// When that was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.row.recorded_at)
    }
}

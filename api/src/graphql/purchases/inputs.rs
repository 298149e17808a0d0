//! What a till sends.

use async_graphql::{InputObject, OneofObject};
use entity::amount;
use entity::ids::PurchaseId;
use entity::purchases::purchase::{Channel, Line};
use service::purchases::{Receipt, WishedLine};
use service::{Actor, Code, Refusal, Who};

use crate::graphql::coupons::CouponUseInput;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::members::MemberBy;
use crate::graphql::money::{Decimal, MoneyInput};
use crate::graphql::scalars::{DateTime, Id, Points};

/// One line of a receipt. Amounts are in the receipt's currency.
#[derive(InputObject)]
pub struct PurchaseLineInput {
    /// The partner's article number, 1 to 64 characters.
    sku: String,
    /// The partner's category, at most 100 characters; some may earn nothing.
    category: Option<String>,
    /// The brand, at most 100 characters.
    brand: Option<String>,
    /// Pieces, or thousandths where the partner sells by measure; 0 to 1,000,000,000.
    #[graphql(default_with = "Points::change(1).unwrap_or_default()")]
    quantity: Points,
    /// What was paid for the line, net of its discount; not below zero.
    amount: Decimal,
    /// What had been taken off; not below zero.
    discount: Option<Decimal>,
    /// What coupons took off besides, not below zero: with the amount it is the price that they look at. In a
    /// quote the amount may be the price, and this left out.
    coupon_discount: Option<Decimal>,
}

/// A receipt as a till sends it. Its partner and number, within the partner's receipt scope, are its
/// natural key: sent again with the same content it answers as the first time.
#[derive(InputObject)]
pub struct RecordPurchaseInput {
    /// What the till printed, 1 to 64 characters.
    receipt_number: String,
    /// The partner's own code for the store; needed unless its numbers are unique in the whole
    /// partner.
    store_code: Option<String>,
    /// Who bought, if the till knows. A card that nobody has yet is kept with the receipt, to be
    /// claimed later.
    member: Option<MemberBy>,
    /// Where it was sold.
    #[graphql(default_with = "Enumeration(Channel::Store)")]
    channel: Enumeration<Channel>,
    /// When it was sold: at most five minutes ahead of now, and no older than the programme accepts.
    occurred_at: DateTime,
    /// What was paid: the sum of the lines, in the programme's settlement currency.
    total: MoneyInput,
    /// What was bought, 1 to 1,000 lines.
    lines: Vec<PurchaseLineInput>,
    /// The coupons that the buyer has, at most 10. One that can't be used doesn't keep the receipt from being
    /// recorded; `Purchase.coupons` says what became of each.
    #[graphql(default)]
    coupons: Vec<CouponUseInput>,
}

/// Up to 500 receipts.
#[derive(InputObject)]
pub struct RecordPurchasesInput {
    /// 1 to 500 receipts, answered one by one, in order.
    pub(super) purchases: Vec<RecordPurchaseInput>,
}

/// One line that comes back.
#[derive(InputObject)]
pub struct ReturnLineInput {
    /// Its place on the receipt, from 0.
    line: i32,
    /// How much of its quantity; all that is left of the line if neither this nor an amount is said.
    quantity: Option<Points>,
    /// How much of its amount; in proportion to the quantity if not said. An amount alone is a price
    /// taken off.
    amount: Option<Decimal>,
}

/// Goods that come back.
#[derive(InputObject)]
pub struct ReturnPurchaseInput {
    /// Of which receipt.
    pub(super) purchase_id: Id<PurchaseId>,
    /// Which lines; all that is left of the receipt if left out.
    pub(super) lines: Option<Vec<ReturnLineInput>>,
    /// When the goods came back: not before they were bought, and at most five minutes ahead of now.
    pub(super) occurred_at: DateTime,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// Receipts that find their buyer.
#[derive(InputObject)]
pub struct ClaimPurchasesInput {
    /// Who bought: by the card that the till read, or, for one receipt, by any name.
    pub(super) member: MemberBy,
    /// One receipt, for partners and operators; else all that the card can claim, at most 500.
    pub(super) purchase_id: Option<Id<PurchaseId>>,
}

/// What names a receipt to its partner: one of these.
#[derive(OneofObject)]
pub enum PurchaseBy {
    /// Its id: `pur_…`.
    Id(Id<PurchaseId>),
    /// Its number, for the partner itself.
    Receipt(ReceiptBy),
}

/// A receipt's number within the calling partner.
#[derive(InputObject)]
pub struct ReceiptBy {
    /// What the till printed.
    pub(super) receipt_number: String,
    /// The store's code, where numbers are unique within a store.
    pub(super) store_code: Option<String>,
    /// Any moment of its day, where numbers restart daily; today if left out.
    pub(super) occurred_at: Option<DateTime>,
}

impl RecordPurchaseInput {
    /// The receipt of the calling partner.
    pub(super) fn of(self, actor: &Actor) -> Result<Receipt, Refusal> {
        let Who::Partner(partner, _) = actor.who() else {
            return Err(Code::PartnerNotFound.into());
        };
        let currency = self.total.currency_code.0;
        let off = |(place, line): (usize, &PurchaseLineInput)| {
            let off = line.coupon_discount.map_or(Ok(0), |amount| minor(amount, currency));
            off.map_err(|refusal| refusal.at(&format!("lines.{place}.couponDiscount")))
        };
        let coupon_minor = self.lines.iter().enumerate().map(off).collect::<Result<_, _>>()?;
        let lines = self.lines.into_iter().enumerate();
        Ok(Receipt {
            coupons: self.coupons.into_iter().map(Into::into).collect(),
            coupon_minor,
            partner,
            store_code: self.store_code,
            receipt_number: self.receipt_number,
            member: self.member.map(|member| member.of(actor)).transpose()?,
            channel: self.channel.0,
            occurred_at: micros(self.occurred_at),
            currency,
            total_minor: minor(self.total.amount, currency)
                .map_err(|refusal| refusal.at("total.amount"))?,
            lines: lines.map(|(place, line)| line.of(place, currency)).collect::<Result<_, _>>()?,
        })
    }
}

impl PurchaseLineInput {
    fn of(self, place: usize, currency: amount::Currency) -> Result<Line, Refusal> {
        let at = |field: &str| format!("lines.{place}.{field}");
        let discount = self.discount.map_or(Ok(0), |amount| minor(amount, currency));
        Ok(Line {
            sku: self.sku,
            category: self.category,
            brand: self.brand,
            quantity: self.quantity.get(),
            amount_minor: minor(self.amount, currency)
                .map_err(|refusal| refusal.at(&at("amount")))?,
            discount_minor: discount.map_err(|refusal| refusal.at(&at("discount")))?,
        })
    }
}

impl ReturnLineInput {
    /// The line as the services take it.
    pub(super) fn of(
        self,
        place: usize,
        currency: amount::Currency,
    ) -> Result<WishedLine, Refusal> {
        let at = |field: &str| format!("lines.{place}.{field}");
        let line = usize::try_from(self.line)
            .map_err(|_| Refusal::new(Code::LineNotFound).at(&at("line")))?;
        let amount = self.amount.map(|amount| minor(amount, currency)).transpose();
        Ok(WishedLine {
            line,
            quantity: self.quantity.map(Points::get),
            amount_minor: amount.map_err(|refusal| refusal.at(&at("amount")))?,
        })
    }
}

fn minor(amount: Decimal, currency: amount::Currency) -> Result<i64, Refusal> {
    let minor = amount.units(currency.exponent());
    minor.map_err(|error| Refusal::new(Code::AmountInvalid).because(error.to_string()))
}

/// Moments are kept to the microsecond.
pub(in crate::graphql) fn micros(at: DateTime) -> chrono::DateTime<chrono::Utc> {
    use chrono::SubsecRound;
    at.0.trunc_subsecs(6)
}

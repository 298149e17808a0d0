//! Reading and quoting receipts.

use async_graphql::{Context, Object};
use entity::ids::{MemberId, PartnerId};
use service::purchases::{Filter, PurchaseRef};
use service::{Error, Who};

use super::inputs::{PurchaseBy, RecordPurchaseInput};
use super::types::{NearThreshold, Purchase, Quote, currency};
use crate::graphql::app;
use crate::graphql::coupons::QuotedCoupon;
use crate::graphql::error::Result;
use crate::graphql::ledger::EarningReason;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::page::{Asked, Connection};
use crate::graphql::scalars::{DateTime, Id};

mutation! {
    QuotePurchase refuses [
        PartnerNotFound, PartnerSuspended, PartnerRoleMissing, ContractMissing, StoreNotFound, StoreClosed,
        StoreRequired, ReceiptNumberInvalid, MemberNotFound, MemberClosed, CardBlocked,
        CardNumberInvalid, OccurredInFuture, OccurredTooLongAgo, CurrencyMismatch, AmountInvalid,
        QuantityInvalid, LineInvalid, LinesMissing, LinesTooMany, TotalMismatch, CouponsTooMany, Overflow,
    ];
    /// What a sale would earn. It is refused as recording it would be, with the same codes.
    pub struct QuotePurchasePayload {
        /// The quote; null when refused.
        quote: Option<Quote>,
    }
}

/// The queries of this context.
#[derive(Default)]
pub struct PurchasesQuery;

#[Object]
impl PurchasesQuery {
    /// The receipt so named; null where there is none that the caller may see.
    async fn purchase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What names the receipt.")] by: PurchaseBy,
    ) -> Result<Option<Purchase>> {
        let (services, actor) = app(ctx);
        let named = match (by, actor.who()) {
            (PurchaseBy::Id(id), _) => PurchaseRef::Id(id.0),
            (PurchaseBy::Receipt(by), Who::Partner(partner, _)) => PurchaseRef::Receipt {
                partner,
                number: by.receipt_number,
                store_code: by.store_code,
                on: by.occurred_at.map(|at| at.0),
            },
            (PurchaseBy::Receipt(_), _) => {
                return Err(Error::Forbidden(
                    "only a partner names a receipt by its number".to_owned(),
                )
                .into());
            }
        };
        Ok(services.purchases.find(actor, named).await?.map(Purchase))
    }

    /// Receipts, oldest first: a partner's own, a member's own, all to operators.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection and a filter")]
    async fn purchases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only at this partner.")] partner_id: Option<Id<PartnerId>>,
        #[graphql(desc = "Only of this member.")] member_id: Option<Id<MemberId>>,
    ) -> Result<Connection<Purchase>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Purchase, uuid::Uuid>()?;
        let filter =
            Filter { partner: partner_id.map(|id| id.0), member: member_id.map(|id| id.0) };
        let page = services.purchases.list(actor, filter, window).await?;
        Ok(Connection::new(page, |purchase| purchase.id.uuid(), Purchase))
    }

    /// What a sale would earn, by the same arithmetic and the same checks as recording it; nothing
    /// is written. For partners with `purchases:write`.
    async fn quote_purchase(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The receipt as it would be recorded.")] input: RecordPurchaseInput,
    ) -> Result<QuotePurchasePayload> {
        let (services, actor) = app(ctx);
        actor.partner(service::Scope::PurchasesWrite)?;
        let quoted = async { services.purchases.quote(actor, input.of(actor)?).await };
        let currency = currency(ctx).await?;
        let near = |own: service::earning::near::Near| NearThreshold {
            rule_id: own.rule.to_string().into(),
            name: own.name,
            missing: entity::amount::Money { minor: own.missing_minor, currency }.into(),
            points: own.points.into(),
        };
        let coupon = |own| QuotedCoupon::of(own, currency);
        answer(quoted.await, |quote| QuotePurchasePayload {
            quote: Some(Quote {
                earning: EarningReason(quote.explanation),
                near: quote.near.into_iter().map(near).collect(),
                available_at: DateTime(quote.available_at),
                expires_at: quote.expires_at.map(DateTime),
                available_points: quote.available_points.map(Into::into),
                coupons: quote.coupons.into_iter().map(coupon).collect(),
                to_pay: entity::amount::Money { minor: quote.to_pay_minor, currency }.into(),
            }),
            ..QuotePurchasePayload::default()
        })
    }
}

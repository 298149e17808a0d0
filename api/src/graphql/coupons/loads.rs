//! What the receipts of one answer did with coupons, read at once.

use std::collections::HashMap;

use async_graphql::Context;
use entity::coupons::coupon_redemption;
use entity::ids::PurchaseId;
use service::{Actor, Error, Services};

use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::loaders::{Batch, Loaders};

struct OfPurchases(Services, Actor);

impl Batch for OfPurchases {
    type Key = PurchaseId;
    type Value = Vec<coupon_redemption::Model>;

    async fn load(&self, keys: Vec<PurchaseId>) -> Result<HashMap<PurchaseId, Self::Value>, Error> {
        let mut found: HashMap<PurchaseId, Self::Value> = HashMap::new();
        for row in self.0.coupons.of_purchases(&self.1, &keys).await? {
            found.entry(row.purchase_id).or_default().push(row);
        }
        Ok(found)
    }
}

/// What became of the coupons that a receipt named.
pub(in crate::graphql) async fn redemptions_of(
    ctx: &Context<'_>,
    purchase: PurchaseId,
) -> Result<Vec<coupon_redemption::Model>> {
    let (services, actor) = app(ctx);
    let loaders = ctx.data_unchecked::<Loaders>();
    let loader = loaders.of(|| OfPurchases(services.clone(), actor.clone()));
    Ok(loader.load(purchase).await?.unwrap_or_default())
}

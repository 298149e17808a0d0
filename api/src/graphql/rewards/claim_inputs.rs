//! What members and tills say about claims and vouchers.

use async_graphql::InputObject;
use entity::amount::Currency;
use entity::ids::{RewardClaimId, RewardId, VoucherUseId};
use entity::rewards::definition::Cost;
use service::Refusal;
use service::rewards::vouchers::Redeem;

use super::inputs::minor;
use crate::graphql::money::Decimal;
use crate::graphql::scalars::{Id, Points};

/// A reward to be claimed.
#[derive(InputObject)]
pub struct ClaimRewardInput {
    /// Which.
    pub(super) reward_id: Id<RewardId>,
    /// By which of its options; may be left out where there is one.
    pub(super) price_code: Option<String>,
    /// What the member was shown that it costs, as `viewerPrices` says it: `PRICE_CHANGED` if it is something
    /// else now.
    pub(super) expected_price: ExpectedPriceInput,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// What a reward was shown to cost.
#[derive(InputObject)]
pub struct ExpectedPriceInput {
    /// In points.
    pub(super) points: Points,
    /// In the programme's settlement currency besides; nothing if left out.
    pub(super) money: Option<Decimal>,
}

impl ExpectedPriceInput {
    pub(super) fn of(self, currency: Currency) -> Result<Cost, Refusal> {
        let money = minor(self.money, currency, "expectedPrice.money")?;
        Ok(Cost { points: self.points.get(), money_minor: money.unwrap_or(0) })
    }
}

/// A claim to be given back.
#[derive(InputObject)]
pub struct CancelClaimInput {
    /// Which.
    pub(super) reward_claim_id: Id<RewardClaimId>,
    /// Why, for the member to read; at most 500 characters.
    pub(super) reason: Option<String>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A voucher to be used at once.
#[derive(InputObject)]
pub struct RedeemVoucherInput {
    /// As the member shows it, with hyphens or without; small letters, and letters that look like digits, are
    /// understood.
    code: String,
    /// In which store, by the partner's own code.
    store_code: Option<String>,
    /// The partner's own reference, at most 64 characters: its receipt.
    reference: Option<String>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    idempotency_key: String,
}

impl From<RedeemVoucherInput> for Redeem {
    fn from(own: RedeemVoucherInput) -> Self {
        let RedeemVoucherInput { code, store_code, reference, idempotency_key } = own;
        Self { code, store_code, reference, idempotency_key }
    }
}

/// A voucher to be set aside for a sale that is being made.
#[derive(InputObject)]
pub struct ReserveVoucherInput {
    /// As the member shows it.
    pub(super) code: String,
    /// In which store, by the partner's own code.
    pub(super) store_code: Option<String>,
    /// The partner's own reference, at most 64 characters: its receipt.
    pub(super) reference: Option<String>,
    /// For how many minutes, 1 to 60; 15 if left out.
    pub(super) minutes: Option<i32>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A use of a voucher that is confirmed.
#[derive(InputObject)]
pub struct ConfirmVoucherInput {
    /// Which.
    pub(super) voucher_use_id: Id<VoucherUseId>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A use of a voucher that is given back.
#[derive(InputObject)]
pub struct CancelVoucherUseInput {
    /// Which.
    pub(super) voucher_use_id: Id<VoucherUseId>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

//! What members and operators say about cashback.

use async_graphql::InputObject;
use entity::amount;
use entity::ids::{PayoutId, PayoutRunId};
use service::programmes::Rules;
use service::{Code, Refusal};

use crate::graphql::money::MoneyInput;
use crate::graphql::scalars::Id;

/// Where the viewer wants its cashback paid.
#[derive(InputObject)]
pub struct SetBankAccountInput {
    /// The account's number, with or without spaces.
    pub(super) iban: String,
    /// Whose account it is, as the bank knows it, 1 to 70 characters. Files for the bank write it in basic
    /// Latin letters.
    pub(super) holder: String,
}

/// The viewer's bank account is to be forgotten.
#[derive(InputObject)]
pub struct RemoveBankAccountInput {
    /// Say true: it can't be undone.
    pub(super) is_certain: bool,
}

/// Cashback to be paid out.
#[derive(InputObject)]
pub struct RequestPayoutInput {
    /// How much; all that is available if left out.
    pub(super) amount: Option<MoneyInput>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A payout to be taken back.
#[derive(InputObject)]
pub struct CancelPayoutInput {
    /// Which.
    pub(super) payout_id: Id<PayoutId>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// Cashback to become points.
#[derive(InputObject)]
pub struct ConvertCashbackInput {
    /// How much.
    pub(super) amount: MoneyInput,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// The payouts that wait are to be run.
#[derive(InputObject)]
pub struct RunPayoutsInput {
    /// The caller's key, 1 to 255 characters: the same key gives the first run, or proposal, again.
    pub(super) idempotency_key: String,
}

/// What the bank says of a run's payouts, at most 500 in all.
#[derive(InputObject)]
pub struct ConfirmPayoutsInput {
    /// Which run.
    pub(super) run_id: Id<PayoutRunId>,
    /// Those that were paid.
    #[graphql(default)]
    pub(super) paid: Vec<Id<PayoutId>>,
    /// Those that were not, or came back.
    #[graphql(default)]
    pub(super) failed: Vec<FailedPayoutInput>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A payout that wasn't paid, or came back.
#[derive(InputObject)]
pub struct FailedPayoutInput {
    /// Which.
    pub(super) payout_id: Id<PayoutId>,
    /// What the bank said, 1 to 500 characters; its member reads it.
    pub(super) reason: String,
}

/// The minor units of an amount in the programme's currency, above zero.
pub(super) fn minor(input: MoneyInput, rules: &Rules) -> Result<i64, Refusal> {
    let invalid = || Refusal::new(Code::AmountInvalid).at("amount");
    let money = amount::Money::try_from(input).map_err(|_| invalid())?;
    let currency = rules.programme.currency;
    if money.currency != currency {
        let message = format!("Amounts must be in {currency}, not {}.", money.currency);
        let refusal = Refusal::new(Code::CurrencyMismatch).because(message);
        return Err(refusal.at("amount.currencyCode"));
    }
    if money.minor > 0 { Ok(money.minor) } else { Err(invalid()) }
}

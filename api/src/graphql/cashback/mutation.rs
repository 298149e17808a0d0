//! What members do with their cashback.

use async_graphql::{Context, Object};
use service::cashback::{self, Cancel, Convert, Requested};
use service::{Code, Refusal};

use super::inputs::{
    CancelPayoutInput, ConvertCashbackInput, RemoveBankAccountInput, RequestPayoutInput,
    SetBankAccountInput, minor,
};
use super::types::{BankAccount, Payout};
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::ledger::Entry;
use crate::graphql::mutation::{answer, mutation};

/// The mutations of this context.
#[derive(Default)]
pub struct CashbackMutation;

mutation! {
    SetBankAccount refuses [IbanInvalid, NameInvalid, MemberNotFound, MemberClosed];
    /// What setting the bank account did.
    pub struct SetBankAccountPayload {
        /// The account, masked; null when refused.
        bank_account: Option<BankAccount>,
    }
}

mutation! {
    RemoveBankAccount refuses [MemberNotFound, ValueOutOfRange];
    /// What removing the bank account did.
    pub struct RemoveBankAccountPayload {
        /// Whether there was one.
        is_removed: bool,
    }
}

mutation! {
    RequestPayout refuses [
        AmountInvalid, CurrencyMismatch, InsufficientCashback, PayoutBelowMinimum, BankAccountMissing,
        MemberNotFound, MemberSuspended, MemberClosed, Overflow, IdempotencyKeyInvalid,
        IdempotencyKeyReused,
    ];
    /// What asking for a payout did.
    pub struct RequestPayoutPayload {
        /// The payout; null when refused.
        payout: Option<Payout>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    CancelPayout refuses [
        PayoutNotFound, PayoutAlreadyRun, PayoutAlreadyClosed, MemberNotFound, Overflow,
        IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What taking a payout back did.
    pub struct CancelPayoutPayload {
        /// The payout; null when refused.
        payout: Option<Payout>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    ConvertCashback refuses [
        AmountInvalid, CurrencyMismatch, InsufficientCashback, ConversionNotOffered, MemberNotFound,
        MemberSuspended, MemberClosed, Overflow, IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What converting did.
    pub struct ConvertCashbackPayload {
        /// The entry of the points that it became; null when refused.
        entry: Option<Entry>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

#[Object]
impl CashbackMutation {
    /// Sets the bank account that the viewer's cashback is paid to. It is kept sealed, and shown masked.
    /// What was asked for before goes to the account of that time. For members.
    async fn set_bank_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SetBankAccountInput,
    ) -> Result<SetBankAccountPayload> {
        let (services, actor) = app(ctx);
        let wish = cashback::SetBankAccount { iban: input.iban, holder: input.holder };
        let outcome = services.cashback.set_bank_account(actor, wish).await;
        answer(outcome, |row| SetBankAccountPayload {
            bank_account: Some(BankAccount(row)),
            ..SetBankAccountPayload::default()
        })
    }

    /// Forgets the viewer's bank account. Payouts that were asked for go on. For members.
    async fn remove_bank_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RemoveBankAccountInput,
    ) -> Result<RemoveBankAccountPayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            actor.member()?;
            if !input.is_certain {
                let message = "Say true to have the bank account removed.";
                let refusal = Refusal::new(Code::ValueOutOfRange).because(message);
                return Err(refusal.at("isCertain").into());
            }
            services.cashback.remove_bank_account(actor).await
        };
        answer(outcome.await, |is_removed| RemoveBankAccountPayload {
            is_removed,
            ..RemoveBankAccountPayload::default()
        })
    }

    /// Sets cashback of the viewer's wallet aside, to be paid to its bank account with the next run. For
    /// members.
    async fn request_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RequestPayoutInput,
    ) -> Result<RequestPayoutPayload> {
        let (services, actor) = app(ctx);
        actor.member()?;
        let rules = services.programmes.own(actor).await?;
        let outcome = async {
            let amount_minor = input.amount.map(|amount| minor(amount, &rules)).transpose()?;
            let wish =
                cashback::RequestPayout { amount_minor, idempotency_key: input.idempotency_key };
            services.cashback.request_payout(actor, wish).await
        };
        answer(outcome.await, |Requested { payout, is_replay }| RequestPayoutPayload {
            payout: Some(Payout { row: payout, currency: rules.programme.currency }),
            is_replayed: is_replay,
            ..RequestPayoutPayload::default()
        })
    }

    /// Takes a payout of the viewer's back, as long as it hasn't run. For members.
    async fn cancel_payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CancelPayoutInput,
    ) -> Result<CancelPayoutPayload> {
        let (services, actor) = app(ctx);
        actor.member()?;
        let rules = services.programmes.own(actor).await?;
        let wish = Cancel { payout: input.payout_id.0, idempotency_key: input.idempotency_key };
        let outcome = services.cashback.cancel_payout(actor, wish).await;
        answer(outcome, |Requested { payout, is_replay }| CancelPayoutPayload {
            payout: Some(Payout { row: payout, currency: rules.programme.currency }),
            is_replayed: is_replay,
            ..CancelPayoutPayload::default()
        })
    }

    /// Turns cashback of the viewer's wallet into points, at the programme's rate. For members.
    async fn convert_cashback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ConvertCashbackInput,
    ) -> Result<ConvertCashbackPayload> {
        let (services, actor) = app(ctx);
        actor.member()?;
        let rules = services.programmes.own(actor).await?;
        let outcome = async {
            let amount_minor = minor(input.amount, &rules)?;
            let wish = Convert { amount_minor, idempotency_key: input.idempotency_key };
            services.cashback.convert(actor, wish).await
        };
        answer(outcome.await, |done| ConvertCashbackPayload {
            entry: Some(Entry(done.entry)),
            is_replayed: done.is_replay,
            ..ConvertCashbackPayload::default()
        })
    }
}

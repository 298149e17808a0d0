//! Transfers between members, and operators' adjustments.

use async_graphql::{Context, InputObject, Object};
use entity::ids::{AdjustmentId, MemberId};
use service::ledger::{Adjust, Transfer, WriteOff};
use service::{Code, Refusal};

use super::{Adjustment, Entry};
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::members::MemberBy;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::scalars::{Id, Points};

/// The mutations of this context.
#[derive(Default)]
pub struct LedgerMutation;

/// Points that the viewer gives away.
#[derive(InputObject)]
pub struct TransferPointsInput {
    /// To whom: `id` or `cardNumber`.
    to: MemberBy,
    /// How many, above zero.
    points: Points,
    /// What the giver writes, at most 200 characters; both see it.
    note: Option<String>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    idempotency_key: String,
}

/// A change of a member's balance.
#[derive(InputObject)]
pub struct AdjustPointsInput {
    /// Whose.
    member_id: Id<MemberId>,
    /// Above zero gives, below takes; not zero.
    points: Points,
    /// Why, 1 to 500 characters.
    reason: String,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    idempotency_key: String,
}

/// The adjustment that is decided.
#[derive(InputObject)]
pub struct ApproveAdjustmentInput {
    /// Which.
    adjustment_id: Id<AdjustmentId>,
}

/// The adjustment that is decided.
#[derive(InputObject)]
pub struct RejectAdjustmentInput {
    /// Which.
    adjustment_id: Id<AdjustmentId>,
}

/// A debt that is let go.
#[derive(InputObject)]
pub struct WriteOffDebtInput {
    /// Whose.
    member_id: Id<MemberId>,
    /// How much of it, above zero.
    points: Points,
    /// Why, 1 to 500 characters.
    reason: String,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    idempotency_key: String,
}

mutation! {
    TransferPoints refuses [
        PointsInvalid, InsufficientPoints, MemberNotFound, CardNotFound, CardBlocked, MemberSuspended,
        MemberClosed, SameWallet, ReasonInvalid, IdempotencyKeyInvalid, IdempotencyKeyReused, Overflow,
    ];
    /// What giving points did.
    pub struct TransferPointsPayload {
        /// The giver's entry; null when refused.
        entry: Option<Entry>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    AdjustPoints refuses [
        PointsInvalid, ReasonInvalid, MemberNotFound, InsufficientPoints, IdempotencyKeyInvalid,
        IdempotencyKeyReused, Overflow,
    ];
    /// What adjusting did.
    pub struct AdjustPointsPayload {
        /// The adjustment, applied or proposed; null when refused.
        adjustment: Option<Adjustment>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

mutation! {
    ApproveAdjustment refuses [
        AdjustmentNotFound, AdjustmentAlreadyDecided, ApproverIsProposer, MemberNotFound,
        InsufficientPoints, Overflow,
    ];
    /// What approving did.
    pub struct ApproveAdjustmentPayload {
        /// The adjustment, applied; null when refused.
        adjustment: Option<Adjustment>,
    }
}

mutation! {
    RejectAdjustment refuses [AdjustmentNotFound, AdjustmentAlreadyDecided, ApproverIsProposer];
    /// What rejecting did.
    pub struct RejectAdjustmentPayload {
        /// The adjustment, rejected; null when refused.
        adjustment: Option<Adjustment>,
    }
}

mutation! {
    WriteOffDebt refuses [
        PointsInvalid, ValueOutOfRange, ReasonInvalid, MemberNotFound, InsufficientPoints,
        IdempotencyKeyInvalid, IdempotencyKeyReused, Overflow,
    ];
    /// What writing off did.
    pub struct WriteOffDebtPayload {
        /// The entry; null when refused.
        entry: Option<Entry>,
        /// Whether an earlier request with the same key had done it.
        is_replayed: bool,
    }
}

#[Object]
impl LedgerMutation {
    /// Gives points of the viewer's wallet to another member. For members.
    async fn transfer_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: TransferPointsInput,
    ) -> Result<TransferPointsPayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            let wish = Transfer {
                to: input.to.of_anyone()?,
                points: above_zero(input.points)?,
                note: input.note,
                idempotency_key: input.idempotency_key,
            };
            services.ledger.transfer(actor, wish).await
        };
        answer(outcome.await, |done| TransferPointsPayload {
            entry: Some(Entry(done.entry)),
            is_replayed: done.is_replay,
            ..TransferPointsPayload::default()
        })
    }

    /// Changes a member's balance, or proposes to where the programme's limit asks for a second
    /// operator. For operators with `ledger:adjust`.
    async fn adjust_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: AdjustPointsInput,
    ) -> Result<AdjustPointsPayload> {
        let (services, actor) = app(ctx);
        let wish = Adjust {
            member: input.member_id.0,
            points: input.points.get(),
            reason: input.reason,
            idempotency_key: input.idempotency_key,
        };
        answer(services.ledger.adjust(actor, wish).await, |done| AdjustPointsPayload {
            adjustment: Some(Adjustment(done.adjustment)),
            is_replayed: done.is_replay,
            ..AdjustPointsPayload::default()
        })
    }

    /// Applies what another operator proposed. For operators with `ledger:approve`. Approving again
    /// changes nothing.
    async fn approve_adjustment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ApproveAdjustmentInput,
    ) -> Result<ApproveAdjustmentPayload> {
        let (services, actor) = app(ctx);
        let outcome = services.ledger.approve(actor, input.adjustment_id.0).await;
        answer(outcome, |row| ApproveAdjustmentPayload {
            adjustment: Some(Adjustment(row)),
            ..ApproveAdjustmentPayload::default()
        })
    }

    /// Turns down what another operator proposed. For operators with `ledger:approve`. Rejecting
    /// again changes nothing.
    async fn reject_adjustment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RejectAdjustmentInput,
    ) -> Result<RejectAdjustmentPayload> {
        let (services, actor) = app(ctx);
        let outcome = services.ledger.reject(actor, input.adjustment_id.0).await;
        answer(outcome, |row| RejectAdjustmentPayload {
            adjustment: Some(Adjustment(row)),
            ..RejectAdjustmentPayload::default()
        })
    }

    /// Lets some of what a member owes go, up to the programme's adjustment limit. For operators
    /// with `ledger:adjust`.
    async fn write_off_debt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: WriteOffDebtInput,
    ) -> Result<WriteOffDebtPayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            let wish = WriteOff {
                member: input.member_id.0,
                points: above_zero(input.points)?,
                reason: input.reason,
                idempotency_key: input.idempotency_key,
            };
            services.ledger.write_off(actor, wish).await
        };
        answer(outcome.await, |(entry, is_replayed)| WriteOffDebtPayload {
            entry: Some(Entry(entry)),
            is_replayed,
            ..WriteOffDebtPayload::default()
        })
    }
}

/// Points that must be above zero, as an input names them.
pub(in crate::graphql) fn above_zero(points: Points) -> Result<entity::amount::Points, Refusal> {
    let points = entity::amount::Points::try_from(points).ok().filter(|points| !points.is_zero());
    points.ok_or(Refusal::new(Code::PointsInvalid).at("points"))
}

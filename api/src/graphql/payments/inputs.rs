//! What a till asks for when points pay.

use async_graphql::InputObject;
use entity::ids::{EntryId, HoldId};

use crate::graphql::members::MemberBy;
use crate::graphql::scalars::{DateTime, Id, Points};

/// Points to be set aside.
#[derive(InputObject)]
pub struct PlaceHoldInput {
    /// Whose.
    pub(super) member: MemberBy,
    /// In which store, by the partner's own code.
    pub(super) store_code: Option<String>,
    /// How many, above zero.
    pub(super) points: Points,
    /// For how long; 1 to the programme's most, which is taken if left out.
    pub(super) minutes: Option<i32>,
    /// The partner's own reference, at most 64 characters.
    pub(super) reference: Option<String>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A hold that pays.
#[derive(InputObject)]
pub struct CaptureHoldInput {
    /// Which.
    pub(super) hold_id: Id<HoldId>,
    /// How much of it, above zero; all if left out. The rest goes back.
    pub(super) points: Option<Points>,
    /// When the goods changed hands: at most five minutes before the hold was placed or ahead of now. The
    /// price counts that the partner's contract has then.
    pub(super) occurred_at: DateTime,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A hold that is given back.
#[derive(InputObject)]
pub struct ReleaseHoldInput {
    /// Which.
    pub(super) hold_id: Id<HoldId>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A payment in one step.
#[derive(InputObject)]
pub struct PayWithPointsInput {
    /// Who pays.
    pub(super) member: MemberBy,
    /// In which store, by the partner's own code.
    pub(super) store_code: Option<String>,
    /// How many points, above zero.
    pub(super) points: Points,
    /// When it was paid: at most five minutes ahead of now, and no older than the programme accepts. The
    /// price counts that the partner's contract has then.
    pub(super) occurred_at: DateTime,
    /// The partner's own reference, at most 64 characters.
    pub(super) reference: Option<String>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A payment that is undone.
#[derive(InputObject)]
pub struct ReversePaymentInput {
    /// The payment's entry: `ent_…`, of a payment in one step or of a capture.
    pub(super) payment_id: Id<EntryId>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

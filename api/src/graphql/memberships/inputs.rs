//! What operators say about plans, and partners about payments.

use async_graphql::InputObject;
use entity::ids::{MembershipId, MembershipPlanId, TierSetId};

use crate::graphql::members::MemberBy;
use crate::graphql::money::{Decimal, MoneyInput};
use crate::graphql::scalars::{DateTime, Id};
use crate::graphql::tiers::inputs::PerkInput;

/// A tier that a plan grants.
#[derive(InputObject)]
pub struct PlanTierInput {
    /// In which set.
    pub(super) tier_set_id: Id<TierSetId>,
    /// Which tier.
    pub(super) tier_code: String,
}

/// A plan to be made.
#[derive(InputObject)]
pub struct CreateMembershipPlanInput {
    /// 1 to 64 lower-case letters, digits and hyphens; unique in the programme.
    pub(super) code: String,
    /// What people call it, 1 to 200 characters.
    pub(super) name: String,
    /// What one period costs, in the settlement currency, above zero.
    pub(super) fee: Decimal,
    /// How long one is, 1 to 60 months.
    pub(super) period_months: i32,
    /// Whether it can be paid again while it runs.
    #[graphql(default = true)]
    pub(super) is_renewable: bool,
    /// What it brings besides points, at most 20.
    #[graphql(default)]
    pub(super) perks: Vec<PerkInput>,
    /// The tier that it grants while it is paid; none if left out. It can't be changed later.
    pub(super) tier: Option<PlanTierInput>,
    /// What is earned with it, in basis points, 0 to 1000000; 10000, which is once, if left out.
    #[graphql(default = 10_000)]
    pub(super) multiplier_bp: i32,
}

/// What changes about a plan, for payments from now on; what is left out stays.
#[derive(InputObject)]
pub struct UpdateMembershipPlanInput {
    /// Which.
    pub(super) membership_plan_id: Id<MembershipPlanId>,
    /// The version that was seen; `CONFLICT` if it has another.
    pub(super) expected_version: i32,
    /// A new name.
    pub(super) name: Option<String>,
    /// Another fee.
    pub(super) fee: Option<Decimal>,
    /// Another period, 1 to 60 months.
    pub(super) period_months: Option<i32>,
    /// Whether it can be paid again while it runs.
    pub(super) is_renewable: Option<bool>,
    /// Other perks.
    pub(super) perks: Option<Vec<PerkInput>>,
    /// Another multiplier.
    pub(super) multiplier_bp: Option<i32>,
}

/// A plan that ends.
#[derive(InputObject)]
pub struct RetireMembershipPlanInput {
    /// Which.
    pub(super) membership_plan_id: Id<MembershipPlanId>,
}

/// A payment as it is reported.
#[derive(InputObject)]
pub struct RecordMembershipPaymentInput {
    /// Who is a member by it.
    pub(super) member: MemberBy,
    /// Of which plan.
    pub(super) membership_plan_id: Id<MembershipPlanId>,
    /// When it was paid: at most five minutes ahead of now.
    pub(super) paid_at: DateTime,
    /// How much: the plan's fee.
    pub(super) amount: MoneyInput,
    /// What the payment is known by, 1 to 64 characters: one of a partner's, or of operators', is one
    /// payment.
    pub(super) reference: String,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A membership that isn't to be renewed.
#[derive(InputObject)]
pub struct CancelMembershipInput {
    /// Which.
    pub(super) membership_id: Id<MembershipId>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

/// A membership whose money went back.
#[derive(InputObject)]
pub struct RefundMembershipInput {
    /// Which.
    pub(super) membership_id: Id<MembershipId>,
    /// The caller's key, 1 to 255 characters: the same key and input give the first answer again.
    pub(super) idempotency_key: String,
}

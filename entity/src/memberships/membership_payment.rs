//! A payment for one period of a membership, as it was reported.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{
    MemberId, MembershipId, MembershipPaymentId, MembershipPlanId, PartnerId, ProgrammeId,
};

/// `(programme_id, source, reference)` is the payment's natural key. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership_payment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// Whose reference it is: a partner's id, or `operators`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub reference: String,
    pub id: MembershipPaymentId,
    pub membership_id: MembershipId,
    pub member_id: MemberId,
    pub plan_id: MembershipPlanId,
    pub partner_id: Option<PartnerId>,
    pub amount_minor: i64,
    pub paid_at: DateTime<Utc>,
    /// The period that it pays for.
    pub period_from: Day,
    pub period_to: Day,
    pub recorded_at: DateTime<Utc>,
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}

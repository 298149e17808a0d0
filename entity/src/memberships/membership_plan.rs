//! What members can pay for.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{MembershipPlanId, ProgrammeId, TierSetId};
use crate::tiers::tier_terms::Perk;

/// What a membership brings besides points.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Perks(pub Vec<Perk>);

/// `(programme_id, code)` is unique.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership_plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MembershipPlanId,
    pub programme_id: ProgrammeId,
    /// Lower-case letters, digits and hyphens.
    pub code: String,
    pub name: String,
    /// For one period, in minor units of the settlement currency.
    pub fee_minor: i64,
    pub period_months: i32,
    /// Whether it can be paid again while it runs.
    pub is_renewable: bool,
    pub perks: Perks,
    /// The set in which it grants a tier, if it does.
    pub tier_set_id: Option<TierSetId>,
    pub tier_code: Option<String>,
    /// What is earned with it: 10,000 is once.
    pub multiplier_bp: i32,
    /// Nobody can pay for it any more; what was paid runs on.
    pub retired_at: Option<DateTime<Utc>>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

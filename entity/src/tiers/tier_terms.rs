//! A tier set's tiers and how long they last, as one version of them says.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::tier_set::TierDowngrade;
use crate::day::Day;
use crate::ids::{ProgrammeId, TierSetId};

/// The tiers of a set, lowest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Tiers(pub Vec<Tier>);

/// One tier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// Lower-case letters, digits and hyphens; unique in the set.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// From how much on it is reached: points, minor units or purchases.
    pub threshold: i64,
    /// What is earned in it: 10,000 is once.
    pub multiplier_bp: i32,
    /// What else it brings.
    pub perks: Vec<Perk>,
}

/// Something that a tier or a membership brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Perk {
    /// For machines.
    pub code: String,
    /// For people.
    pub text: String,
}

/// In force from the beginning of `from_day` until the next version's.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_terms")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub set_id: TierSetId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    pub from_day: Day,
    /// How long a reached tier lasts; to the end of the following window if none.
    pub validity_months: Option<i32>,
    pub grace_days: i32,
    pub downgrade: TierDowngrade,
    pub tiers: Tiers,
    pub signed_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

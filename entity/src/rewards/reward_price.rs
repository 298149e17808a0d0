//! The points that a version of a reward costs, so that lists can be narrowed by what somebody can afford.
//! It repeats the version's document, and is never edited.

use sea_orm::entity::prelude::*;

use crate::ids::{ProgrammeId, RewardId, TierSetId};

/// One row for what everybody pays by an option, and one for each tier that pays otherwise.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reward_price")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub reward_id: RewardId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i32,
    pub points: i64,
    /// Who pays that; everybody if no tier is named.
    pub tier_set_id: Option<TierSetId>,
    pub tier_code: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

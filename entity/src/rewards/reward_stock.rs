//! How many of a reward are left, in all and on a day, in slices, so that claims don't queue on one row.

use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{ProgrammeId, RewardId};

/// One slice. Without bound where nothing says what is left.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reward_stock")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// The reward's id for all of it, or one that is made of the reward and the day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stock_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub slice: i32,
    pub reward_id: RewardId,
    pub day: Option<Day>,
    pub left_count: Option<i64>,
    pub taken_count: i64,
}

impl ActiveModelBehavior for ActiveModel {}

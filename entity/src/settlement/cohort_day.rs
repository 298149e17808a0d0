//! Cohorts day by day: what became of the points that an issuer gave in a month.

use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::ProgrammeId;

/// What a day changed of a cohort. Points of it that are still out: all days' `issued` and `restored`, less the
/// rest.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cohort_day")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// Zeros where it is the programme itself: it is a part of the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub issuer_id: Uuid,
    /// The first day of the month in which the points were earned, in the programme's time zone.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: Day,
    /// When it was recorded, likewise.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Day,
    /// How many months the day's is after the cohort's.
    pub age: i32,
    pub issued: i64,
    pub burned: i64,
    /// Burned, and undone.
    pub restored: i64,
    pub expired: i64,
    /// Taken because goods came back.
    pub returned: i64,
    /// Taken to fill what a wallet owed.
    pub filled: i64,
    /// Taken by an operator.
    pub adjusted: i64,
}

impl ActiveModelBehavior for ActiveModel {}

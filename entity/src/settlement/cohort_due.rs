//! What is due when a cohort's points are burned, by who pays it and at which price, day by day.

use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::ProgrammeId;

/// How many points more, or fewer, were out on a day for which their funder pays so much when they are burned.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cohort_due")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// Zeros where it is the programme itself: it is a part of the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub issuer_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: Day,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Day,
    /// Zeros where it is the programme itself.
    #[sea_orm(primary_key, auto_increment = false)]
    pub funder_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub price_micros: i64,
    /// The shares that count of it: 10¹² is all of it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub factor: i64,
    pub points: i64,
}

impl ActiveModelBehavior for ActiveModel {}

//! Tax rates, by code and from a day on.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::BasisPoints;
use crate::day::Day;
use crate::ids::ProgrammeId;

/// Never changed; in force is the latest whose day has come.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tax_rate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// As contracts name it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_day: Day,
    pub rate_bp: BasisPoints,
    /// Who set it, as in the audit trail.
    pub set_by: String,
    pub set_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! What a coupon said from a moment on. Never edited: a change, a pause or an end is the next version.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use super::coupon::CouponStatus;
use super::definition::Definition;
use crate::ids::{CouponId, ProgrammeId};

/// The latest is in force.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupon_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub coupon_id: CouponId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    pub status: CouponStatus,
    pub definition: Definition,
    /// Who made it, as in the audit trail.
    pub made_by: String,
    pub made_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

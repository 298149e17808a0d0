//! A code that is good for one use of its coupon.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{CouponId, ProgrammeId, PurchaseId};

/// Free again once the use is given back.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupon_code")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    pub coupon_id: CouponId,
    /// With which others it was made.
    pub batch: String,
    pub made_at: DateTime<Utc>,
    /// On which receipt it was used.
    pub used_by: Option<PurchaseId>,
}

impl ActiveModelBehavior for ActiveModel {}

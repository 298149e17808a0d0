//! A coupon as it stands now; what it says is in its versions.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{CouponId, PartnerId, ProgrammeId};
use crate::text_enum::text_enum;

text_enum! {
    /// Whether a coupon can be used.
    CouponStatus {
        /// Not yet; it can be launched or ended.
        Draft "DRAFT",
        /// Within its window.
        Live "LIVE",
        /// Not for now.
        Paused "PAUSED",
        /// Never again.
        Ended "ENDED",
    }
}

text_enum! {
    /// How a till names a coupon.
    CouponDistribution {
        /// By one code for all.
        SharedCode "SHARED_CODE",
        /// By one of many codes, each good for one use.
        SingleUseCodes "SINGLE_USE_CODES",
        /// By its id: it is the member's own, and nothing is typed.
        Personal "PERSONAL",
    }
}

/// `(programme_id, code)` is unique, and so is `(programme_id, shared_code)`. Bounds, window and audience repeat what
/// the latest version says, for lists.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupon")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CouponId,
    pub programme_id: ProgrammeId,
    pub code: String,
    /// At whose tills it can be used; at everybody's if the programme's own.
    pub partner_id: Option<PartnerId>,
    pub distribution: CouponDistribution,
    /// What is typed, in the form in which typed codes are compared.
    pub shared_code: Option<String>,
    pub status: CouponStatus,
    /// How often it was used, uses that were given back not counted.
    pub uses: i64,
    pub uses_max: Option<i64>,
    pub member_uses_max: Option<i64>,
    pub opens_at: Option<DateTime<Utc>>,
    pub closes_at: Option<DateTime<Utc>>,
    /// Whether it is for members that are named one by one.
    pub is_for_named: bool,
    /// The segment that it is for.
    pub segment_code: Option<String>,
    /// The number of its latest version.
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

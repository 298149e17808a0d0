//! What became of a coupon that a receipt named: used, refused, or used and given back.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{CouponId, CouponRedemptionId, MemberId, ProgrammeId, PurchaseId};
use crate::text_enum::text_enum;

text_enum! {
    /// What became of a coupon that a receipt named.
    CouponOutcome {
        /// It was used.
        Redeemed "REDEEMED",
        /// It could not be used; the receipt was recorded without it.
        Refused "REFUSED",
        /// It was used, and all that it covered came back: the use was given back.
        GivenBack "GIVEN_BACK",
    }
}

text_enum! {
    /// Why a coupon can't be used on a sale.
    CouponRefusal {
        /// No coupon is known by that, whatever was typed: codes can't be told apart by guessing.
        NotFound "COUPON_NOT_FOUND",
        /// It is another partner's.
        OtherPartner "COUPON_OTHER_PARTNER",
        /// It can't be used for now.
        Paused "COUPON_PAUSED",
        /// Its time hasn't begun.
        NotYet "COUPON_NOT_YET",
        /// Its time is over.
        Expired "COUPON_EXPIRED",
        /// It was used as often as it can be; or this code was.
        UsedUp "COUPON_USED_UP",
        /// The member used it as often as a member can.
        MemberLimit "COUPON_MEMBER_LIMIT",
        /// It is for members that the buyer isn't among, or the buyer isn't known.
        NotForMember "COUPON_NOT_FOR_MEMBER",
        /// Too little is paid for what it is about; the message says how much is missing.
        MinimumNotMet "COUPON_MINIMUM_NOT_MET",
        /// Nothing is bought that it is about.
        NothingInScope "COUPON_NOTHING_IN_SCOPE",
        /// It can't be used beside another that the sale uses.
        StackingConflict "COUPON_STACKING_CONFLICT",
    }
}

/// What one line of the receipt got off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Discounts(pub Vec<LineDiscount>);

/// What a line got off by a coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDiscount {
    /// Its place on the receipt, from 0.
    pub line: usize,
    /// How much, in minor units.
    pub minor: i64,
}

/// `(programme_id, purchase_id, place)` is unique.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupon_redemption")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CouponRedemptionId,
    pub purchase_id: PurchaseId,
    /// Which of the coupons that the receipt named, from 0.
    pub place: i32,
    pub outcome: CouponOutcome,
    /// Which; none where none is known by what was typed.
    pub coupon_id: Option<CouponId>,
    /// The version that was in force.
    pub version: Option<i32>,
    /// The single-use code that was used.
    pub code: Option<String>,
    /// Who used it, if the receipt had a buyer then.
    pub member_id: Option<MemberId>,
    pub discount_minor: i64,
    pub discounts: Discounts,
    /// How much of the discount belonged to what came back.
    pub returned_minor: i64,
    /// What it multiplied the receipt's base points by.
    pub factor_bp: Option<i64>,
    /// Why it was refused.
    pub refusal: Option<CouponRefusal>,
    pub message: Option<String>,
    pub recorded_at: DateTime<Utc>,
    pub given_back_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}

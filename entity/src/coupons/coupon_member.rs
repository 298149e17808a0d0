//! Whom a coupon is for, where its audience is named member by member.

use sea_orm::entity::prelude::*;

use crate::ids::{CouponId, MemberId, ProgrammeId};

/// Rows come and go as members are named and taken off.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "coupon_member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub coupon_id: CouponId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
}

impl ActiveModelBehavior for ActiveModel {}

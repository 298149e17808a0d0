//! A part of what a rule's or campaign's budget has left. There are several, so that sales don't queue on
//! one row; what none has left is spent.

use sea_orm::entity::prelude::*;

use crate::ids::ProgrammeId;

/// What is left is at least zero. Points that were given are counted whether they are bounded or not, so that
/// a bound that comes later knows of them; cost only while a bound of it is the owner's, or that of another
/// budget that gave the same. A slice that got back more than it gave has given less than nothing.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "budget_slice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// The rule's or campaign's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub slice: i32,
    /// Points; none where the budget has no bound of points.
    pub left_points: Option<i64>,
    /// Ten-thousandths of micro-units of settlement currency; none where it has no bound of cost.
    pub left_cost: Option<i64>,
    /// Points, less those that came back.
    pub given_points: i64,
    /// What they and the money cost, likewise.
    pub given_cost: i64,
}

impl ActiveModelBehavior for ActiveModel {}

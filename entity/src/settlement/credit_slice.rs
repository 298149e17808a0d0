//! A part of what a partner may still owe. There are several, so that sales don't queue on one row.

use sea_orm::entity::prelude::*;

use crate::ids::{PartnerId, ProgrammeId};

/// What all of a partner's slices have left, and gave since, is the headroom of its credit line. One may be
/// below zero where the partner owes more than was known.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_slice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: PartnerId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub slice: i32,
    /// Micro-units of settlement currency.
    pub left_micros: i64,
    /// What sales have taken since the headroom was worked out.
    pub taken_micros: i64,
}

impl ActiveModelBehavior for ActiveModel {}

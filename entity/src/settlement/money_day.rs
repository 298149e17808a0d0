//! Each day's obligations, added up from the journal: by partner, contract version, kind, price and share.

use sea_orm::entity::prelude::*;

use super::money_posting::{LineKind, MoneyAccount};
use crate::day::Day;
use crate::ids::ProgrammeId;

/// What a cycle has of one day. What is nobody's has an id of zeros: these are parts of the key.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "money_day")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub cycle: Day,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Day,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: LineKind,
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_account: MoneyAccount,
    #[sea_orm(primary_key, auto_increment = false)]
    pub to_account: MoneyAccount,
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub contract_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub with_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub price_micros: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub factor: i64,
    pub points: i64,
    /// How many movements these are.
    pub postings: i64,
}

impl ActiveModelBehavior for ActiveModel {}

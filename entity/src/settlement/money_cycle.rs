//! What each cycle's movements add up to, by what they have in common: for who looks at a year.

use sea_orm::entity::prelude::*;

use super::money_posting::{LineKind, MoneyAccount};
use crate::day::Day;
use crate::ids::ProgrammeId;

/// The sum of its days. What is nobody's has an id of zeros: these are parts of the key.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "money_cycle")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// Its first day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cycle: Day,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: LineKind,
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub contract_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub with_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_account: MoneyAccount,
    #[sea_orm(primary_key, auto_increment = false)]
    pub to_account: MoneyAccount,
    /// Micro-units of settlement currency a point.
    #[sea_orm(primary_key, auto_increment = false)]
    pub price_micros: i64,
    /// The share of it that counts, of 10,000³.
    #[sea_orm(primary_key, auto_increment = false)]
    pub factor: i64,
    pub points: i64,
}

impl ActiveModelBehavior for ActiveModel {}

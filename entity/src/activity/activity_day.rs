//! What a wallet bought on one day of the programme's time zone, net of what came back since.

use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{ProgrammeId, WalletId};

/// A day on which nothing was bought has no row, or one of zeros when all came back.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_day")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Day,
    /// Receipts of that day of which something is left.
    pub purchases: i64,
    pub spend_minor: i64,
    /// Points earned, whatever became of them.
    pub points: i64,
}

impl ActiveModelBehavior for ActiveModel {}

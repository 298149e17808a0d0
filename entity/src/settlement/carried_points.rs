//! Points whose goods came back after they had been spent: who had paid for them, until others fill the debt.

use sea_orm::entity::prelude::*;

use crate::amount::Points;
use crate::ids::{LotId, ProgrammeId, WalletId};

/// Of one return, the points of one lot. The first owed is the first filled.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "carried_points")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// Of the return, in the sequence of facts.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    /// Who owes them now.
    pub wallet_id: WalletId,
    pub lot_id: LotId,
    pub remaining: Points,
}

impl ActiveModelBehavior for ActiveModel {}

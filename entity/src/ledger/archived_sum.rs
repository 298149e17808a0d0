//! What the archived postings gave to an account of a partner or the programme, less what they took.

use sea_orm::entity::prelude::*;

use crate::ids::ProgrammeId;
use crate::ledger::posting::Account;

/// One an account; wallets have openings.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "archived_sum")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: Account,
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_id: Uuid,
    pub points: i64,
}

impl ActiveModelBehavior for ActiveModel {}

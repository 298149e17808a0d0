//! What an account held at its programme's checkpoint.

use sea_orm::entity::prelude::*;

use crate::ids::ProgrammeId;
use crate::ledger::posting::Account;

/// What the account was given less what was taken from it, by all facts up to the checkpoint.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkpoint_sum")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: Account,
    /// A partner's id, or the programme's: its own accounts, and those of all wallets together.
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_id: Uuid,
    pub points: i64,
}

impl ActiveModelBehavior for ActiveModel {}

//! A wallet that a member had before it pooled, or left its household.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{MemberId, ProgrammeId, WalletId};

/// What was recorded in the wallet until `left_at` is the member's to see; what came later, in a
/// household's, is not.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "former_wallet")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub left_at: DateTime<Utc>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
}

impl ActiveModelBehavior for ActiveModel {}

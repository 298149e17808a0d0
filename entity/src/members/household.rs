//! Members who share one wallet.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{HouseholdId, ProgrammeId, WalletId};

/// One household and the wallet that it pools in.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "household")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HouseholdId,
    pub programme_id: ProgrammeId,
    pub wallet_id: WalletId,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! What an operator has changed alone.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::amount::Points;
use crate::ids::{EntryId, OperatorId, ProgrammeId};

/// One change of a balance without a second operator. What one made within 24 hours is held to the
/// programme's adjustment limit.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allowance_use")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub operator_id: OperatorId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: EntryId,
    /// How many, given or taken.
    pub points: Points,
    pub used_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! How far a programme's standings follow the sequence of facts.

use sea_orm::entity::prelude::*;

use crate::ids::ProgrammeId;

/// Deleted or set back, the standings are worked out again and come to the same.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_cursor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    pub position: i64,
}

impl ActiveModelBehavior for ActiveModel {}

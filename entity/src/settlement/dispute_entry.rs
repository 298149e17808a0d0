//! The entries that a dispute names.

use sea_orm::entity::prelude::*;

use crate::ids::{DisputeId, EntryId, ProgrammeId};

/// One of them. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dispute_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub dispute_id: DisputeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: EntryId,
}

impl ActiveModelBehavior for ActiveModel {}

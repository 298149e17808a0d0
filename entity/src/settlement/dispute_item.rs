//! The items of reconciliations that a dispute names.

use sea_orm::entity::prelude::*;

use crate::ids::{DisputeId, ProgrammeId, ReconciliationItemId};

/// One of them. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dispute_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub dispute_id: DisputeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub item_id: ReconciliationItemId,
}

impl ActiveModelBehavior for ActiveModel {}

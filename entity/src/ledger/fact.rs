//! The gapless global sequence of facts that all consumers read.

use sea_orm::entity::prelude::*;

use crate::ids::ProgrammeId;
use crate::ledger::outbox::FactKind;

/// One fact at its position. Positions start at 1 and have no holes.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fact")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub programme_id: ProgrammeId,
    pub stream_id: Uuid,
    pub stream_seq: i64,
    pub kind: FactKind,
    pub subject_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}

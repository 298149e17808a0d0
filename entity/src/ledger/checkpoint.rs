//! How far the sums of a programme's shared accounts reach.

use sea_orm::entity::prelude::*;

use crate::ids::ProgrammeId;

/// One a programme; its sums are in `checkpoint_sum`. It only moves on.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkpoint")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// The last of the programme's facts that is in the sums.
    pub position: i64,
}

impl ActiveModelBehavior for ActiveModel {}

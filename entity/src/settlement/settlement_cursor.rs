//! How far the money books have followed the sequence of facts.

use sea_orm::entity::prelude::*;

use crate::ids::ProgrammeId;

/// Where a programme's money books are.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settlement_cursor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    /// The last fact that is in the books.
    pub position: i64,
    /// How many cycles were closed: nothing falls into them any more.
    pub closed: i32,
}

impl ActiveModelBehavior for ActiveModel {}

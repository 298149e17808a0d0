//! A person who runs a programme. Named, so that four eyes are two people.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{OperatorId, ProgrammeId};

/// `(programme_id, name)` is unique.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operator")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OperatorId,
    pub programme_id: ProgrammeId,
    pub name: String,
    /// Set when the operator left; tokens stop within a minute.
    pub suspended_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

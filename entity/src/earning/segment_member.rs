//! Who is in a segment.

use sea_orm::entity::prelude::*;

use crate::ids::{MemberId, ProgrammeId};

/// One member in one segment.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "segment_member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub segment_code: String,
}

impl ActiveModelBehavior for ActiveModel {}

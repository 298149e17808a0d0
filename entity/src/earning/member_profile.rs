//! What rules may know of a person: the day of the year of its birth, never the year, and what the
//! programme keeps of it by name.

use std::collections::BTreeMap;

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ids::{MemberId, ProgrammeId};

/// Texts by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Texts(pub BTreeMap<String, String>);

/// One member's.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member_profile")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: MemberId,
    /// 1 to 12.
    pub birth_month: Option<i32>,
    /// 1 to 31.
    pub birth_day: Option<i32>,
    pub attributes: Texts,
}

impl ActiveModelBehavior for ActiveModel {}

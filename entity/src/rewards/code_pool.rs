//! Codes that somebody else made, to be given to whoever claims a reward: a supplier's.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{CodePoolId, PartnerId, ProgrammeId};

/// `(programme_id, code)` is unique.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "code_pool")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CodePoolId,
    pub programme_id: ProgrammeId,
    pub code: String,
    pub name: String,
    /// Whose it is; the programme's own if nobody's.
    pub partner_id: Option<PartnerId>,
    /// It is low when fewer are left.
    pub low_below: i64,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

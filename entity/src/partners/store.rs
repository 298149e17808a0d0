//! Where a partner sells: a shop, or its web shop.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{PartnerId, ProgrammeId, StoreId};

/// `(programme_id, partner_id, code)` is unique.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StoreId,
    pub programme_id: ProgrammeId,
    pub partner_id: PartnerId,
    /// The partner's own number for it.
    pub code: String,
    pub name: String,
    pub closed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

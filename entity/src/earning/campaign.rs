//! Rules that run together, as they stand now; their terms are in versions.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use super::earning_rule::RuleStatus;
use crate::ids::{CampaignId, ProgrammeId};

/// `(programme_id, code)` is unique.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaign")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CampaignId,
    pub programme_id: ProgrammeId,
    pub code: String,
    pub status: RuleStatus,
    /// The number of its latest version.
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

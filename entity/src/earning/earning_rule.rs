//! A rule that gives points, as it stands now; what it says is in its versions.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{CampaignId, ProgrammeId, RuleId};
use crate::text_enum::text_enum;

text_enum! {
    /// Whether a rule or campaign gives anything.
    RuleStatus {
        /// Not yet; it can still become anything.
        Draft "DRAFT",
        /// It does, within its schedule.
        Live "LIVE",
        /// Not for now.
        Paused "PAUSED",
        /// Never again.
        Ended "ENDED",
    }
}

/// `(programme_id, code)` is unique.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "earning_rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RuleId,
    pub programme_id: ProgrammeId,
    pub code: String,
    pub campaign_id: Option<CampaignId>,
    pub status: RuleStatus,
    /// The number of its latest version.
    pub version: i32,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! What a campaign does from a moment on. Never edited: a change, a pause or an end is the next version.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use super::definition::CampaignTerms;
use super::earning_rule::RuleStatus;
use crate::ids::{CampaignId, ProgrammeId};

/// In force is the latest version whose `in_force_from` has come.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaign_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub campaign_id: CampaignId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    pub status: RuleStatus,
    pub in_force_from: DateTime<Utc>,
    pub terms: CampaignTerms,
    /// Who made it, as in the audit trail.
    pub made_by: String,
    pub made_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

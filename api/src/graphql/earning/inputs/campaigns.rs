//! What a campaign is.

use async_graphql::InputObject;
use entity::earning::earning_rule::RuleStatus;
use entity::ids::CampaignId;

use super::rules::{BudgetInput, FunderInput, ScheduleInput};
use crate::graphql::enumeration::Enumeration;
use crate::graphql::money::Decimal;
use crate::graphql::scalars::{DateTime, Id, Points};

/// A campaign to be drafted.
#[derive(InputObject)]
pub struct DraftCampaignInput {
    /// Unique in the programme: 1 to 64 lower-case letters, digits or hyphens.
    pub(in crate::graphql::earning) code: String,
    /// Its terms.
    pub(in crate::graphql::earning) terms: CampaignTermsInput,
}

/// What a campaign is.
#[derive(InputObject)]
pub struct CampaignTermsInput {
    /// What members read, 1 to 200 characters.
    pub(in crate::graphql::earning) name: String,
    /// When its rules hold.
    pub(in crate::graphql::earning) schedule: Option<ScheduleInput>,
    /// Whom it is for, in CEL over `member`; for everybody if left out.
    pub(in crate::graphql::earning) audience: Option<String>,
    /// How much its rules give together.
    pub(in crate::graphql::earning) budget: Option<BudgetInput>,
    /// Who pays where a rule names nobody.
    #[graphql(default)]
    pub(in crate::graphql::earning) funding: Vec<FunderInput>,
    /// What it is to reach.
    pub(in crate::graphql::earning) targets: Option<CampaignTargetsInput>,
}

/// What a campaign is to reach by its end.
#[derive(InputObject)]
pub struct CampaignTargetsInput {
    /// Members who get something of it.
    pub(in crate::graphql::earning) members: Option<Points>,
    /// Receipts that it gives for.
    pub(in crate::graphql::earning) purchases: Option<Points>,
    /// What is paid in those.
    pub(in crate::graphql::earning) revenue: Option<Decimal>,
}

/// What a campaign is from now on.
#[derive(InputObject)]
pub struct UpdateCampaignInput {
    /// Which.
    pub(in crate::graphql::earning) campaign_id: Id<CampaignId>,
    /// The version that was seen.
    pub(in crate::graphql::earning) expected_version: i32,
    /// All its terms.
    pub(in crate::graphql::earning) terms: CampaignTermsInput,
}

/// A campaign that is launched, paused or ended.
#[derive(InputObject)]
pub struct SetCampaignStatusInput {
    /// Which.
    pub(in crate::graphql::earning) campaign_id: Id<CampaignId>,
    /// The version that was seen.
    pub(in crate::graphql::earning) expected_version: i32,
    /// What it is to be.
    pub(in crate::graphql::earning) status: Enumeration<RuleStatus>,
    /// From when; now if left out. Only the first launch may lie in the past.
    pub(in crate::graphql::earning) from: Option<DateTime>,
}

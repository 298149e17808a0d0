//! A tier that was given, not reached.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{MembershipId, ProgrammeId, TierGrantId, TierSetId, WalletId};

/// It follows its member's wallet into a household.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_grant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TierGrantId,
    pub programme_id: ProgrammeId,
    pub wallet_id: WalletId,
    pub set_id: TierSetId,
    pub tier_code: String,
    pub reason: String,
    /// Whoever gave it.
    pub actor: String,
    /// The paid membership that brings it, if one does.
    pub membership_id: Option<MembershipId>,
    pub first_day: Day,
    pub last_day: Day,
    pub revoked_at: Option<DateTime<Utc>>,
    pub granted_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! A person holding points. Nothing personal stands here: names and addresses live apart.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{HouseholdId, MemberId, ProgrammeId, WalletId};
use crate::text_enum::text_enum;

text_enum! {
    /// What a member may do.
    MemberStatus {
        /// Earns and spends.
        Active "ACTIVE",
        /// Earns, and can't spend, hold or transfer.
        Suspended "SUSPENDED",
        /// Nothing more; returns of what was bought before still count.
        Closed "CLOSED",
    }
}

/// One member. Several share a `wallet_id` when their household pools.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MemberId,
    pub programme_id: ProgrammeId,
    pub wallet_id: WalletId,
    pub household_id: Option<HouseholdId>,
    pub status: MemberStatus,
    pub version: i32,
    pub enrolled_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

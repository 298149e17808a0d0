//! One change of a wallet's tier.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{ProgrammeId, TierChangeId, TierSetId, WalletId};
use crate::text_enum::text_enum;

text_enum! {
    /// Why a tier changed.
    TierChangeKind {
        /// The threshold was reached.
        Upgrade "UPGRADE",
        /// It wasn't kept, what had reached it came back, or a grant ended.
        Downgrade "DOWNGRADE",
        /// An operator or a paid membership gave it.
        Grant "GRANT",
        /// An operator took a grant back, or a membership was refunded.
        Revoke "REVOKE",
    }
}

/// Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TierChangeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    pub set_id: TierSetId,
    pub from_code: Option<String>,
    pub to_code: Option<String>,
    pub kind: TierChangeKind,
    /// The day of the programme from which it is so.
    pub day: Day,
    /// When it was noticed.
    pub at: DateTime<Utc>,
    pub actor: String,
    /// What an operator gave as its reason.
    pub reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

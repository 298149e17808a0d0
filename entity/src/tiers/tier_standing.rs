//! Where a wallet stands in a tier set: what its days come to, kept so that nobody has to add them up.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{ProgrammeId, TierSetId, WalletId};

/// Follows from the wallet's days, its grants and the set's terms alone.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_standing")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub set_id: TierSetId,
    /// The tier that it has, by its code.
    pub tier_code: Option<String>,
    /// The tier that its days have reached, which a grant may exceed.
    pub earned_code: Option<String>,
    /// Since when it has `tier_code`; or none any more, if it had one.
    pub since: Option<Day>,
    /// The last day for which the tier was reached or granted, before grace; none where it doesn't end.
    pub valid_until: Option<Day>,
    /// When it changes though nothing is bought.
    pub due_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}

//! How often a wallet had something of a rule in a period, for its limits.

use sea_orm::entity::prelude::*;

use crate::ids::{ProgrammeId, RuleId, WalletId};

/// Changed only while the wallet is locked; returns take back what purchases added.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_use")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wallet_id: WalletId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule_id: RuleId,
    /// `2026-11-24`, `2026-W48`, `2026-11`, `2026`, or empty for all time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub period: String,
    /// How many times.
    pub count: i64,
    /// How many points.
    pub points: i64,
    /// How many stamps.
    pub stamps: i64,
}

impl ActiveModelBehavior for ActiveModel {}

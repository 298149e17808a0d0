//! Partners' statements, each time that a cycle was calculated.

use sea_orm::entity::prelude::*;

use crate::day::Day;
use crate::ids::{PartnerId, ProgrammeId, SettlementStatementId};

/// Those of a cycle's last calculation count; once it is approved they are issued. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settlement_statement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SettlementStatementId,
    /// The first day of its cycle.
    pub cycle: Day,
    /// Which calculation of the cycle made it.
    pub calculation: i32,
    pub partner_id: PartnerId,
    /// Counted from 1, without gaps, for each partner.
    pub number: i32,
    /// SHA-256 of its content, in hexadecimal.
    pub hash: String,
    /// Of the partner's statement before.
    pub previous_hash: Option<String>,
    /// What it says, canonically.
    pub content: String,
    pub opening_minor: i64,
    pub total_minor: i64,
    pub paid_minor: i64,
    pub closing_minor: i64,
    pub due_minor: i64,
    pub carried_minor: i64,
}

impl ActiveModelBehavior for ActiveModel {}

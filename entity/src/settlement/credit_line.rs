//! What a partner owes and may owe, as it was worked out last.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{PartnerId, ProgrammeId};

/// Of a partner whose contract limits its credit, or says when it is to be told. Only who works it out changes
/// it, never a sale.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: PartnerId,
    /// How often it was worked out: of two at once, one counts.
    pub refill: i64,
    /// Minor units that it may owe; none is without limit.
    pub limit_minor: Option<i64>,
    /// Minor units at which the operator is told.
    pub alert_minor: Option<i64>,
    /// Minor units that it owed then, rounded half to even.
    pub owed_minor: i64,
    /// Micro-units that it could still owe then, rounded down; below zero what it owed beyond its limit.
    pub headroom_micros: Option<i64>,
    /// Whether it owes as much as the alert level says.
    pub is_alerted: bool,
    pub refilled_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

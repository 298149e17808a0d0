//! A past period under other rules: what was asked, how far it has come, and what it came to. The books
//! aren't touched.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::definition::Definition;
use crate::ids::{PartnerId, ProgrammeId, PurchaseId, RuleId, SimulationId};
use crate::text_enum::text_enum;

text_enum! {
    /// How far a simulation has come.
    SimulationStatus {
        /// It waits or runs.
        Running "RUNNING",
        /// It has gone through the period.
        Done "DONE",
    }
}

/// Which period, under which rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Wish {
    /// From then on.
    pub from: DateTime<Utc>,
    /// Until then, that moment not included.
    pub until: DateTime<Utc>,
    /// Rules that hold besides, by code.
    pub add: Vec<(String, Definition)>,
    /// Rules that don't hold.
    pub leave_out: Vec<RuleId>,
}

/// What the period comes to, and what it came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
pub struct Outcome {
    /// Points that would have been earned.
    pub points: i64,
    /// Points that were.
    pub points_then: i64,
    /// Money back that would have been given by rules, in minor units.
    pub cashback_minor: i64,
    /// Money back that was.
    pub cashback_minor_then: i64,
    /// What the points would have cost each funder, and what they did: ten-thousandths of micro-units, as
    /// text, because they may be more than a number holds.
    pub costs: Vec<(Option<PartnerId>, String, String)>,
    /// What each rule would have given, by code: times and points, and what it did.
    pub rules: Vec<(String, [i64; 4])>,
    /// Members for whom it makes a difference.
    pub members: i64,
}

/// What decisions so far have left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Carried(pub serde_json::Value);

/// Gone through in steps; each leaves the row so that the next can go on after a crash.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "simulation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SimulationId,
    pub programme_id: ProgrammeId,
    pub status: SimulationStatus,
    pub wish: Wish,
    /// How many receipts it has gone through.
    pub seen: i64,
    /// How many there were when it was asked for.
    pub total: i64,
    /// The receipt that it has come to.
    pub after_id: Option<PurchaseId>,
    pub carried: Carried,
    pub outcome: Outcome,
    /// Who asked, as in the audit trail.
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

impl ActiveModelBehavior for ActiveModel {}

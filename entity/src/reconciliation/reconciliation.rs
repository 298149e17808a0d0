//! A partner's record of a period, compared with the books as they were then.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::reconciliation_item::{ReconciliationKind, ReconciliationOutcome};
use crate::amount::Points;
use crate::ids::{PartnerId, ProgrammeId, ReconciliationId};

/// What the items come to, by kind and outcome, in the order of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Totals(pub Vec<Total>);

/// The items of one kind and outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// Of which kind.
    pub kind: ReconciliationKind,
    /// With which outcome.
    pub outcome: ReconciliationOutcome,
    /// How many.
    pub count: i32,
    /// What the record says that they come to, in minor units.
    pub amount_there_minor: i64,
    /// What the books say.
    pub amount_here_minor: i64,
    /// The record's points.
    pub points_there: Points,
    /// The books' points.
    pub points_here: Points,
}

/// Never changed: the books go on, and another record of the period is another comparison.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReconciliationId,
    pub partner_id: PartnerId,
    /// The period's first moment.
    pub from_at: DateTime<Utc>,
    /// The first moment after it.
    pub until_at: DateTime<Utc>,
    /// How many lines the record had.
    pub line_count: i32,
    pub totals: Totals,
    pub reconciled_at: DateTime<Utc>,
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}

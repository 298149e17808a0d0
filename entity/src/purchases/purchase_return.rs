//! Some or all of a purchase's lines taken back.

use chrono::{DateTime, Utc};
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::amount::Points;
use crate::ids::{EntryId, PartnerId, ProgrammeId, PurchaseId, ReturnId};

/// What came back, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct ReturnedLines(pub Vec<ReturnedLine>);

/// One line's part of a return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedLine {
    /// The line's place on the receipt, from 0.
    pub line: usize,
    /// How much of its quantity.
    pub quantity: i64,
    /// How much of its amount, in minor units.
    pub amount_minor: i64,
}

/// What was taken back of what the receipt had earned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct TakenBack {
    /// Points of the base rate.
    pub base: Points,
    /// Of each of the rules, in the order in which the receipt keeps them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub granted: Vec<TakenGrant>,
}

/// What was taken back of what a rule had given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TakenGrant {
    /// Points.
    pub points: Points,
    /// Stamps.
    pub stamps: i64,
    /// Money back, in minor units.
    pub cashback_minor: i64,
    /// What went back to budgets, in ten-thousandths of micro-units.
    pub cost: i64,
    /// Whether the receipt doesn't count for the rule any more.
    pub is_uncounted: bool,
}

/// One return. Several may add up, never to more than was bought.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchase_return")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub programme_id: ProgrammeId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReturnId,
    pub purchase_id: PurchaseId,
    pub partner_id: PartnerId,
    /// The ledger's entry; none where the receipt had no member.
    pub entry_id: Option<EntryId>,
    pub lines: ReturnedLines,
    pub taken: TakenBack,
    pub amount_minor: i64,
    /// The points that these goods had earned.
    pub points: Points,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

//! A ladder of tiers: what it counts, over which window.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

use crate::ids::{ProgrammeId, TierSetId};
use crate::text_enum::text_enum;

text_enum! {
    /// What tiers are reached by.
    TierMetric {
        /// Points earned, net of returns, before any are spent.
        Points "POINTS",
        /// Money spent, net of returns.
        Spend "SPEND",
        /// Purchases of which something is left.
        Purchases "PURCHASES",
    }
}

text_enum! {
    /// Over which days a tier set counts.
    TierWindow {
        /// From 1 January to 31 December.
        CalendarYear "CALENDAR_YEAR",
        /// So many months up to the day in question.
        RollingMonths "ROLLING_MONTHS",
        /// A year from the day on which the wallet was opened, and each year after.
        MembershipYear "MEMBERSHIP_YEAR",
    }
}

text_enum! {
    /// How a wallet falls whose tier isn't kept.
    TierDowngrade {
        /// One step, which lasts until the window ends in which it fell, or as long as a reached tier.
        Soft "SOFT",
        /// At once to the tier that it still holds.
        Hard "HARD",
    }
}

/// `(programme_id, code)` is unique. What it counts, and over which window, never changes.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tier_set")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TierSetId,
    pub programme_id: ProgrammeId,
    /// Lower-case letters, digits and hyphens.
    pub code: String,
    pub name: String,
    pub metric: TierMetric,
    pub window_kind: TierWindow,
    /// Of a rolling window.
    pub window_months: Option<i32>,
    pub version: i32,
    /// It gives nothing any more.
    pub archived_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl ActiveModelBehavior for ActiveModel {}

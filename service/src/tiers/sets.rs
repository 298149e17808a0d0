//! Tier sets as they are, with all the terms that they ever had. A programme has few.

use chrono::{DateTime, Utc};
use entity::day::Day;
use entity::ids::{ProgrammeId, TierSetId};
use entity::tiers::tier_set::{self, TierDowngrade, TierMetric, TierWindow};
use entity::tiers::tier_terms::{self, Tier};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::core::{Ladder, Terms, Window};
use crate::error::{Error, Result};

/// The most that a programme has, archived ones included.
pub const SETS_MAX: usize = 20;

/// A tier set with its terms, oldest first.
#[derive(Clone, Debug)]
pub struct Set {
    /// The set.
    pub row: tier_set::Model,
    /// Its terms, at least one.
    pub terms: Vec<tier_terms::Model>,
    pub(super) ladder: Ladder,
}

impl Set {
    pub(super) fn new(row: tier_set::Model, terms: Vec<tier_terms::Model>) -> Result<Self> {
        let codes = terms.last().map(|last| last.tiers.0.as_slice()).unwrap_or_default();
        let months = |months: i32| u32::try_from(months).unwrap_or(1);
        let of = |terms: &tier_terms::Model| Terms {
            from: terms.from_day,
            validity_months: terms.validity_months.map(months),
            grace_days: terms.grace_days,
            is_soft: terms.downgrade == TierDowngrade::Soft,
            thresholds: codes
                .iter()
                .map(|tier| terms.tiers.0.iter().find(|then| then.code == tier.code))
                .map(|then| then.map(|then| then.threshold))
                .collect(),
        };
        if codes.is_empty() {
            return Err(Error::internal("a tier set without tiers"));
        }
        let window = match row.window_kind {
            TierWindow::CalendarYear => Window::CalendarYear,
            TierWindow::RollingMonths => Window::RollingMonths(row.window_months.map_or(1, months)),
            TierWindow::MembershipYear => Window::MembershipYear,
        };
        let ladder = Ladder { window, terms: terms.iter().map(of).collect() };
        Ok(Self { row, terms, ladder })
    }

    /// The terms in force on a day.
    pub fn terms_on(&self, day: Day) -> Option<&tier_terms::Model> {
        self.terms.iter().rev().find(|terms| terms.from_day <= day).or(self.terms.first())
    }

    /// The tiers in force on a day, lowest first.
    pub fn tiers_on(&self, day: Day) -> &[Tier] {
        self.terms_on(day).map(|terms| terms.tiers.0.as_slice()).unwrap_or_default()
    }

    /// What anybody ever can stand in: the tiers of the latest terms, which keep all earlier ones.
    pub(super) fn ranks(&self) -> &[Tier] {
        self.terms.last().map(|terms| terms.tiers.0.as_slice()).unwrap_or_default()
    }

    pub(super) fn rank_of(&self, code: &str) -> Option<usize> {
        self.ranks().iter().position(|tier| tier.code == code)
    }

    pub(super) fn code_of(&self, rank: Option<usize>) -> Option<String> {
        Some(self.ranks().get(rank?)?.code.clone())
    }

    /// What this set counts of a day.
    pub(super) fn count(&self, day: &entity::activity::activity_day::Model) -> i64 {
        match self.row.metric {
            TierMetric::Points => day.points,
            TierMetric::Spend => day.spend_minor,
            TierMetric::Purchases => day.purchases,
        }
    }

    /// Whether it still gives anything.
    pub fn is_live(&self) -> bool {
        self.row.archived_at.is_none()
    }
}

/// All sets of a programme, archived ones too, oldest first.
pub(super) async fn all<C: ConnectionTrait>(db: &C, programme: ProgrammeId) -> Result<Vec<Set>> {
    let sets = tier_set::Entity::find()
        .filter(tier_set::Column::ProgrammeId.eq(programme))
        .order_by_asc(tier_set::Column::Id)
        .all(db)
        .await?;
    if sets.is_empty() {
        return Ok(Vec::new());
    }
    let terms = tier_terms::Entity::find()
        .filter(tier_terms::Column::ProgrammeId.eq(programme))
        .order_by_asc(tier_terms::Column::Version)
        .all(db)
        .await?;
    let of = |set: TierSetId| terms.iter().filter(move |terms| terms.set_id == set).cloned();
    sets.into_iter().map(|row| Set::new(row.clone(), of(row.id).collect())).collect()
}

/// When a day begins, where the programme is.
pub(crate) fn begins(day: Day, zone: chrono_tz::Tz) -> DateTime<Utc> {
    crate::ledger::expiry::to_utc(day.date().and_time(chrono::NaiveTime::MIN), zone)
}

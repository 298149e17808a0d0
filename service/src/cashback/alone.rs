//! What an operator may have paid out alone: within any 24 hours as much as the programme's payout run
//! limit. What goes beyond takes a second operator. It is counted by the day and not by the run: who runs
//! payouts as they come in has no limit otherwise.

use chrono::{DateTime, TimeDelta, Utc};
use entity::cashback::payout_run;
use entity::ids::{OperatorId, ProgrammeId};
use entity::programmes::{operator, programme};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

use crate::error::{Error, Result};
use crate::tx::Tx;

const WINDOW: TimeDelta = TimeDelta::hours(24);

/// Locks the operator's row: of two runs at once, the second counts the first. Not against those who only
/// name it: an approval that holds its proposal and refers to the operator would wait for this one, and
/// this one for the proposal.
pub(super) async fn lock(tx: &Tx, programme: ProgrammeId, operator: OperatorId) -> Result<()> {
    let row = operator::Entity::find_by_id(operator)
        .filter(operator::Column::ProgrammeId.eq(programme))
        .lock(LockType::NoKeyUpdate)
        .one(tx.connection())
        .await?;
    row.map(drop).ok_or(Error::Unauthenticated("the token isn't valid"))
}

/// How much is left to the operator, whose row is locked, in minor units; below zero where the limit was
/// lowered.
pub(super) async fn left(
    tx: &Tx,
    programme: &programme::Model,
    operator: OperatorId,
    now: DateTime<Utc>,
) -> Result<i64> {
    let used = payout_run::Entity::find()
        .select_only()
        .column_as(payout_run::Column::TotalMinor.sum().cast_as("bigint"), "used")
        .filter(payout_run::Column::ProgrammeId.eq(programme.id))
        .filter(payout_run::Column::MadeBy.eq(operator))
        .filter(payout_run::Column::ProposalId.is_null())
        .filter(payout_run::Column::MadeAt.gt(now - WINDOW));
    let used: Option<Option<i64>> = used.into_tuple().one(tx.connection()).await?;
    Ok(programme.payout_run_limit_minor.saturating_sub(used.flatten().unwrap_or(0)))
}

//! What an operator may change of balances alone: within any 24 hours as many points as the
//! programme's adjustment limit, given and taken alike. What goes beyond takes a second operator, so
//! that no number of small changes does what one large one may not.

use chrono::{DateTime, TimeDelta, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, OperatorId};
use entity::programmes::{operator, programme};
use entity::proposals::allowance_use;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::error::{Error, Result};
use crate::programmes::Rules;
use crate::tx::Tx;

const WINDOW: TimeDelta = TimeDelta::hours(24);

/// How many points are left to the operator, whose row is locked: of two requests at once, the second
/// counts the first.
pub(super) async fn left(
    tx: &Tx,
    rules: &Rules,
    operator: OperatorId,
    now: DateTime<Utc>,
) -> Result<Points> {
    let row = operator::Entity::find_by_id(operator)
        .filter(operator::Column::ProgrammeId.eq(rules.id()))
        .lock_exclusive()
        .one(tx.connection())
        .await?;
    row.ok_or(Error::Unauthenticated("the token isn't valid"))?;
    // As it is now, not as a gateway remembers it: a limit that was lowered holds at once.
    let programme = programme::Entity::find_by_id(rules.id()).one(tx.connection()).await?;
    let limit = programme.map_or(Points::ZERO, |row| row.adjustment_limit);
    let used = allowance_use::Entity::find()
        .select_only()
        .column_as(allowance_use::Column::Points.sum().cast_as("bigint"), "used")
        .filter(allowance_use::Column::ProgrammeId.eq(rules.id()))
        .filter(allowance_use::Column::OperatorId.eq(operator))
        .filter(allowance_use::Column::UsedAt.gt(now - WINDOW));
    let used: Option<Option<i64>> = used.into_tuple().one(tx.connection()).await?;
    let left = limit.get() - used.flatten().unwrap_or(0);
    Ok(Points::new(left).unwrap_or(Points::ZERO))
}

/// Notes what the operator changed alone.
pub(super) async fn note(
    tx: &Tx,
    rules: &Rules,
    operator: OperatorId,
    (entry, points): (EntryId, Points),
    now: DateTime<Utc>,
) -> Result<()> {
    let row = allowance_use::Model {
        programme_id: rules.id(),
        operator_id: operator,
        entry_id: entry,
        points,
        used_at: now,
    };
    allowance_use::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}

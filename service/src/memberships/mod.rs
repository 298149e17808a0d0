//! Paid memberships: operators define plans, a partner or a payment system reports what was paid, and each
//! payment starts a period or adds one at the end of the running one. What it brings lasts as long as it is
//! paid: to the end of the period if it is cancelled, no longer at once if it is refunded.
//!
//! No money moves here; Florin is told of it. Membership follows the member, the tier that it may grant the
//! member's wallet.

mod pay;
mod plans;
mod read;
mod stop;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::day::Day;
use entity::ids::{MemberId, ProgrammeId};
use entity::members::member;
use entity::memberships::membership::{self, MembershipStatus};
use entity::memberships::membership_change;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

pub use self::pay::{Paid, Pay};
pub use self::plans::{Amend, Create};
pub use self::read::Plan;
pub(crate) use self::read::plans_on;
pub use self::stop::{Stop, Stopped};

use crate::clock::Clock;
use crate::db::Db;
use crate::error::Result;
use crate::programmes::Programmes;
use crate::refusal::{Code, Refusal};
use crate::tx::Tx;

/// The use cases.
pub struct Memberships {
    db: Db,
    clock: Clock,
    programmes: Arc<Programmes>,
}

impl Memberships {
    /// The use cases over this database.
    pub(crate) fn new(db: Db, clock: Clock, programmes: Arc<Programmes>) -> Self {
        Self { db, clock, programmes }
    }
}

/// Whether it brings what its plan says on that day.
pub fn is_in_force(row: &membership::Model, today: Day) -> bool {
    let is_open = matches!(row.status, MembershipStatus::Active | MembershipStatus::Cancelled);
    is_open && (row.period_from..=row.period_to).contains(&today)
}

/// The member's row, locked: its memberships change one after the other, and its wallet stays its own.
async fn lock_member(tx: &Tx, programme: ProgrammeId, id: MemberId) -> Result<member::Model> {
    let query = member::Entity::find_by_id(id).filter(member::Column::ProgrammeId.eq(programme));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    row.ok_or(Refusal::new(Code::MemberNotFound).at("member").into())
}

/// How it is from now on.
fn change_of(
    row: &membership::Model,
    actor: String,
    at: DateTime<Utc>,
) -> membership_change::Model {
    membership_change::Model {
        programme_id: row.programme_id,
        membership_id: row.id,
        version: row.version,
        status: row.status,
        period_from: row.period_from,
        period_to: row.period_to,
        at,
        actor,
    }
}

/// Stores how it is now, and that it changed.
async fn store(
    tx: &Tx,
    row: membership::Model,
    is_new: bool,
    actor: String,
    at: DateTime<Utc>,
) -> Result<membership::Model> {
    let change = change_of(&row, actor, at);
    let row = if is_new {
        row.into_active_model().insert(tx.connection()).await?
    } else {
        row.into_active_model().reset_all().update(tx.connection()).await?
    };
    membership_change::Entity::insert(change.into_active_model())
        .exec_without_returning(tx.connection())
        .await?;
    Ok(row)
}

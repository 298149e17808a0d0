//! Plans to everybody; a membership to its member, to operators, and to the partner it was paid through.

use std::collections::{BTreeSet, HashMap};

use entity::day::Day;
use entity::ids::{MemberId, MembershipId, MembershipPlanId, ProgrammeId};
use entity::memberships::membership::{self, MembershipStatus};
use entity::memberships::{membership_change, membership_plan};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Select};

use super::Memberships;
use crate::actor::{Actor, Who};
use crate::error::{Error, Result};
use crate::rows::find_among;

/// A plan, as its row says.
pub type Plan = membership_plan::Model;

impl Memberships {
    /// The plans of the caller's programme, oldest first, at most 100; retired ones to operators.
    pub async fn plans(&self, actor: &Actor) -> Result<Vec<Plan>> {
        let query = membership_plan::Entity::find()
            .filter(membership_plan::Column::ProgrammeId.eq(actor.programme()?))
            .order_by_asc(membership_plan::Column::Id);
        let query = match actor.who() {
            Who::Operator(_) | Who::System => query,
            _ => query.filter(membership_plan::Column::RetiredAt.is_null()),
        };
        Ok(query.all(self.db.reader_for(actor)).await?)
    }

    /// Plans by id, retired ones too: whoever has one sees what it is.
    pub async fn plans_by_ids(&self, actor: &Actor, ids: &[MembershipPlanId]) -> Result<Vec<Plan>> {
        let query = membership_plan::Entity::find()
            .filter(membership_plan::Column::ProgrammeId.eq(actor.programme()?))
            .filter(membership_plan::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }

    /// Memberships by id, of those that the caller may see.
    pub async fn by_ids(
        &self,
        actor: &Actor,
        ids: &[MembershipId],
    ) -> Result<Vec<membership::Model>> {
        let query = visible(actor)?.filter(membership::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }

    /// Members' memberships, oldest first, likewise.
    pub async fn of_members(
        &self,
        actor: &Actor,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, Vec<membership::Model>>> {
        let query = visible(actor)?
            .filter(membership::Column::MemberId.is_in(members.iter().copied()))
            .order_by_asc(membership::Column::Id);
        let mut found: HashMap<MemberId, Vec<membership::Model>> = HashMap::new();
        for row in query.all(self.db.reader_for(actor)).await? {
            found.entry(row.member_id).or_default().push(row);
        }
        Ok(found)
    }

    /// How memberships went, oldest first, likewise.
    pub async fn changes_of(
        &self,
        actor: &Actor,
        ids: &[MembershipId],
    ) -> Result<HashMap<MembershipId, Vec<membership_change::Model>>> {
        let seen = self.by_ids(actor, ids).await?.into_iter().map(|row| row.id.uuid());
        let (db, column) = (self.db.reader_for(actor), membership_change::Column::MembershipId);
        let (programme, also) = (actor.programme()?, "order by membership_id, version");
        let rows =
            find_among::<membership_change::Entity, _>(db, programme, column, seen, also).await?;
        let mut found: HashMap<MembershipId, Vec<membership_change::Model>> = HashMap::new();
        for row in rows {
            found.entry(row.membership_id).or_default().push(row);
        }
        Ok(found)
    }

    /// The day that it is in the caller's programme.
    pub async fn today(&self, actor: &Actor) -> Result<Day> {
        let rules = self.programmes.own(actor).await?;
        Ok(Day::of(self.clock.now(), &rules.zone))
    }
}

fn visible(actor: &Actor) -> Result<Select<membership::Entity>> {
    let query =
        membership::Entity::find().filter(membership::Column::ProgrammeId.eq(actor.programme()?));
    Ok(match actor.who() {
        Who::Operator(_) | Who::System => query,
        Who::Member(own) => query.filter(membership::Column::MemberId.eq(own)),
        Who::Partner(partner, _) => query.filter(membership::Column::PartnerId.eq(partner)),
        Who::Anonymous => return Err(Error::Unauthenticated("a bearer token is needed")),
    })
}

/// The plans that were in force for members on these days, in two statements: what the earning decision
/// asks. What lapsed since was in force before.
pub(crate) async fn plans_on<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    asked: &BTreeSet<(MemberId, Day)>,
) -> Result<HashMap<(MemberId, Day), Vec<Plan>>> {
    let members: BTreeSet<MemberId> = asked.iter().map(|(member, _)| *member).collect();
    let (ids, column) = (members.iter().map(|id| id.uuid()), membership::Column::MemberId);
    let rows = find_among::<membership::Entity, _>(db, programme, column, ids, "").await?;
    let (ids, column) = (rows.iter().map(|row| row.plan_id.uuid()), membership_plan::Column::Id);
    let plans = find_among::<membership_plan::Entity, _>(db, programme, column, ids, "").await?;
    let mut found: HashMap<(MemberId, Day), Vec<Plan>> = HashMap::new();
    for (member, day) in asked {
        let held = |row: &&membership::Model| row.member_id == *member && was_in_force(row, *day);
        for row in rows.iter().filter(held) {
            let plan = plans.iter().find(|plan| plan.id == row.plan_id).cloned();
            found.entry((*member, *day)).or_default().extend(plan);
        }
    }
    Ok(found)
}

fn was_in_force(row: &membership::Model, day: Day) -> bool {
    let is_whole = row.status != MembershipStatus::Refunded;
    is_whole && (row.period_from..=row.period_to).contains(&day)
}

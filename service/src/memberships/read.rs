//! Plans to everybody; a membership to its member, to operators, and to the partner it was paid through.

use std::collections::HashMap;

use entity::day::Day;
use entity::ids::{MemberId, MembershipId, MembershipPlanId, ProgrammeId};
use entity::memberships::{membership, membership_change, membership_plan};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Select};

use super::{Memberships, is_in_force};
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

/// The plans that are in force for these members on a day, in two statements: what the earning decision asks.
pub async fn plans_of<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    members: &[MemberId],
    today: Day,
) -> Result<HashMap<MemberId, Vec<Plan>>> {
    let ids = members.iter().map(|member| member.uuid());
    let column = membership::Column::MemberId;
    let rows = find_among::<membership::Entity, _>(db, programme, column, ids, "").await?;
    let rows: Vec<membership::Model> =
        rows.into_iter().filter(|row| is_in_force(row, today)).collect();
    let (ids, column) = (rows.iter().map(|row| row.plan_id.uuid()), membership_plan::Column::Id);
    let plans = find_among::<membership_plan::Entity, _>(db, programme, column, ids, "").await?;
    let mut found: HashMap<MemberId, Vec<Plan>> = HashMap::new();
    for row in rows {
        let plan = plans.iter().find(|plan| plan.id == row.plan_id).cloned();
        found.entry(row.member_id).or_default().extend(plan);
    }
    Ok(found)
}

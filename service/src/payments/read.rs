//! Reading holds: a partner its own, a member its own, an operator all.

use entity::ids::{HoldId, MemberId};
use entity::ledger::hold;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::Payments;
use crate::actor::{Actor, Scope, Who};
use crate::error::Result;
use crate::page::{Page, Window};

impl Payments {
    /// Those of these holds that the caller may see.
    pub async fn holds(&self, actor: &Actor, ids: &[HoldId]) -> Result<Vec<hold::Model>> {
        let programme = actor.programme()?;
        match actor.who() {
            Who::Operator(_) => actor.with(Scope::MembersRead)?,
            Who::Partner(..) => actor.with(Scope::PaymentsWrite)?,
            Who::Member(_) | Who::System | Who::Anonymous => {}
        }
        let query = hold::Entity::find()
            .filter(hold::Column::ProgrammeId.eq(programme))
            .filter(hold::Column::Id.is_in(ids.iter().copied()));
        let mut found = query.all(self.db.reader_for(actor)).await?;
        found.retain(|hold| match actor.who() {
            Who::Operator(_) | Who::System => true,
            Who::Partner(partner, _) => hold.partner_id == partner,
            Who::Member(member) => hold.member_id == member,
            Who::Anonymous => false,
        });
        Ok(found)
    }

    /// A member's holds by age: all to operators and the member itself, its own to a partner.
    pub async fn holds_of(
        &self,
        actor: &Actor,
        member: MemberId,
        window: Window<Uuid>,
    ) -> Result<Page<hold::Model>> {
        let programme = actor.programme()?;
        let mut query = hold::Entity::find()
            .filter(hold::Column::ProgrammeId.eq(programme))
            .filter(hold::Column::MemberId.eq(member));
        match actor.who() {
            Who::Operator(_) | Who::System => {}
            Who::Partner(partner, _) => query = query.filter(hold::Column::PartnerId.eq(partner)),
            Who::Member(own) => query = query.filter(hold::Column::MemberId.eq(own)),
            Who::Anonymous => {
                return Ok(Page { items: Vec::new(), has_next: false, has_previous: false });
            }
        }
        window.read(self.db.reader_for(actor), query.cursor_by(hold::Column::Id)).await
    }
}

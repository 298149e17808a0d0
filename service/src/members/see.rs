//! Who may see which member: operators all, a member itself and its household's wallet, a partner
//! those it has dealt with. What isn't there and what may not be seen answer alike.

use entity::ids::{HouseholdId, MemberId, PartnerId, ProgrammeId};
use entity::ledger::hold;
use entity::members::member;
use entity::members::{card, household, partner_reference};
use entity::purchases::purchase;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{MemberRef, Members, resolve};
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::page::{Page, Window};

/// The most cards or customer numbers that one answer lists.
const NAMES_MAX: u64 = 100;

impl Members {
    /// The member that asks.
    pub async fn own(&self, actor: &Actor) -> Result<member::Model> {
        let (programme, member) = actor.member()?;
        let query =
            member::Entity::find_by_id(member).filter(member::Column::ProgrammeId.eq(programme));
        query.one(self.db.reader()).await?.ok_or(Error::Unauthenticated("the token isn't valid"))
    }

    /// The member so named, if there is one that the caller may see. A till may look a card up: that
    /// is what a card is for.
    pub async fn find(&self, actor: &Actor, named: MemberRef) -> Result<Option<member::Model>> {
        let programme = actor.programme()?;
        let is_by_card = matches!(named, MemberRef::Card(_));
        if let (MemberRef::Reference(partner, _), Who::Partner(own, _)) = (&named, actor.who())
            && *partner != own
        {
            return Ok(None);
        }
        let resolved = resolve(self.db.reader(), programme, [named.clone()]).await?;
        let Ok(found) = resolved.member(&named) else { return Ok(None) };
        let may_see = match actor.who() {
            Who::Operator(_) | Who::System => true,
            Who::Member(own) => own == found.id,
            Who::Partner(_, _) if is_by_card => actor.with(Scope::MembersRead).map(|()| true)?,
            Who::Partner(partner, _) => {
                actor.with(Scope::MembersRead)?;
                self.has_dealt_with(programme, partner, found.id).await?
            }
            Who::Anonymous => false,
        };
        Ok(may_see.then(|| found.clone()))
    }

    /// The programme's members, for operators.
    pub async fn list(&self, actor: &Actor, window: Window<Uuid>) -> Result<Page<member::Model>> {
        let (programme, _) = actor.operator(Scope::MembersRead)?;
        let query = member::Entity::find().filter(member::Column::ProgrammeId.eq(programme));
        window.read(self.db.reader(), query.cursor_by(member::Column::Id)).await
    }

    /// The cards of members, for operators and each member itself; others see none.
    pub async fn cards(&self, actor: &Actor, members: &[MemberId]) -> Result<Vec<card::Model>> {
        let programme = actor.programme()?;
        let visible: Vec<MemberId> =
            members.iter().copied().filter(|member| is_own_or_operated(actor, *member)).collect();
        let query = card::Entity::find()
            .filter(card::Column::ProgrammeId.eq(programme))
            .filter(card::Column::MemberId.is_in(visible))
            .order_by_asc(card::Column::Id);
        Ok(query.all(self.db.reader()).await?)
    }

    /// Customer numbers of members: a partner sees its own, operators all.
    pub async fn references(
        &self,
        actor: &Actor,
        members: &[MemberId],
    ) -> Result<Vec<partner_reference::Model>> {
        let programme = actor.programme()?;
        let query = partner_reference::Entity::find()
            .filter(partner_reference::Column::ProgrammeId.eq(programme))
            .filter(partner_reference::Column::MemberId.is_in(members.iter().copied()));
        let query = match actor.who() {
            Who::Partner(partner, _) => {
                query.filter(partner_reference::Column::PartnerId.eq(partner))
            }
            Who::Operator(_) => query,
            _ => return Ok(Vec::new()),
        };
        Ok(query.order_by_asc(partner_reference::Column::Reference).all(self.db.reader()).await?)
    }

    /// A household that the caller operates or belongs to, with its members.
    pub async fn household(
        &self,
        actor: &Actor,
        id: HouseholdId,
    ) -> Result<Option<(household::Model, Vec<member::Model>)>> {
        let programme = actor.programme()?;
        let query =
            household::Entity::find_by_id(id).filter(household::Column::ProgrammeId.eq(programme));
        let Some(row) = query.one(self.db.reader()).await? else { return Ok(None) };
        let members = member::Entity::find()
            .filter(member::Column::ProgrammeId.eq(programme))
            .filter(member::Column::HouseholdId.eq(id))
            .order_by_asc(member::Column::Id)
            .limit(NAMES_MAX)
            .all(self.db.reader())
            .await?;
        let may_see = match actor.who() {
            Who::Operator(_) | Who::System => true,
            Who::Member(own) => members.iter().any(|member| member.id == own),
            Who::Partner(..) | Who::Anonymous => false,
        };
        Ok(may_see.then_some((row, members)))
    }

    /// Whether the member has bought, paid, or is known by a customer number there.
    pub(crate) async fn has_dealt_with(
        &self,
        programme: ProgrammeId,
        partner: PartnerId,
        member: MemberId,
    ) -> Result<bool> {
        let db = self.db.reader();
        let references = partner_reference::Entity::find()
            .filter(partner_reference::Column::ProgrammeId.eq(programme))
            .filter(partner_reference::Column::MemberId.eq(member))
            .filter(partner_reference::Column::PartnerId.eq(partner));
        if references.one(db).await?.is_some() {
            return Ok(true);
        }
        let purchases = purchase::Entity::find()
            .filter(purchase::Column::ProgrammeId.eq(programme))
            .filter(purchase::Column::MemberId.eq(member))
            .filter(purchase::Column::PartnerId.eq(partner));
        if purchases.one(db).await?.is_some() {
            return Ok(true);
        }
        let holds = hold::Entity::find()
            .filter(hold::Column::ProgrammeId.eq(programme))
            .filter(hold::Column::MemberId.eq(member))
            .filter(hold::Column::PartnerId.eq(partner));
        Ok(holds.one(db).await?.is_some())
    }
}

fn is_own_or_operated(actor: &Actor, member: MemberId) -> bool {
    match actor.who() {
        Who::Operator(_) | Who::System => true,
        Who::Member(own) => own == member,
        Who::Partner(..) | Who::Anonymous => false,
    }
}

//! Who may see which member: operators all, a member itself and its household's wallet, a partner
//! those it has dealt with. What isn't there and what may not be seen answer alike.

use std::collections::{BTreeSet, HashSet};

use entity::ids::{CardId, HouseholdId, MemberId, PartnerId, ProgrammeId, WalletId};
use entity::ledger::hold;
use entity::members::member;
use entity::members::{card, household, partner_reference};
use entity::purchases::purchase;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::{MemberRef, Members, resolve};
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::page::{Page, Window};

impl Members {
    /// The member that asks.
    pub async fn own(&self, actor: &Actor) -> Result<member::Model> {
        let (programme, member) = actor.member()?;
        let query =
            member::Entity::find_by_id(member).filter(member::Column::ProgrammeId.eq(programme));
        query
            .one(self.db.reader_for(actor))
            .await?
            .ok_or(Error::Unauthenticated("the token isn't valid"))
    }

    /// The member so named, if there is one that the caller may see. A till may look a card up: that
    /// is what a card is for.
    pub async fn find(&self, actor: &Actor, named: MemberRef) -> Result<Option<member::Model>> {
        let programme = may_read(actor)?;
        let is_by_card = matches!(named, MemberRef::Card(_));
        if let (MemberRef::Reference(partner, _), Who::Partner(own, _)) = (&named, actor.who())
            && *partner != own
        {
            return Ok(None);
        }
        let resolved = resolve(self.db.reader_for(actor), programme, [named.clone()]).await?;
        let Ok(found) = resolved.member(&named) else { return Ok(None) };
        if is_by_card && matches!(actor.who(), Who::Partner(..)) {
            return Ok(Some(found.clone()));
        }
        Ok(self.visible(actor, vec![found.clone()]).await?.pop())
    }

    /// Those of these members that the caller may see.
    pub async fn by_ids(&self, actor: &Actor, ids: &[MemberId]) -> Result<Vec<member::Model>> {
        let programme = may_read(actor)?;
        let query = member::Entity::find()
            .filter(member::Column::ProgrammeId.eq(programme))
            .filter(member::Column::Id.is_in(ids.iter().copied()));
        self.visible(actor, query.all(self.db.reader_for(actor)).await?).await
    }

    /// Those of these wallets that are of a member whom the caller may see.
    pub async fn visible_wallets(&self, actor: &Actor, ids: &[WalletId]) -> Result<Vec<WalletId>> {
        let programme = may_read(actor)?;
        let query = member::Entity::find()
            .filter(member::Column::ProgrammeId.eq(programme))
            .filter(member::Column::WalletId.is_in(ids.iter().copied()));
        let members = self.visible(actor, query.all(self.db.reader_for(actor)).await?).await?;
        let wallets: BTreeSet<WalletId> =
            members.into_iter().map(|member| member.wallet_id).collect();
        Ok(wallets.into_iter().collect())
    }

    async fn visible(
        &self,
        actor: &Actor,
        mut members: Vec<member::Model>,
    ) -> Result<Vec<member::Model>> {
        match actor.who() {
            Who::Operator(_) | Who::System => {}
            Who::Member(own) => members.retain(|member| member.id == own),
            Who::Partner(partner, _) => {
                let ids: Vec<_> = members.iter().map(|member| member.id).collect();
                let db = self.db.reader_for(actor);
                let known = dealt_with(db, actor.programme()?, partner, &ids).await?;
                members.retain(|member| known.contains(&member.id));
            }
            Who::Anonymous => members.clear(),
        }
        Ok(members)
    }

    /// The programme's members, for operators.
    pub async fn list(&self, actor: &Actor, window: Window<Uuid>) -> Result<Page<member::Model>> {
        let (programme, _) = actor.operator(Scope::MembersRead)?;
        let query = member::Entity::find().filter(member::Column::ProgrammeId.eq(programme));
        window.read(self.db.reader_for(actor), query.cursor_by(member::Column::Id)).await
    }

    /// How many members the programme has. For operators.
    pub async fn count(&self, actor: &Actor) -> Result<u64> {
        let (programme, _) = actor.operator(Scope::MembersRead)?;
        let query = member::Entity::find().filter(member::Column::ProgrammeId.eq(programme));
        Ok(query.count(self.db.reader_for(actor)).await?)
    }

    /// The cards of members, for operators and each member itself; others see none.
    pub async fn cards(&self, actor: &Actor, members: &[MemberId]) -> Result<Vec<card::Model>> {
        let of = card::Column::MemberId.is_in(members.iter().copied());
        self.cards_that(actor, of).await
    }

    /// Cards by id, of those that the caller may see.
    pub async fn cards_by_ids(&self, actor: &Actor, ids: &[CardId]) -> Result<Vec<card::Model>> {
        self.cards_that(actor, card::Column::Id.is_in(ids.iter().copied())).await
    }

    async fn cards_that(&self, actor: &Actor, are: SimpleExpr) -> Result<Vec<card::Model>> {
        let programme = actor.programme()?;
        let query =
            card::Entity::find().filter(card::Column::ProgrammeId.eq(programme)).filter(are);
        let query = match actor.who() {
            Who::Operator(_) | Who::System => query,
            Who::Member(own) => query.filter(card::Column::MemberId.eq(own)),
            Who::Partner(..) | Who::Anonymous => return Ok(Vec::new()),
        };
        Ok(query.order_by_asc(card::Column::Id).all(self.db.reader_for(actor)).await?)
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
        Ok(query
            .order_by_asc(partner_reference::Column::Reference)
            .all(self.db.reader_for(actor))
            .await?)
    }

    /// Households that the caller operates or belongs to, each with its members.
    pub async fn households(
        &self,
        actor: &Actor,
        ids: &[HouseholdId],
    ) -> Result<Vec<(household::Model, Vec<member::Model>)>> {
        let programme = actor.programme()?;
        let of = household::Entity::find()
            .filter(household::Column::ProgrammeId.eq(programme))
            .filter(household::Column::Id.is_in(ids.iter().copied()));
        let households = of.all(self.db.reader_for(actor)).await?;
        let members = member::Entity::find()
            .filter(member::Column::ProgrammeId.eq(programme))
            .filter(member::Column::HouseholdId.is_in(ids.iter().copied()))
            .order_by_asc(member::Column::Id)
            .all(self.db.reader_for(actor))
            .await?;
        let with_members = |row: household::Model| {
            let id = Some(row.id);
            let own = members.iter().filter(|member| member.household_id == id).cloned();
            (row, own.collect::<Vec<_>>())
        };
        let mut found: Vec<_> = households.into_iter().map(with_members).collect();
        match actor.who() {
            Who::Operator(_) | Who::System => {}
            Who::Member(own) => found.retain(|(_, all)| all.iter().any(|member| member.id == own)),
            Who::Partner(..) | Who::Anonymous => found.clear(),
        }
        Ok(found)
    }
}

/// Those of these members who have bought or paid there, or are known by a customer number.
pub(super) async fn dealt_with(
    db: &DatabaseConnection,
    programme: ProgrammeId,
    partner: PartnerId,
    members: &[MemberId],
) -> Result<HashSet<MemberId>> {
    let ids = || members.iter().copied();
    let named = partner_reference::Entity::find()
        .select_only()
        .column(partner_reference::Column::MemberId)
        .distinct()
        .filter(partner_reference::Column::ProgrammeId.eq(programme))
        .filter(partner_reference::Column::PartnerId.eq(partner))
        .filter(partner_reference::Column::MemberId.is_in(ids()));
    let bought = purchase::Entity::find()
        .select_only()
        .column(purchase::Column::MemberId)
        .distinct()
        .filter(purchase::Column::ProgrammeId.eq(programme))
        .filter(purchase::Column::PartnerId.eq(partner))
        .filter(purchase::Column::MemberId.is_in(ids()));
    let held = hold::Entity::find()
        .select_only()
        .column(hold::Column::MemberId)
        .distinct()
        .filter(hold::Column::ProgrammeId.eq(programme))
        .filter(hold::Column::PartnerId.eq(partner))
        .filter(hold::Column::MemberId.is_in(ids()));
    let mut known: HashSet<MemberId> = named.into_tuple().all(db).await?.into_iter().collect();
    known.extend(bought.into_tuple::<MemberId>().all(db).await?);
    known.extend(held.into_tuple::<MemberId>().all(db).await?);
    Ok(known)
}

/// The programme of a caller that may look members up at all; a member its own self.
fn may_read(actor: &Actor) -> Result<ProgrammeId> {
    let programme = actor.programme()?;
    if !matches!(actor.who(), Who::Member(_)) {
        actor.with(Scope::MembersRead)?;
    }
    Ok(programme)
}

//! What names a member: cards, and partners' customer numbers.

use chrono::{DateTime, Utc};
use entity::ids::{CardId, MemberId, PartnerId, ProgrammeId};
use entity::members::{card, member, partner_reference};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};

use super::see::dealt_with;
use super::{Members, card_by_number, insert_card, lock};
use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::tx::Tx;
use crate::{text, tx};

/// A customer number as it is kept.
pub(super) fn reference(text: &str) -> Result<String, Refusal> {
    text::clean(text, 64, Code::ReferenceInvalid).map_err(|refusal| refusal.at("partnerReference"))
}

/// The most cards that a member may have, blocked ones too.
const CARDS_MAX: u64 = 10;

impl Members {
    /// Gives a member a further card, up to ten. Linking it again changes nothing. Whoever has the
    /// card in hand does it, a till or an operator: a member who could name any number would claim
    /// what others bought, and take the number before its holder enrols.
    pub async fn link_card(
        &self,
        actor: &Actor,
        member: MemberId,
        number: &str,
    ) -> Result<card::Model> {
        let programme = self.may_name(actor, member).await?;
        let number = &text::card_number(number)?;
        tx::retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            lock(&tx, programme, member).await?;
            match card_by_number(&tx, programme, number).await? {
                Some(card) if card.member_id == member => return Ok(card),
                Some(_) => return Err(Refusal::new(Code::CardTaken).at("cardNumber").into()),
                None => {}
            }
            has_room(&tx, programme, member).await?;
            let card = insert_card(&tx, programme, member, number, at).await?;
            let change = Change {
                action: "card.linked",
                subject: card.id.to_string(),
                before: None,
                after: None,
            };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit(card).await
        })
        .await
    }

    /// Blocks a lost card. The member's other cards still work.
    pub async fn block_card(&self, actor: &Actor, card: CardId) -> Result<card::Model> {
        let programme = actor.programme()?;
        let owner = match actor.who() {
            Who::Member(own) => Some(own),
            _ => actor.operator(Scope::MembersWrite).map(|_| None)?,
        };
        tx::retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let query =
                card::Entity::find_by_id(card).filter(card::Column::ProgrammeId.eq(programme));
            let found = query.one(tx.connection()).await?;
            let row = found.filter(|row| owner.is_none_or(|owner| row.member_id == owner));
            let row = row.ok_or(Refusal::new(Code::CardNotFound).at("cardId"))?;
            if row.blocked_at.is_some() {
                return Ok(row);
            }
            let row = card::Model { blocked_at: Some(at), ..row };
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            let subject = card.to_string();
            let change = Change { action: "card.blocked", subject, before: None, after: None };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit(row).await
        })
        .await
    }

    /// Tells the partner's own customer number for a member. Telling it again changes nothing.
    pub async fn set_reference(
        &self,
        actor: &Actor,
        member: MemberId,
        text: &str,
    ) -> Result<member::Model> {
        let (_, partner) = actor.partner(Scope::MembersWrite)?;
        let programme = self.may_name(actor, member).await?;
        let text = &reference(text)?;
        tx::retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let named = lock(&tx, programme, member).await?;
            refer(&tx, actor, programme, partner, text, member, at).await?;
            tx.commit(named).await
        })
        .await
    }

    /// Operators may name anybody, a partner those it has dealt with.
    async fn may_name(&self, actor: &Actor, member: MemberId) -> Result<ProgrammeId> {
        let programme = actor.programme()?;
        let may = match actor.who() {
            Who::Operator(_) => actor.with(Scope::MembersWrite).map(|()| true)?,
            Who::Partner(partner, _) => {
                actor.with(Scope::MembersWrite)?;
                let known = dealt_with(self.db.reader(), programme, partner, &[member]).await?;
                !known.is_empty()
            }
            Who::Member(_) | Who::Anonymous | Who::System => {
                return Err(Error::Forbidden(
                    "a partner's till or an operator does this".to_owned(),
                ));
            }
        };
        if may {
            Ok(programme)
        } else {
            Err(Refusal::new(Code::MemberNotFound).at("memberId").into())
        }
    }
}

/// A card claims what was bought with it, so nobody links number after number until one fits.
async fn has_room(tx: &Tx, programme: ProgrammeId, member: MemberId) -> Result<()> {
    let query = card::Entity::find()
        .filter(card::Column::ProgrammeId.eq(programme))
        .filter(card::Column::MemberId.eq(member));
    if query.count(tx.connection()).await? < CARDS_MAX {
        return Ok(());
    }
    Err(Refusal::new(Code::CardsTooMany).at("memberId").into())
}

/// Notes a partner's customer number for a member, and who told it, unless it is known.
pub(super) async fn refer(
    tx: &Tx,
    actor: &Actor,
    programme: ProgrammeId,
    partner: PartnerId,
    reference: &str,
    member: MemberId,
    at: DateTime<Utc>,
) -> Result<()> {
    if !add_reference(tx, programme, partner, reference, member, at).await? {
        return Ok(());
    }
    let subject = member.to_string();
    let change = Change { action: "member.referenced", subject, before: None, after: None };
    audit::append(tx, actor, programme, at, change).await
}

/// Notes a partner's customer number for a member; says whether it is new.
pub(super) async fn add_reference(
    tx: &Tx,
    programme: ProgrammeId,
    partner: PartnerId,
    reference: &str,
    member: MemberId,
    at: DateTime<Utc>,
) -> Result<bool> {
    let known = partner_reference::Entity::find_by_id((programme, partner, reference.to_owned()));
    match known.one(tx.connection()).await? {
        Some(known) if known.member_id == member => return Ok(false),
        Some(_) => return Err(Refusal::new(Code::ReferenceTaken).at("partnerReference").into()),
        None => {}
    }
    let row = partner_reference::Model {
        programme_id: programme,
        partner_id: partner,
        reference: reference.to_owned(),
        member_id: member,
        linked_at: at,
    };
    row.into_active_model().insert(tx.connection()).await?;
    Ok(true)
}

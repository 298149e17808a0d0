//! Finds members by whatever names them, a whole batch in at most three statements.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::ids::{MemberId, PartnerId, ProgrammeId};
use entity::members::member::MemberStatus;
use entity::members::{card, member, partner_reference};
use sea_orm::ConnectionTrait;

use crate::error::Result;
use crate::refusal::{Code, Refusal};
use crate::rows::{Part, find_among, find_among_texts, find_named};
use crate::text;

/// What names a member.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MemberRef {
    /// Its id.
    Id(MemberId),
    /// One of its cards.
    Card(String),
    /// A partner's own customer number.
    Reference(PartnerId, String),
}

impl MemberRef {
    /// As a request's fingerprint holds it.
    pub(crate) fn canonical(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Card(number) => format!("card:{number}"),
            Self::Reference(partner, text) => format!("reference:{partner}:{text}"),
        }
    }
}

/// What was found, by what was asked.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    members: HashMap<MemberId, member::Model>,
    cards: HashMap<String, card::Model>,
    references: HashMap<(PartnerId, String), MemberId>,
}

impl Resolved {
    /// The member, or a refusal that says what is wrong with its name.
    pub fn member(&self, named: &MemberRef) -> Result<&member::Model, Refusal> {
        let id = match named {
            MemberRef::Id(id) => Some(*id),
            MemberRef::Card(number) => match self.cards.get(number) {
                Some(card) if card.blocked_at.is_some() => return Err(Code::CardBlocked.into()),
                Some(card) => Some(card.member_id),
                None => return Err(Code::CardNotFound.into()),
            },
            MemberRef::Reference(partner, text) => {
                self.references.get(&(*partner, text.clone())).copied()
            }
        };
        let found = id.and_then(|id| self.members.get(&id));
        found.ok_or(Refusal::new(Code::MemberNotFound))
    }
}

/// May a member with this status earn?
pub fn may_earn(status: MemberStatus) -> Result<(), Refusal> {
    match status {
        MemberStatus::Active | MemberStatus::Suspended => Ok(()),
        MemberStatus::Closed => Err(Code::MemberClosed.into()),
    }
}

/// May a member with this status spend, hold or transfer?
pub fn may_spend(status: MemberStatus) -> Result<(), Refusal> {
    match status {
        MemberStatus::Active => Ok(()),
        MemberStatus::Suspended => Err(Code::MemberSuspended.into()),
        MemberStatus::Closed => Err(Code::MemberClosed.into()),
    }
}

/// Finds all of them.
pub(crate) async fn resolve<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    named: impl IntoIterator<Item = MemberRef>,
) -> Result<Resolved> {
    let mut resolved = Resolved::default();
    let (mut ids, mut cards, mut references) = (HashSet::new(), HashSet::new(), HashSet::new());
    for name in named {
        match name {
            MemberRef::Id(id) => drop(ids.insert(id)),
            // What no member can have isn't looked for.
            MemberRef::Card(number) if text::card_number(&number).is_err() => {}
            MemberRef::Card(number) => drop(cards.insert(number)),
            MemberRef::Reference(_, text) if text.chars().any(char::is_control) => {}
            MemberRef::Reference(partner, text) => drop(references.insert((partner, text))),
        }
    }
    for card in
        find_among_texts::<card::Entity, C>(db, programme, card::Column::Number, cards).await?
    {
        ids.insert(card.member_id);
        resolved.cards.insert(card.number.clone(), card);
    }
    for found in of_partners(db, programme, references).await? {
        ids.insert(found.member_id);
        resolved.references.insert((found.partner_id, found.reference), found.member_id);
    }
    let ids = ids.into_iter().map(MemberId::uuid);
    let members =
        find_among::<member::Entity, C>(db, programme, member::Column::Id, ids, "").await?;
    resolved.members.extend(members.into_iter().map(|member| (member.id, member)));
    Ok(resolved)
}

/// Customer numbers by partner and text.
async fn of_partners<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    references: HashSet<(PartnerId, String)>,
) -> Result<Vec<partner_reference::Model>> {
    let names: BTreeSet<[String; 2]> = references
        .into_iter()
        .map(|(partner, text)| [partner.uuid().simple().to_string(), text])
        .collect();
    let columns = [("partner_id", Part::Id), ("reference", Part::Text)];
    find_named::<partner_reference::Entity, C, 2>(db, programme, columns, &names).await
}

//! What names a member.

use async_graphql::OneofObject;
use entity::ids::MemberId;
use service::members::MemberRef;
use service::{Actor, Code, Refusal, Who};

use crate::graphql::scalars::Id;

/// What names a member: one of these.
#[derive(Clone, OneofObject)]
pub enum MemberBy {
    /// Its id: `mem_…`.
    Id(Id<MemberId>),
    /// One of its cards.
    CardNumber(String),
    /// The calling partner's own customer number. Only for partners.
    PartnerReference(String),
}

impl MemberBy {
    /// The name as the services take it; a customer number is the calling partner's.
    pub(in crate::graphql) fn of(self, actor: &Actor) -> Result<MemberRef, Refusal> {
        match (self, actor.who()) {
            (Self::PartnerReference(text), Who::Partner(partner, _)) => {
                Ok(MemberRef::Reference(partner, text))
            }
            (named, _) => named.of_anyone(),
        }
    }

    /// The same where no partner asks.
    pub(in crate::graphql) fn of_anyone(self) -> Result<MemberRef, Refusal> {
        match self {
            Self::Id(id) => Ok(MemberRef::Id(id.0)),
            Self::CardNumber(number) => Ok(MemberRef::Card(number)),
            Self::PartnerReference(_) => {
                let message = "Only a partner has customer numbers.";
                Err(Refusal::new(Code::MemberNotFound).because(message).at("member"))
            }
        }
    }
}
